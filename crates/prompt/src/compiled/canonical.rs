//! The canonical form of a compiled prompt. A key whose value is absent or empty is left out.

use serde_json::{Map, Value, json};
use source::canonical::{self, CanonicalError};

use super::{Compiled, CompiledMessage, ENGINE, FORMAT};
use crate::{Output, Parameters, Tool};

/// Written straight into one text: a prompt's sources are most of it, and every prompt of a catalog is digested.
pub(super) fn write(compiled: &Compiled) -> String {
    let messages =
        compiled.messages.iter().map(|m| if let CompiledMessage::Role { source, .. } = m { source.len() } else { 0 });
    let sources = messages.sum::<usize>() + compiled.blocks.values().map(|source| source.len()).sum::<usize>();
    let mut out = String::with_capacity(sources + sources / 16 + 1024);
    members(compiled, &mut out).expect("every number was read as one that has a canonical form");
    out
}

pub(super) fn write_parameters(compiled: &Compiled) -> String {
    let value = Value::Object(parameters(&compiled.parameters));
    canonical::to_string(&value).expect("every number was read as one that has a canonical form")
}

/// The keys in canonical order; `engine` is always there, so every key after it begins with a comma.
fn members(compiled: &Compiled, out: &mut String) -> Result<(), CanonicalError> {
    out.push('{');
    if !compiled.blocks.is_empty() {
        out.push_str("\"blocks\":");
        let blocks = compiled.blocks.iter().map(|(name, source)| (name.as_str(), &**source));
        canonical::object(out, blocks, text)?;
        out.push(',');
    }
    out.push_str(&format!("\"engine\":{ENGINE},\"format\":{FORMAT}"));
    key(out, "id");
    canonical::text(out, compiled.id.as_str());
    if !compiled.inputs.is_empty() {
        key(out, "inputs");
        let inputs = compiled.inputs.iter().map(|input| (input.name.as_str(), &input.schema));
        canonical::object(out, inputs, |out, schema| {
            canonical::object(out, schema.iter().map(|(k, v)| (k.as_str(), v)), canonical::value)
        })?;
    }
    key(out, "messages");
    for (i, message) in compiled.messages.iter().enumerate() {
        out.push(if i == 0 { '[' } else { ',' });
        match message {
            CompiledMessage::Role { role, source } => {
                canonical::object(out, [("role", role.as_str()), ("source", source)], text)?;
            }
            CompiledMessage::Turns(input) => canonical::object(out, [("turns", input.as_str())], text)?,
        }
    }
    out.push_str(if compiled.messages.is_empty() { "[]" } else { "]" });
    key(out, "model");
    canonical::text(out, compiled.model.as_str());
    let optional = [
        ("output", compiled.output.as_ref().map(output)),
        ("parameters", Some(parameters(&compiled.parameters)).filter(|p| !p.is_empty()).map(Value::Object)),
        ("prelude", Some(&*compiled.prelude).filter(|p| !p.is_empty()).map(Value::from)),
        ("tools", Some(&compiled.tools).filter(|t| !t.is_empty()).map(|tools| tools.iter().map(tool).collect())),
    ];
    for (name, value) in optional {
        let Some(value) = value else { continue };
        key(out, name);
        canonical::value(out, &value)?;
    }
    out.push('}');
    Ok(())
}

fn key(out: &mut String, key: &str) {
    out.push_str(",\"");
    out.push_str(key);
    out.push_str("\":");
}

fn text(out: &mut String, text: &str) -> Result<(), CanonicalError> {
    canonical::text(out, text);
    Ok(())
}

/// Parameters as they are written in front matter.
pub(crate) fn parameters(p: &Parameters) -> Map<String, Value> {
    let given = [
        ("temperature", p.temperature.map(Value::from)),
        ("max_tokens", p.max_tokens.map(Value::from)),
        ("top_p", p.top_p.map(Value::from)),
        ("stop", p.stop.clone().map(Value::from)),
        ("seed", p.seed.map(Value::from)),
        ("frequency_penalty", p.frequency_penalty.map(Value::from)),
        ("presence_penalty", p.presence_penalty.map(Value::from)),
        ("reasoning_effort", p.reasoning_effort.clone().map(Value::from)),
        ("provider", p.provider.as_ref().filter(|kinds| !kinds.is_empty()).map(|kinds| json!(kinds))),
    ];
    given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn output(output: &Output) -> Value {
    let mut map = Map::new();
    map.insert("format".into(), output.format.as_str().into());
    if let Some(schema) = &output.schema {
        map.insert("schema".into(), schema.clone());
    }
    Value::Object(map)
}

fn tool(tool: &Tool) -> Value {
    let mut map = Map::new();
    map.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        map.insert("description".into(), description.as_str().into());
    }
    if let Some(parameters) = &tool.parameters {
        map.insert("parameters".into(), parameters.clone());
    }
    Value::Object(map)
}
