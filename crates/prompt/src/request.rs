//! The body of a request to a provider, made of a compiled prompt and its rendered messages.
//!
//! What a provider cannot express is refused, never dropped.

use serde_json::Value;

use crate::{Compiled, Message};

/// A request body, and what had to be filled in to make it valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The JSON body, without credentials or addresses.
    pub body: Value,
    /// Notes such as `max_tokens is required by anthropic and was set to 4096`.
    pub notes: Vec<String>,
}

/// Why a provider cannot be asked this. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("make a request for {provider}: {why}")]
pub struct RequestError {
    /// `openai` or `anthropic`.
    pub provider: &'static str,
    /// A clause.
    pub why: String,
}

/// The body of OpenAI's chat completions.
pub fn openai(compiled: &Compiled, messages: &[Message]) -> Result<Request, RequestError> {
    let _ = (compiled, messages);
    unimplemented!()
}

/// The body of Anthropic's Messages.
pub fn anthropic(compiled: &Compiled, messages: &[Message]) -> Result<Request, RequestError> {
    let _ = (compiled, messages);
    unimplemented!()
}

/// The messages as a JSON list.
pub fn messages_json(messages: &[Message]) -> Value {
    messages.iter().map(Message::to_json).collect()
}

/// The messages for people: `[role]` lines between texts. No program should read it back.
pub fn text(messages: &[Message]) -> String {
    let _ = messages;
    unimplemented!()
}
