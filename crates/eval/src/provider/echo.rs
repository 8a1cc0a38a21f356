//! Answers with the request's last message: for trying a suite out without anybody.

use prompt::{Compiled, Message, request};
use serde_json::{Value, json};

use super::{Failure, Leave, Prepared, Provider, Sent};
use crate::Answer;

/// The echo.
#[derive(Debug)]
pub(super) struct Echo {
    pub(super) concurrency: usize,
}

impl Provider for Echo {
    fn prepare(&self, compiled: &Compiled, messages: &[Message]) -> Result<Prepared, Failure> {
        let body = json!({ "messages": request::messages_json(messages) });
        Ok(Prepared { kind: "echo", path: String::new(), model: compiled.model.model().to_owned(), body })
    }

    fn prepare_embedding(&self, _model: &str, _texts: &[String]) -> Result<Prepared, Failure> {
        let why = "an echo has no embeddings".to_owned();
        Err(Failure::Unsupported { provider: "echo", why })
    }

    fn send(&self, prepared: &Prepared, _leave: &Leave<'_>) -> Result<Sent, Failure> {
        let messages = prepared.body["messages"].as_array();
        let last = messages.and_then(|m| m.last()).and_then(|m| m["content"].as_str()).unwrap_or_default();
        let answer = Answer {
            output: Value::String(last.to_owned()),
            latency_ms: Some(0),
            finish_reason: Some("stop".to_owned()),
            ..Answer::default()
        };
        Ok(Sent { answer, attempts: 1 })
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }
}
