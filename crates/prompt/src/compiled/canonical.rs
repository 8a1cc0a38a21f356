//! The canonical form of a compiled prompt. A key whose value is absent or empty is left out.

use serde_json::{Map, Value, json};
use source::canonical;

use super::{Compiled, CompiledMessage, ENGINE, FORMAT};
use crate::{Output, Parameters, Tool};

pub(super) fn write(compiled: &Compiled) -> String {
    canonical::to_string(&value(compiled)).expect("every number was read as one that has a canonical form")
}

fn value(compiled: &Compiled) -> Value {
    let mut map = Map::new();
    map.insert("format".into(), FORMAT.into());
    map.insert("engine".into(), ENGINE.into());
    map.insert("id".into(), compiled.id.as_str().into());
    map.insert("model".into(), compiled.model.as_str().into());
    let parameters = parameters(&compiled.parameters);
    if !parameters.is_empty() {
        map.insert("parameters".into(), parameters.into());
    }
    if !compiled.inputs.is_empty() {
        let inputs: Map<_, _> = compiled.inputs.iter().map(|i| (i.name.clone(), i.schema.clone().into())).collect();
        map.insert("inputs".into(), inputs.into());
    }
    if let Some(output) = &compiled.output {
        map.insert("output".into(), self::output(output));
    }
    if !compiled.tools.is_empty() {
        map.insert("tools".into(), compiled.tools.iter().map(tool).collect());
    }
    if !compiled.prelude.is_empty() {
        map.insert("prelude".into(), (*compiled.prelude).into());
    }
    map.insert("messages".into(), compiled.messages.iter().map(message).collect());
    if !compiled.blocks.is_empty() {
        let blocks: Map<_, _> = compiled.blocks.iter().map(|(n, s)| (n.to_string(), (**s).into())).collect();
        map.insert("blocks".into(), blocks.into());
    }
    Value::Object(map)
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

fn message(message: &CompiledMessage) -> Value {
    match message {
        CompiledMessage::Role { role, source } => json!({ "role": role.as_str(), "source": **source }),
        CompiledMessage::Turns(input) => json!({ "turns": input }),
    }
}
