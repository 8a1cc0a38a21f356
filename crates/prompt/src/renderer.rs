//! Rendering: one strict pass from inputs to messages.

use serde_json::{Map, Value};

use crate::{Compiled, Message};

/// A compiled prompt with its templates parsed. `Send` and `Sync`; renders as often as one likes.
#[derive(Debug)]
pub struct Renderer {}

/// Why a prompt could not be rendered. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The caller's values do not fit the inputs: one clause for each fault, sorted by input.
    #[error("use these inputs: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Inputs(Vec<InputFault>),
    /// A template failed.
    #[error("render {template}: {message}")]
    Template {
        /// `message 2 (user)` or a block's name.
        template: String,
        /// The line within it, from 1.
        line: Option<usize>,
        /// What went wrong, as a clause.
        message: String,
    },
}

/// What is wrong with one input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct InputFault {
    /// The input.
    pub name: String,
    /// What is wrong and what was expected, as a clause.
    pub message: String,
}

impl Renderer {
    /// Parses the templates of `compiled`.
    pub fn new(compiled: &Compiled) -> Result<Self, RenderError> {
        let _ = compiled;
        unimplemented!()
    }

    /// Validates `inputs` by their schemas, applies defaults, and renders every message.
    pub fn render(&self, inputs: &Map<String, Value>) -> Result<Vec<Message>, RenderError> {
        let _ = inputs;
        unimplemented!()
    }

    /// Renders without validating: for values that were validated before.
    pub fn render_unchecked(&self, inputs: &Map<String, Value>) -> Result<Vec<Message>, RenderError> {
        let _ = inputs;
        unimplemented!()
    }
}
