//! How long a prompt can get: what is sent when every input is as long as its schema allows.
//!
//! Two figures. The *bound* is bytes, which no tokenizer turns into more tokens; a character of an input counts 4 bytes.
//! The *estimate* keeps fixed text and characters of inputs apart, for whoever has a tokenizer. Of an `if` the longer way
//! counts, of a `for` its body as often as the list has items. Nothing is rendered.

mod filters;
mod size;
mod value;
mod walk;

pub use size::{Endless, Size};

pub use walk::Library;

use crate::{Compiled, CompiledMessage, Prompt, stack};
use value::Value;

/// The most that `compiled` can send.
pub fn extent(compiled: &Compiled) -> Size {
    stack::with_room(|| Library::of(compiled).extent(compiled))
}

impl Library<'_> {
    /// The most that `compiled` can send, where this library holds all blocks that it reaches.
    pub fn extent(&self, compiled: &Compiled) -> Size {
        let inputs = inputs(compiled);
        stack::with_room(|| sum(compiled, &inputs, |source| walk::message(compiled, self, source, &inputs)))
    }

    /// The same for a prompt of the catalog that this library is of.
    pub fn extent_of(&self, prompt: &Prompt, compiled: &Compiled) -> Size {
        /// Reads and includes that are worth looking at one by one.
        const MOST: usize = 10_000;
        let inputs = inputs(compiled);
        let mut templates = prompt.templates();
        let mut left = MOST;
        stack::with_room(|| {
            sum(compiled, &inputs, |source| {
                let straight = templates.next().and_then(|t| self.straight(&t.facts, &inputs, &mut left));
                straight.unwrap_or_else(|| walk::message(compiled, self, source, &inputs))
            })
        })
    }
}

fn sum(compiled: &Compiled, inputs: &[(&str, Value)], mut message: impl FnMut(&str) -> Size) -> Size {
    let of_turns = |name: &str| inputs.iter().find(|(input, _)| *input == name).map(|(_, v)| v.text.clone());
    compiled.messages.iter().fold(Size::default(), |total, part| {
        total.plus(&match part {
            CompiledMessage::Role { source, .. } => message(source),
            CompiledMessage::Turns(name) => of_turns(name).unwrap_or_default(),
        })
    })
}

fn inputs(compiled: &Compiled) -> Vec<(&str, Value)> {
    compiled.inputs.iter().map(|input| (input.name.as_str(), Value::of_input(input))).collect()
}

#[cfg(test)]
mod tests;
