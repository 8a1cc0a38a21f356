//! OpenAI-compatible chat completions: OpenAI, Azure, vLLM, Ollama, llama.cpp, gateways.

use prompt::{Compiled, Message, request};
use serde_json::{Map, Value, json};

use super::http::{Client, Reply};
use super::key::Key;
use super::{Failure, Leave, Prepared, Provider, Sent};
use crate::Answer;
use crate::answer::Usage;

/// A server that speaks OpenAI's protocol.
#[derive(Debug)]
pub(super) struct OpenAi {
    pub(super) client: Client,
    pub(super) key: Key,
    /// `api-version`, on Azure.
    pub(super) azure: Option<String>,
}

impl OpenAi {
    fn prepared(&self, model: &str, path: &str, body: Value) -> Prepared {
        match self.azure {
            None => Prepared { kind: "openai", path: path.to_owned(), model: model.to_owned(), body },
            Some(_) => {
                let path = format!("/openai/deployments/{model}{path}");
                Prepared { kind: "azure", path, model: model.to_owned(), body }
            }
        }
    }
}

impl Provider for OpenAi {
    fn prepare(&self, compiled: &Compiled, messages: &[Message]) -> Result<Prepared, Failure> {
        let kind = if self.azure.is_some() { "azure" } else { "openai" };
        let request =
            request::openai(compiled, messages).map_err(|e| Failure::Unsupported { provider: kind, why: e.why })?;
        Ok(self.prepared(compiled.model.model(), "/chat/completions", request.body))
    }

    fn prepare_embedding(&self, model: &str, texts: &[String]) -> Result<Prepared, Failure> {
        Ok(self.prepared(model, "/embeddings", json!({ "model": model, "input": texts })))
    }

    fn send(&self, prepared: &Prepared, leave: &Leave<'_>) -> Result<Sent, Failure> {
        let key = self.key.get()?;
        let (headers, path) = match (&self.azure, key) {
            (_, None) => (Vec::new(), prepared.path.clone()),
            (None, Some(key)) => (vec![("authorization", format!("Bearer {key}"))], prepared.path.clone()),
            (Some(version), Some(key)) => (vec![("api-key", key)], format!("{}?api-version={version}", prepared.path)),
        };
        let reply = self.client.post(&path, &headers, &prepared.body, leave)?;
        let answer = if prepared.path.ends_with("/embeddings") { vectors(&reply)? } else { completion(&reply)? };
        Ok(Sent { answer, attempts: reply.attempts })
    }

    fn unlock(&self) -> Result<(), Failure> {
        self.key.get().map(drop)
    }

    fn concurrency(&self) -> usize {
        self.client.concurrency()
    }

    fn give_up(&self) {
        self.client.give_up();
    }
}

pub(super) fn milliseconds(reply: &Reply) -> Option<u64> {
    u64::try_from(reply.latency.as_millis()).ok()
}

/// A text beside tool calls, either alone, or both.
pub(super) fn output(text: Option<&str>, calls: Vec<Value>) -> Value {
    match (text.filter(|t| !t.is_empty()), calls.is_empty()) {
        (text, true) => Value::String(text.unwrap_or_default().to_owned()),
        (None, false) => Value::Array(calls),
        (Some(text), false) => {
            let mut both = Map::new();
            both.insert("content".to_owned(), text.into());
            both.insert("tool_calls".to_owned(), Value::Array(calls));
            Value::Object(both)
        }
    }
}

fn completion(reply: &Reply) -> Result<Answer, Failure> {
    let garbled = |why: &str| Failure::Garbled(why.to_owned());
    let choice = reply.body.pointer("/choices/0").ok_or_else(|| garbled("it has no `choices`"))?;
    let message = choice.get("message").ok_or_else(|| garbled("its first choice has no `message`"))?;
    let text = message.get("content").and_then(Value::as_str);
    let refusal = message.get("refusal").and_then(Value::as_str);
    let calls = message.get("tool_calls").and_then(Value::as_array).cloned().unwrap_or_default();
    // How calls were written before `tool_calls`; servers still answer so.
    let single = message.get("function_call").filter(|call| call.is_object() && calls.is_empty());
    let silent = text.is_none() && refusal.is_none() && calls.is_empty() && single.is_none();
    if silent && message.get("content").is_none_or(|c| !c.is_null()) {
        return Err(garbled("its first choice has neither text nor tool calls"));
    }
    let count = |name: &str| reply.body.pointer(&format!("/usage/{name}")).and_then(Value::as_u64);
    let usage = count("prompt_tokens").map(|input| Usage { input, output: count("completion_tokens").unwrap_or(0) });
    let logs = choice.pointer("/logprobs/content").and_then(Value::as_array);
    Ok(Answer {
        output: match (text.or(refusal).filter(|t| !t.is_empty()), single) {
            (None, Some(call)) => call.clone(),
            (Some(text), Some(call)) => json!({ "content": text, "function_call": call }),
            (text, None) => output(text, calls),
        },
        latency_ms: milliseconds(reply),
        cost: None,
        finish_reason: choice.get("finish_reason").and_then(Value::as_str).map(str::to_owned),
        usage,
        log_probs: logs.into_iter().flatten().filter_map(|t| t.get("logprob")?.as_f64()).collect(),
    })
}

fn vectors(reply: &Reply) -> Result<Answer, Failure> {
    let garbled = || Failure::Garbled("it holds no embeddings".to_owned());
    let data = reply.body.get("data").and_then(Value::as_array).ok_or_else(garbled)?;
    let mut rows: Vec<(u64, Value)> = Vec::new();
    for (i, row) in (0u64..).zip(data) {
        let vector = row.get("embedding").filter(|v| v.is_array()).ok_or_else(garbled)?;
        rows.push((row.get("index").and_then(Value::as_u64).unwrap_or(i), vector.clone()));
    }
    rows.sort_by_key(|(i, _)| *i);
    let output = Value::Array(rows.into_iter().map(|(_, v)| v).collect());
    let input = reply.body.pointer("/usage/prompt_tokens").and_then(Value::as_u64);
    let usage = input.map(|input| Usage { input, output: 0 });
    Ok(Answer { output, latency_ms: milliseconds(reply), usage, ..Answer::default() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::completion;
    use crate::provider::http::Reply;

    fn output(message: &Value) -> Result<Value, String> {
        let body = json!({ "choices": [{ "message": message, "finish_reason": "function_call" }] });
        let reply = Reply { body, latency: Duration::ZERO, attempts: 1 };
        completion(&reply).map(|answer| answer.output).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_call_in_the_older_form_is_an_answer() {
        let call = json!({ "name": "look", "arguments": "{}" });
        assert_eq!(output(&json!({ "content": null, "function_call": call })), Ok(call.clone()));
        let both = json!({ "content": "one moment", "function_call": call });
        assert_eq!(output(&both), Ok(both.clone()));
        // Where both forms are there, the newer one counts.
        let newer = json!([{ "id": "1", "type": "function", "function": call }]);
        let message = json!({ "content": null, "function_call": call, "tool_calls": newer });
        assert_eq!(output(&message), Ok(newer));
        let nothing = output(&json!({ "role": "assistant", "function_call": "look" })).unwrap_err();
        assert!(nothing.contains("neither text nor tool calls"), "{nothing}");
    }
}
