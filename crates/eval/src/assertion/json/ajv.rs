//! A schema of draft 7 as Ajv 8, and so promptfoo, reads it, written so that draft 7 says the same: what stands beside
//! `$ref` counts, `nullable` adds null to `type`, `int32` and `int64` are formats of numbers, a `uri` is more than its
//! scheme, and what a text encodes is a remark.

use serde_json::{Map, Value, json};

use super::keywords::{Under, under};

pub(super) fn as_draft_7(schema: &Value) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let mut all: Map<String, Value> = map.iter().map(|(key, value)| (key.clone(), below(key, value))).collect();
    all.remove("contentEncoding");
    all.remove("contentMediaType");
    let nullable = all.remove("nullable") == Some(Value::Bool(true));
    if let Some(types) = all.get_mut("type").filter(|_| nullable) {
        let mut list = match types.take() {
            Value::Array(list) => list,
            one => vec![one],
        };
        if !list.iter().any(|t| t == "null") {
            list.push("null".into());
        }
        *types = Value::Array(list);
    }
    let mut parts = Vec::new();
    match all.get("format").and_then(Value::as_str) {
        Some("int32") => parts.push(number(&json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }))),
        // Ajv's formats want something between the scheme and a query; RFC 3986 does not.
        Some("uri") => parts.push(json!({ "pattern": "^[^:]+:[^?#]" })),
        Some("int64") => parts.push(number(&json!({ "type": "integer" }))),
        _ => {}
    }
    if all.len() > 1
        && let Some(reference) = all.remove("$ref")
    {
        parts.push(json!({ "$ref": reference }));
    }
    // Where `allOf` is no list, the draft's own schema says so.
    if !parts.is_empty()
        && let Value::Array(list) = all.entry("allOf").or_insert_with(|| json!([]))
    {
        list.extend(parts);
    }
    Value::Object(all)
}

/// The same of what stands under `key`.
fn below(key: &str, value: &Value) -> Value {
    match (under(key), value) {
        (Under::Schema, Value::Array(items)) => items.iter().map(as_draft_7).collect(),
        (Under::Schema, one) => as_draft_7(one),
        (Under::Named, Value::Object(all)) => all.iter().map(|(name, v)| (name.clone(), as_draft_7(v))).collect(),
        _ => value.clone(),
    }
}

fn number(wanted: &Value) -> Value {
    json!({ "if": { "type": "number" }, "then": wanted })
}
