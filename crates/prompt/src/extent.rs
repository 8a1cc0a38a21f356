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

use crate::{Compiled, CompiledMessage, stack};
use value::Value;

/// The most that `compiled` can send.
pub fn extent(compiled: &Compiled) -> Size {
    stack::with_room(|| Library::of(compiled).extent(compiled))
}

impl Library<'_> {
    /// The most that `compiled` can send, where this library holds all blocks that it reaches.
    pub fn extent(&self, compiled: &Compiled) -> Size {
        stack::with_room(|| {
            let inputs: Vec<(&str, Value)> =
                compiled.inputs.iter().map(|input| (input.name.as_str(), Value::of_input(input))).collect();
            let mut total = Size::default();
            for message in &compiled.messages {
                total = total.plus(&match message {
                    CompiledMessage::Role { source, .. } => walk::message(compiled, self, source, &inputs),
                    CompiledMessage::Turns(name) => {
                        inputs.iter().find(|(input, _)| input == name).map(|(_, v)| v.text.clone()).unwrap_or_default()
                    }
                });
            }
            total
        })
    }
}

#[cfg(test)]
mod tests;
