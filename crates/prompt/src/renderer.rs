//! Rendering: one strict pass from inputs to messages.
//!
//! Values are data: nothing that was rendered is parsed again, and nothing here reads a file, a clock or a random number.

mod bounds;
mod engine;
mod filters;
mod guard;

use std::error::Error as _;

use minijinja::value::{Serde, Value as EngineValue};
use minijinja::{Environment, ErrorKind};
use serde_json::{Map, Value};

#[cfg(test)]
pub(crate) use guard::guarded;

use crate::front_matter::Input;
use crate::schema::{self, Validator};
use crate::{Compiled, CompiledMessage, Message, Role, stack};

/// A compiled prompt with its templates parsed. `Send` and `Sync`; renders as often as one likes.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
    messages: Vec<Step>,
    inputs: Vec<(Input, Validator)>,
    /// How many lines the prelude puts before each message.
    prelude_lines: usize,
}

#[derive(Debug)]
enum Step {
    Role(Role, String),
    Turns(String),
}

/// Why a prompt could not be rendered. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The caller's values do not fit the inputs: one clause for each fault, sorted by input.
    #[error("use these inputs: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Inputs(Vec<InputFault>),
    /// A template failed.
    #[error("render {template}{}: {message}", .line.map(|l| format!(", line {l}")).unwrap_or_default())]
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
#[error("`{name}` {message}")]
pub struct InputFault {
    /// The input, with the way to the fault inside it: `history.2`.
    pub name: String,
    /// What is wrong and what was expected, as a clause that follows the name.
    pub message: String,
}

impl Renderer {
    /// Parses the templates of `compiled` and makes its schemas ready.
    pub fn new(compiled: &Compiled) -> Result<Self, RenderError> {
        stack::with_room(|| Self::build(compiled))
    }

    fn build(compiled: &Compiled) -> Result<Self, RenderError> {
        let mut environment = engine::environment();
        let mut messages = Vec::with_capacity(compiled.messages.len());
        let prelude_lines = compiled.prelude.matches('\n').count();
        for (name, source) in &compiled.blocks {
            let added = environment.add_template_owned(name.to_string(), guard::guarded(source).into_owned());
            added.map_err(|e| failure(&e, 0))?;
        }
        for (i, message) in compiled.messages.iter().enumerate() {
            messages.push(match message {
                CompiledMessage::Turns(input) => Step::Turns(input.clone()),
                CompiledMessage::Role { role, source } => {
                    let name = format!("message {} ({role})", i + 1);
                    let whole = format!("{}{source}", compiled.prelude);
                    let added = environment.add_template_owned(name.clone(), guard::guarded(&whole).into_owned());
                    added.map_err(|e| failure(&e, prelude_lines))?;
                    Step::Role(*role, name)
                }
            });
        }
        let mut inputs = Vec::with_capacity(compiled.inputs.len());
        for input in &compiled.inputs {
            let validator = schema::of_input(input).map_err(|fault| {
                RenderError::Inputs(vec![InputFault { name: input.name.clone(), message: fault.message }])
            })?;
            inputs.push((input.clone(), validator));
        }
        Ok(Self { environment, messages, inputs, prelude_lines })
    }

    /// Validates `inputs` by their schemas, applies defaults, and renders every message.
    pub fn render(&self, inputs: &Map<String, Value>) -> Result<Vec<Message>, RenderError> {
        let faults = self.input_faults(inputs);
        if !faults.is_empty() {
            return Err(RenderError::Inputs(faults));
        }
        self.render_unchecked(inputs)
    }

    /// Everything wrong with `inputs`: missing, unknown, and what their schemas say; sorted by input.
    pub fn input_faults(&self, inputs: &Map<String, Value>) -> Vec<InputFault> {
        let mut faults = Vec::new();
        for (input, validator) in &self.inputs {
            match inputs.get(&input.name) {
                Some(value) => faults.extend(
                    validator
                        .faults(value)
                        .into_iter()
                        .map(|f| InputFault { name: input.name.clone() + &f.path_text(), message: f.message }),
                ),
                None if input.required() => faults.push(InputFault {
                    name: input.name.clone(),
                    message: format!("is missing, expected {}", expected(input)),
                }),
                None => {}
            }
        }
        for name in inputs.keys().filter(|n| !self.inputs.iter().any(|(i, _)| i.name == **n)) {
            let near = source::nearest::nearest(name, self.inputs.iter().map(|(i, _)| i.name.as_str()));
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            faults.push(InputFault { name: name.clone(), message: format!("is no input of this prompt{near}") });
        }
        faults.sort_by(|a, b| a.name.cmp(&b.name));
        faults
    }

    /// Renders without validating: for values that were validated before.
    pub fn render_unchecked(&self, inputs: &Map<String, Value>) -> Result<Vec<Message>, RenderError> {
        let given = self.inputs.iter().filter_map(|(input, _)| {
            let value = inputs.get(&input.name).or_else(|| input.default())?;
            Some((input.name.as_str(), EngineValue::from(Serde(value))))
        });
        let context = EngineValue::from_pairs(given);
        let mut messages = Vec::with_capacity(self.messages.len());
        for step in &self.messages {
            match step {
                Step::Role(role, name) => messages.push(Message::new(*role, self.message(name, &context)?)),
                Step::Turns(name) => messages.extend(self.turns(name, inputs)?),
            }
        }
        Ok(messages)
    }

    fn message(&self, name: &str, context: &EngineValue) -> Result<String, RenderError> {
        let template = self.environment.get_template(name).map_err(|e| failure(&e, 0))?;
        let content = template.render(context.clone()).map_err(|e| failure(&e, self.prelude_lines))?;
        if content.trim().is_empty() {
            let message = "the message has no text with these inputs".to_owned();
            return Err(RenderError::Template { template: name.to_owned(), line: None, message });
        }
        Ok(content)
    }

    fn turns(&self, name: &str, inputs: &Map<String, Value>) -> Result<Vec<Message>, RenderError> {
        let wrong = |at: String, message| RenderError::Inputs(vec![InputFault { name: at, message }]);
        let declared = self.inputs.iter().find(|(i, _)| i.name == name).and_then(|(i, _)| i.default());
        let Some(Value::Array(items)) = inputs.get(name).or(declared) else {
            return Err(wrong(name.to_owned(), "is no list of messages".to_owned()));
        };
        let read = |(i, item)| Message::of_json(item).map_err(|why| wrong(format!("{name}.{i}"), why));
        items.iter().enumerate().map(read).collect()
    }
}

fn expected(input: &Input) -> String {
    match crate::shape::types(&input.schema) {
        Some(types) => crate::shape::words(&types),
        None => "a value".to_owned(),
    }
}

/// What minijinja says, with the place where it happened: in an include that is the innermost error.
fn failure(error: &minijinja::Error, prelude_lines: usize) -> RenderError {
    let mut inner = error;
    while let Some(next) = inner.source().and_then(|s| s.downcast_ref::<minijinja::Error>()) {
        inner = next;
    }
    let template = inner.name().or(error.name()).unwrap_or("a message").to_owned();
    let lines = if template.starts_with("message ") { prelude_lines } else { 0 };
    let line = inner.line().map(|l| l.saturating_sub(lines).max(1));
    let typed = inner.template_source().zip(inner.range()).and_then(|(source, range)| source.get(range));
    // A guard that refuses a value is nothing that the author typed.
    let typed = typed.filter(|typed| !typed.starts_with("__")).map(guard::bare);
    let message = match (inner.kind(), typed.as_deref()) {
        (ErrorKind::UndefinedError, Some(typed)) => format!("`{}` is undefined", short(typed)),
        (ErrorKind::OutOfFuel, _) => "it does not end in reasonable time".to_owned(),
        (_, typed) => {
            let detail = inner.detail().map_or_else(|| inner.kind().to_string(), str::to_owned);
            match typed {
                Some(typed) if !detail.contains('`') => format!("{} in `{}`", short(&detail), short(typed)),
                _ => short(&detail),
            }
        }
    };
    RenderError::Template { template, line, message }
}

fn short(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= 200 { text.to_owned() } else { text.chars().take(200).chain(['…']).collect() }
}

#[cfg(test)]
mod tests;
