//! The body of a request to a provider, made of a compiled prompt and its rendered messages.
//!
//! What a provider cannot express is refused, never silently dropped; what had to be filled in is noted.

mod anthropic;
mod openai;

use serde_json::{Map, Value};

use crate::{Compiled, Message};

pub use anthropic::anthropic;
pub use openai::openai;

/// A request body, and what had to be filled in to make it valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The JSON body, without credentials or addresses.
    pub body: Value,
    /// Sentences such as "`max_tokens` is required and was set to 4096".
    pub notes: Vec<String>,
}

/// Why a provider cannot be asked this. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("make a request for {provider}: {why}")]
pub struct RequestError {
    /// `openai` or `anthropic`.
    pub provider: &'static str,
    /// A clause that says what cannot be expressed and what to do.
    pub why: String,
}

/// The messages as a JSON list, in the shape of a `turns` input.
pub fn messages_json(messages: &[Message]) -> Value {
    messages.iter().map(Message::to_json).collect()
}

/// The messages for people: each under its role in brackets. Not for programs: a text may hold such a line itself.
pub fn text(messages: &[Message]) -> String {
    let mut text = String::new();
    for message in messages {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("[{}]\n", message.role));
        if !message.content.is_empty() {
            text.push_str(&message.content);
            if !message.content.ends_with('\n') {
                text.push('\n');
            }
        }
        for call in &message.tool_calls {
            text.push_str(&format!("calls {}({}) as {}\n", call.name, call.arguments, call.id));
        }
        if let Some(id) = &message.tool_call_id {
            text.push_str(&format!("answers {id}\n"));
        }
    }
    text
}

/// Adds `parameters.provider.<kind>`, which may not replace what the prompt itself says.
fn pass_through(body: &mut Map<String, Value>, compiled: &Compiled, kind: &'static str) -> Result<(), RequestError> {
    let Some(own) = compiled.parameters.provider.as_ref().and_then(|kinds| kinds.get(kind)) else { return Ok(()) };
    for (key, value) in own {
        if body.contains_key(key) || key == "stream" {
            let why = format!("`parameters.provider.{kind}.{key}` would replace what the prompt says: delete it");
            return Err(RequestError { provider: kind, why });
        }
        body.insert(key.clone(), value.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
