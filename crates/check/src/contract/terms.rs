//! What a prompt promises to those who call it, apart from how its file spells it.

use std::collections::BTreeMap;

use serde_json::Value;
use source::{Digest, ModelName, Risk};

/// One version of a prompt as its callers, its model and its maintainers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The content digest: where it differs, something did change.
    pub content: Digest,
    /// Inputs by name.
    pub inputs: BTreeMap<String, Input>,
    /// What the answer is.
    pub output: Output,
    /// Function tools by name.
    pub tools: BTreeMap<String, Tool>,
    /// The resolved model.
    pub model: ModelName,
    /// The parameters as JSON.
    pub parameters: Value,
    /// Over prelude, messages and reached blocks.
    pub text: Digest,
    /// As the front matter declares it.
    pub risk: Risk,
    /// Description, owner, tags, metadata: what describes the prompt and reaches neither caller nor model.
    pub about: BTreeMap<&'static str, Value>,
}

/// One input.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its JSON Schema, shorthands expanded; `{"type": "messages"}` for a transcript.
    pub schema: Value,
    /// The value that stands in where callers pass none; without one it is required.
    pub default: Option<Value>,
}

/// What the answer is.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Text of no promised form.
    Text,
    /// JSON, by a schema where there is one.
    Json(Option<Value>),
}

/// A function the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// What the model is told about it.
    pub description: Value,
    /// The JSON Schema of its arguments, where it says any.
    pub parameters: Option<Value>,
}
