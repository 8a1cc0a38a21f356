//! Google's `generateContent`.

use prompt::{Compiled, Message, OutputFormat, Role};
use serde_json::{Map, Value, json};

use super::http::{Client, Reply};
use super::key::Key;
use super::openai::{milliseconds, output};
use super::{Failure, Leave, Prepared, Provider, Sent};
use crate::Answer;
use crate::answer::Usage;

/// A server that speaks Gemini's protocol.
#[derive(Debug)]
pub(super) struct Gemini {
    pub(super) client: Client,
    pub(super) key: Key,
}

impl Provider for Gemini {
    fn prepare(&self, compiled: &Compiled, messages: &[Message]) -> Result<Prepared, Failure> {
        let body = body(compiled, messages).map_err(|why| Failure::Unsupported { provider: "gemini", why })?;
        let model = compiled.model.model().to_owned();
        Ok(Prepared { kind: "gemini", path: format!("/models/{model}:generateContent"), model, body })
    }

    fn prepare_embedding(&self, model: &str, texts: &[String]) -> Result<Prepared, Failure> {
        let one =
            |text: &String| json!({ "model": format!("models/{model}"), "content": { "parts": [{ "text": text }] } });
        let body = json!({ "requests": texts.iter().map(one).collect::<Vec<_>>() });
        let path = format!("/models/{model}:batchEmbedContents");
        Ok(Prepared { kind: "gemini", path, model: model.to_owned(), body })
    }

    fn send(&self, prepared: &Prepared, leave: &Leave<'_>) -> Result<Sent, Failure> {
        let headers: Vec<_> = self.key.get()?.map(|key| ("x-goog-api-key", key)).into_iter().collect();
        let reply = self.client.post(&prepared.path, &headers, &prepared.body, leave)?;
        let embeds = prepared.path.ends_with(":batchEmbedContents");
        let answer = if embeds { vectors(&reply)? } else { answer(&reply)? };
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

fn body(compiled: &Compiled, messages: &[Message]) -> Result<Value, String> {
    let mut system = Vec::new();
    let mut contents: Vec<Value> = Vec::new();
    for message in messages {
        match message.role {
            Role::System if contents.is_empty() => system.push(json!({ "text": message.content })),
            Role::System => return Err("it takes system messages only before the others".to_owned()),
            Role::User => contents.push(json!({ "role": "user", "parts": [{ "text": message.content }] })),
            Role::Assistant => contents.push(json!({ "role": "model", "parts": assistant(message)? })),
            Role::Tool => contents.push(json!({ "role": "user", "parts": [tool_answer(message, messages)?] })),
        }
    }
    let mut body = Map::new();
    body.insert("contents".to_owned(), Value::Array(contents));
    if !system.is_empty() {
        body.insert("systemInstruction".to_owned(), json!({ "parts": system }));
    }
    if !compiled.tools.is_empty() {
        let declare = |tool: &prompt::Tool| {
            let mut declaration = Map::new();
            declaration.insert("name".to_owned(), tool.name.as_str().into());
            declaration.extend(tool.description.as_ref().map(|d| ("description".to_owned(), d.as_str().into())));
            declaration.extend(tool.parameters.as_ref().map(|p| ("parametersJsonSchema".to_owned(), p.clone())));
            Value::Object(declaration)
        };
        let declarations: Vec<Value> = compiled.tools.iter().map(declare).collect();
        body.insert("tools".to_owned(), json!([{ "functionDeclarations": declarations }]));
    }
    let config = generation_config(compiled)?;
    if !config.is_empty() {
        body.insert("generationConfig".to_owned(), Value::Object(config));
    }
    Ok(Value::Object(body))
}

fn assistant(message: &Message) -> Result<Vec<Value>, String> {
    let mut parts = Vec::new();
    if !message.content.is_empty() {
        parts.push(json!({ "text": message.content }));
    }
    for call in &message.tool_calls {
        let arguments: Value = serde_json::from_str(&call.arguments)
            .map_err(|_| format!("the arguments of the call `{}` are not JSON", call.id))?;
        parts.push(json!({ "functionCall": { "name": call.name, "args": arguments } }));
    }
    Ok(parts)
}

fn tool_answer(message: &Message, messages: &[Message]) -> Result<Value, String> {
    let id = message.tool_call_id.as_deref().unwrap_or_default();
    let call = messages.iter().flat_map(|m| &m.tool_calls).find(|c| c.id == id);
    let name = &call.ok_or_else(|| format!("a tool answers the call `{id}`, which nobody made"))?.name;
    Ok(json!({ "functionResponse": { "name": name, "response": { "result": message.content } } }))
}

fn generation_config(compiled: &Compiled) -> Result<Map<String, Value>, String> {
    let parameters = &compiled.parameters;
    if parameters.reasoning_effort.is_some() {
        return Err("it has no `reasoning_effort`; write `provider.gemini.thinkingConfig`".to_owned());
    }
    let mut config = Map::new();
    let mut set = |name: &str, value: Option<Value>| config.extend(value.map(|v| (name.to_owned(), v)));
    set("temperature", parameters.temperature.map(Value::from));
    set("maxOutputTokens", parameters.max_tokens.map(Value::from));
    set("topP", parameters.top_p.map(Value::from));
    set("stopSequences", parameters.stop.clone().map(Value::from));
    set("seed", parameters.seed.map(Value::from));
    set("frequencyPenalty", parameters.frequency_penalty.map(Value::from));
    set("presencePenalty", parameters.presence_penalty.map(Value::from));
    if let Some(output) = compiled.output.as_ref().filter(|o| o.format == OutputFormat::Json) {
        set("responseMimeType", Some("application/json".into()));
        set("responseJsonSchema", output.schema.clone());
    }
    if let Some(own) = parameters.provider.as_ref().and_then(|p| p.get("gemini")) {
        config.extend(own.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    Ok(config)
}

fn answer(reply: &Reply) -> Result<Answer, Failure> {
    let body = &reply.body;
    let Some(candidate) = body.pointer("/candidates/0") else {
        let blocked = body.pointer("/promptFeedback/blockReason").and_then(Value::as_str);
        let why = blocked.map_or("it has no candidates".to_owned(), |r| format!("the prompt was blocked: {r}"));
        return Err(Failure::Garbled(why));
    };
    let parts = candidate.pointer("/content/parts").and_then(Value::as_array).cloned().unwrap_or_default();
    let thought = |part: &&Value| part["thought"].as_bool() != Some(true);
    let text: String = parts.iter().filter(thought).filter_map(|p| p["text"].as_str()).collect();
    let calls = parts.iter().filter_map(|p| p.get("functionCall")).map(|call| {
        let arguments = call.get("args").map_or_else(|| "{}".to_owned(), Value::to_string);
        json!({ "type": "function", "function": { "name": call["name"], "arguments": arguments } })
    });
    let count = |name: &str| body.pointer(&format!("/usageMetadata/{name}")).and_then(Value::as_u64);
    let written = count("candidatesTokenCount").unwrap_or(0).saturating_add(count("thoughtsTokenCount").unwrap_or(0));
    Ok(Answer {
        output: output(Some(&text), calls.collect()),
        latency_ms: milliseconds(reply),
        cost: None,
        finish_reason: candidate.get("finishReason").and_then(Value::as_str).map(str::to_owned),
        usage: count("promptTokenCount").map(|input| Usage { input, output: written }),
        log_probs: Vec::new(),
    })
}

fn vectors(reply: &Reply) -> Result<Answer, Failure> {
    let rows = reply.body.get("embeddings").and_then(Value::as_array);
    let rows = rows.ok_or_else(|| Failure::Garbled("it holds no embeddings".to_owned()))?;
    let output = Value::Array(rows.iter().map(|r| r["values"].clone()).collect());
    Ok(Answer { output, latency_ms: milliseconds(reply), ..Answer::default() })
}
