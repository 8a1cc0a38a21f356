//! A compiled prompt: the self-contained result of composing a prompt, and its identity.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use source::{BlockName, Digest, ModelName, PromptId};

use crate::{Message, Output, Parameters, RenderError, Renderer, Role, Tool};

/// Everything that decides what a model sees, and nothing else. Its canonical bytes are its identity.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The prompt.
    pub id: PromptId,
    /// The model, routes resolved.
    pub model: ModelName,
    /// Sampling parameters, as written.
    pub parameters: Parameters,
    /// The inputs.
    pub inputs: Vec<Input>,
    /// What the model must answer.
    pub output: Option<Output>,
    /// Function tools.
    pub tools: Vec<Tool>,
    /// The imports put before every message's source; empty where there are none.
    pub prelude: Arc<str>,
    /// The messages.
    pub messages: Vec<CompiledMessage>,
    /// The source of every block that is reached.
    pub blocks: BTreeMap<BlockName, Arc<str>>,
}

/// An input.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name in templates.
    pub name: String,
    /// Its JSON Schema as written, shorthands expanded; `{type: messages}` stands for a transcript.
    pub schema: Map<String, Value>,
}

/// A message of a compiled prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompiledMessage {
    /// One message, rendered from a template.
    Role {
        /// Who speaks.
        role: Role,
        /// The template.
        source: Arc<str>,
    },
    /// As many messages as the named input holds.
    Turns(String),
}

impl Input {
    /// Whether callers must give it: it has no default.
    pub fn required(&self) -> bool {
        self.default().is_none()
    }

    /// Its default.
    pub fn default(&self) -> Option<&Value> {
        self.schema.get("default")
    }

    /// Whether it is a transcript.
    pub fn is_messages(&self) -> bool {
        self.schema.get("type").and_then(Value::as_str) == Some("messages")
    }
}

impl Compiled {
    /// The content digest: SHA-256 over [`Compiled::canonical`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }

    /// The RFC 8785 canonical JSON that is digested.
    pub fn canonical(&self) -> String {
        unimplemented!()
    }

    /// Reads what [`Compiled::canonical`] wrote; refuses every other bytes.
    pub fn of_canonical(bytes: &[u8]) -> Result<Self, CanonicalFault> {
        let _ = bytes;
        unimplemented!()
    }

    /// Parses the templates once, to render many times.
    pub fn renderer(&self) -> Result<Renderer, RenderError> {
        Renderer::new(self)
    }

    /// Renders once.
    pub fn render(&self, inputs: &Map<String, Value>) -> Result<Vec<Message>, RenderError> {
        self.renderer()?.render(inputs)
    }
}

/// Why bytes are no compiled prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read a compiled prompt: {0}")]
pub struct CanonicalFault(pub String);
