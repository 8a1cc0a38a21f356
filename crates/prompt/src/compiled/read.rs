//! Reading a compiled prompt back from its canonical bytes: whatever does not write the same bytes again is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Number, Value};
use source::{BlockName, ModelName, PromptId};

use super::{Compiled, CompiledMessage, ENGINE, FORMAT};
use crate::front_matter::Input;
use crate::template::{tags, walk};
use crate::{Output, Parameters, Role, Tool, limits, stack};

/// Why bytes are no compiled prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalFault {
    /// Of a format or template language that this program does not know.
    #[error("read a compiled prompt of format {format} and engine {engine}: this program reads format 1 and engine 1")]
    Unknown {
        /// The format's number.
        format: u64,
        /// The engine's number.
        engine: u64,
    },
    /// Not what this program writes.
    #[error("read a compiled prompt: {0}")]
    Malformed(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u64,
    engine: u64,
    id: PromptId,
    model: ModelName,
    #[serde(default)]
    parameters: Parameters,
    #[serde(default)]
    inputs: BTreeMap<String, Map<String, Value>>,
    output: Option<Output>,
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(default)]
    prelude: String,
    messages: Vec<MessageDocument>,
    #[serde(default)]
    blocks: BTreeMap<BlockName, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageDocument {
    role: Option<Role>,
    source: Option<String>,
    turns: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Compiled, CanonicalFault> {
    let wrong = |what: &dyn std::fmt::Display| CanonicalFault::Malformed(what.to_string());
    // A prompt with its blocks: each file was limited, and so is what they make together.
    if bytes.len() > 64 * limits::FILE_BYTES {
        return Err(wrong(&"it is too large"));
    }
    let mut value: Value = serde_json::from_slice(bytes).map_err(|e| wrong(&e))?;
    let number = |key| value.get(key).and_then(Value::as_u64).unwrap_or(0);
    let (format, engine) = (number("format"), number("engine"));
    if (format, engine) != (FORMAT, ENGINE) {
        return Err(CanonicalFault::Unknown { format, engine });
    }
    large_integers_as_doubles(&mut value);
    let document: Document = serde_json::from_value(value).map_err(|e| wrong(&e))?;
    debug_assert_eq!((document.format, document.engine), (FORMAT, ENGINE));
    let message = |m: MessageDocument| match (m.role, m.source, m.turns) {
        (Some(role), Some(source), None) if role != Role::Tool => {
            Ok(CompiledMessage::Role { role, source: source.into() })
        }
        (None, None, Some(input)) => Ok(CompiledMessage::Turns(input)),
        _ => Err(wrong(&"a message is neither a role with a source nor turns")),
    };
    let compiled = Compiled {
        id: document.id,
        model: document.model,
        parameters: document.parameters,
        inputs: document.inputs.into_iter().map(|(name, schema)| Input { name, schema }).collect(),
        output: document.output,
        tools: document.tools,
        prelude: document.prelude.into(),
        messages: document.messages.into_iter().map(message).collect::<Result<_, _>>()?,
        blocks: document.blocks.into_iter().map(|(name, source)| (name, Arc::from(source))).collect(),
    };
    if super::canonical::write(&compiled).as_bytes() != bytes {
        return Err(wrong(&"the bytes are not in canonical form"));
    }
    stack::with_room(|| templates(&compiled)).map_err(|why| wrong(&why))?;
    Ok(compiled)
}

/// A double beyond 2^53 is written without a point, and must not be taken for an integer.
fn large_integers_as_doubles(value: &mut Value) {
    match value {
        Value::Number(n) if n.as_f64().is_some_and(|f| f.abs() > 9_007_199_254_740_991.0) => {
            if let Some(double) = n.as_f64().and_then(Number::from_f64) {
                *n = double;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(large_integers_as_doubles),
        Value::Object(map) => map.values_mut().for_each(large_integers_as_doubles),
        _ => {}
    }
}

/// The templates keep to the subset, and every block that they use is there.
fn templates(compiled: &Compiled) -> Result<(), String> {
    let sources = compiled.messages.iter().filter_map(|m| match m {
        CompiledMessage::Role { source, .. } => Some(format!("{}{source}", compiled.prelude)),
        CompiledMessage::Turns(_) => None,
    });
    for source in sources.chain(compiled.blocks.values().map(ToString::to_string)) {
        let found = tags::tags(&source).map_err(|f| f.message)?;
        if !found.open.is_empty() {
            return Err("a statement is never closed".to_owned());
        }
        let (facts, faults) = walk::walk(&source);
        if let Some(fault) = faults.into_iter().next() {
            return Err(fault.message);
        }
        if let Some(used) = facts.uses.iter().find(|u| !compiled.blocks.contains_key(&u.block)) {
            return Err(format!("the block `{}` is not in it", used.block));
        }
    }
    Ok(())
}
