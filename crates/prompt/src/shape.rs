//! What an input may be, as its schema says, and which uses in templates that rules out.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::template::facts::How;

/// The JSON types a schema surely limits values to; none where it does not say.
pub(crate) fn types(schema: &Map<String, Value>) -> Option<BTreeSet<&str>> {
    const TYPES: [&str; 8] = ["string", "integer", "number", "boolean", "array", "object", "null", "messages"];
    // What a misspelt type was to mean is not known.
    named(schema).filter(|types| types.iter().all(|name| TYPES.contains(name)))
}

fn named(schema: &Map<String, Value>) -> Option<BTreeSet<&str>> {
    match schema.get("type") {
        Some(Value::String(one)) => Some([one.as_str()].into()),
        Some(Value::Array(many)) => Some(many.iter().filter_map(Value::as_str).collect()),
        _ => {
            let given = schema.get("enum").and_then(Value::as_array).map(|v| v.iter().collect::<Vec<_>>());
            let given = given.or_else(|| schema.get("const").map(|v| vec![v]))?;
            Some(given.into_iter().map(json_type).collect())
        }
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether no value of these types can be used so.
pub(crate) fn rules_out(types: &BTreeSet<&str>, how: How) -> bool {
    let fits = |t: &&str| match how {
        How::Printed => matches!(*t, "string" | "integer"),
        How::Looped => matches!(*t, "array" | "object" | "messages"),
        How::Member => *t == "object",
        How::Other => true,
    };
    !types.is_empty() && !types.iter().any(fits)
}

/// The types in words: `a list or null`.
pub(crate) fn words(types: &BTreeSet<&str>) -> String {
    let word = |t: &&str| match *t {
        "string" => "a text",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "a boolean",
        "array" => "a list",
        "object" => "an object",
        "messages" => "a list of messages",
        _ => "null",
    };
    types.iter().map(word).collect::<Vec<_>>().join(" or ")
}
