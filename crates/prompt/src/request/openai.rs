//! OpenAI's chat completions, which most other servers speak too.

use serde_json::{Map, Value, json};

use super::{Request, RequestError, pass_through};
use crate::{Compiled, Message, Output, OutputFormat, Tool};

/// The body of a chat completion. Everything that a prompt can say has its place there.
///
/// For the provider `openai` itself the limit is called `max_completion_tokens`, which its newer models demand; servers
/// that are compatible know `max_tokens`.
pub fn openai(compiled: &Compiled, messages: &[Message]) -> Result<Request, RequestError> {
    let p = &compiled.parameters;
    let limit = match compiled.model.provider() {
        "openai" | "azure" => "max_completion_tokens",
        _ => "max_tokens",
    };
    let mut body = Map::new();
    body.insert("model".into(), compiled.model.model().into());
    body.insert("messages".into(), messages.iter().map(message).collect());
    let given = [
        ("temperature", p.temperature.map(number)),
        (limit, p.max_tokens.map(Value::from)),
        ("top_p", p.top_p.map(number)),
        ("stop", p.stop.clone().map(Value::from)),
        ("seed", p.seed.map(Value::from)),
        ("frequency_penalty", p.frequency_penalty.map(number)),
        ("presence_penalty", p.presence_penalty.map(number)),
        ("reasoning_effort", p.reasoning_effort.clone().map(Value::from)),
        ("response_format", compiled.output.as_ref().and_then(|o| response_format(o, compiled))),
    ];
    body.extend(given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    if !compiled.tools.is_empty() {
        body.insert("tools".into(), compiled.tools.iter().map(tool).collect());
    }
    pass_through(&mut body, compiled, "openai")?;
    Ok(Request { body: Value::Object(body), notes: Vec::new() })
}

fn message(message: &Message) -> Value {
    let mut json = message.to_json();
    if message.content.is_empty() && !message.tool_calls.is_empty() {
        json["content"] = Value::Null;
    }
    json
}

fn response_format(output: &Output, compiled: &Compiled) -> Option<Value> {
    match (output.format, &output.schema) {
        (OutputFormat::Text, _) => None,
        (OutputFormat::Json, None) => Some(json!({ "type": "json_object" })),
        (OutputFormat::Json, Some(schema)) => {
            let mut name = compiled.id.as_str().replace('/', "_");
            name.truncate(64);
            let mut json_schema = json!({ "name": name, "schema": schema });
            if is_strict(schema) {
                json_schema["strict"] = true.into();
            }
            Some(json!({ "type": "json_schema", "json_schema": json_schema }))
        }
    }
}

/// Whether OpenAI can hold the model to a schema: every object is closed and all its properties are required.
fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let closed = match map.get("properties").and_then(Value::as_object) {
                Some(properties) => {
                    let required = map.get("required").and_then(Value::as_array);
                    let all = properties.keys().all(|p| required.is_some_and(|r| r.iter().any(|n| n == p)));
                    all && map.get("additionalProperties") == Some(&Value::Bool(false))
                }
                None => map.get("type").and_then(Value::as_str) != Some("object"),
            };
            let names = ["properties", "$defs"].into_iter().filter_map(|key| map.get(key)?.as_object());
            closed
                && names.flat_map(Map::values).all(is_strict)
                && ["items", "anyOf"].into_iter().filter_map(|key| map.get(key)).all(is_strict)
                && !["allOf", "oneOf", "not", "if", "patternProperties"].iter().any(|key| map.contains_key(*key))
        }
        Value::Array(items) => items.iter().all(is_strict),
        _ => true,
    }
}

fn tool(tool: &Tool) -> Value {
    let mut function = Map::new();
    function.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        function.insert("description".into(), description.as_str().into());
    }
    if let Some(parameters) = &tool.parameters {
        function.insert("parameters".into(), parameters.clone());
    }
    json!({ "type": "function", "function": function })
}

/// A whole number without a point, as people write it.
pub(super) fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "small whole numbers only")]
    if value.fract() == 0.0 && value.abs() < 1e9 { (value as i64).into() } else { value.into() }
}
