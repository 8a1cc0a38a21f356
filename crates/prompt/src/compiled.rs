//! A compiled prompt: the self-contained result of composing a prompt, and its identity.

mod canonical;
mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use source::{BlockName, Digest, ModelName, PromptId};

pub use read::CanonicalFault;

use crate::body::Part;
use crate::front_matter::Input;
use crate::{Message, Output, Parameters, Prompt, RenderError, Renderer, Role, Tool};

/// The number of the canonical form.
pub const FORMAT: u64 = 1;
/// The number of the template language.
pub const ENGINE: u64 = 1;

/// Everything that decides what a model sees, and nothing else. Its canonical bytes are its identity.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The prompt.
    pub id: PromptId,
    /// The model, routes resolved.
    pub model: ModelName,
    /// Sampling parameters, as written.
    pub parameters: Parameters,
    /// The inputs, by name.
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

impl Compiled {
    pub(crate) fn new(prompt: &Prompt, model: ModelName, blocks: BTreeMap<BlockName, Arc<str>>) -> Self {
        let front = &prompt.front_matter;
        let message = |part: &Part| match part {
            Part::Role { role, source, .. } => CompiledMessage::Role { role: *role, source: Arc::clone(source) },
            Part::Turns { input, .. } => CompiledMessage::Turns(input.clone()),
        };
        Self {
            id: prompt.id.clone(),
            model,
            parameters: front.parameters.clone(),
            inputs: front.inputs.clone(),
            output: front.output.clone(),
            tools: front.tools.clone(),
            prelude: Arc::clone(&prompt.body.prelude),
            messages: prompt.body.messages.iter().map(message).collect(),
            blocks,
        }
    }

    /// The content digest: SHA-256 over [`Compiled::canonical`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }

    /// The RFC 8785 canonical JSON that is digested: `docs/format.md` says which keys it has.
    pub fn canonical(&self) -> String {
        canonical::write(self)
    }

    /// The parameters alone, as [`Compiled::canonical`] writes them; `{}` where there are none.
    pub fn canonical_parameters(&self) -> String {
        canonical::write_parameters(self)
    }

    /// Reads what [`Compiled::canonical`] wrote; refuses all other bytes.
    pub fn of_canonical(bytes: &[u8]) -> Result<Self, CanonicalFault> {
        read::read(bytes)
    }

    /// The input called `name`.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|i| i.name == name)
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

#[cfg(test)]
mod tests;
