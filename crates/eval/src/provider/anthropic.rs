//! Anthropic's Messages.

use prompt::{Compiled, Message, request};
use serde_json::{Value, json};

use super::http::{Client, Reply};
use super::key::Key;
use super::openai::{milliseconds, output};
use super::{Failure, Leave, Prepared, Provider, Sent};
use crate::Answer;
use crate::answer::Usage;

/// A server that speaks Anthropic's protocol.
#[derive(Debug)]
pub(super) struct Anthropic {
    pub(super) client: Client,
    pub(super) key: Key,
}

impl Provider for Anthropic {
    fn prepare(&self, compiled: &Compiled, messages: &[Message]) -> Result<Prepared, Failure> {
        let request = request::anthropic(compiled, messages)
            .map_err(|e| Failure::Unsupported { provider: "anthropic", why: e.why })?;
        let model = compiled.model.model().to_owned();
        Ok(Prepared { kind: "anthropic", path: "/v1/messages".to_owned(), model, body: request.body })
    }

    fn prepare_embedding(&self, _model: &str, _texts: &[String]) -> Result<Prepared, Failure> {
        let why = "it offers no embeddings".to_owned();
        Err(Failure::Unsupported { provider: "anthropic", why })
    }

    fn send(&self, prepared: &Prepared, leave: &Leave<'_>) -> Result<Sent, Failure> {
        let mut headers = vec![("anthropic-version", "2023-06-01".to_owned())];
        headers.extend(self.key.get()?.map(|key| ("x-api-key", key)));
        let reply = self.client.post(&prepared.path, &headers, &prepared.body, leave)?;
        Ok(Sent { answer: answer(&reply)?, attempts: reply.attempts })
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

fn answer(reply: &Reply) -> Result<Answer, Failure> {
    let blocks = reply.body.get("content").and_then(Value::as_array);
    let blocks = blocks.ok_or_else(|| Failure::Garbled("it has no `content`".to_owned()))?;
    let of_type = |kind: &'static str| blocks.iter().filter(move |b| b["type"].as_str() == Some(kind));
    let text: String = of_type("text").filter_map(|b| b["text"].as_str()).collect();
    let calls = of_type("tool_use").map(|b| {
        let function = json!({ "name": b["name"], "arguments": b["input"].to_string() });
        json!({ "id": b["id"], "type": "function", "function": function })
    });
    let count = |name: &str| reply.body.pointer(&format!("/usage/{name}")).and_then(Value::as_u64);
    let cached = count("cache_creation_input_tokens").unwrap_or(0);
    let cached = cached.saturating_add(count("cache_read_input_tokens").unwrap_or(0));
    let usage = count("input_tokens")
        .map(|input| Usage { input: input.saturating_add(cached), output: count("output_tokens").unwrap_or(0) });
    Ok(Answer {
        output: output(Some(&text), calls.collect()),
        latency_ms: milliseconds(reply),
        cost: None,
        finish_reason: reply.body.get("stop_reason").and_then(Value::as_str).map(str::to_owned),
        usage,
        log_probs: Vec::new(),
    })
}
