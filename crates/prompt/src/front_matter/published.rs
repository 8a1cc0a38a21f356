//! What derived schemas cannot say of front matter by themselves: names of inputs, and the JSON Schema that may stand in it.
//!
//! Only editors read these. They may be laxer than `check`, never stricter.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::schema::keywords;
use crate::template::subset::RESERVED;

/// The names that an input may have.
pub(super) fn input_names() -> Value {
    json!({ "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "not": { "enum": RESERVED } })
}

/// An output that is text and has a schema all the same.
pub(super) fn text_with_schema() -> Value {
    json!({ "required": ["schema"], "properties": { "format": { "const": "text" } } })
}

/// The JSON Schema that inputs, outputs and tools are described in.
pub(super) struct Subset;

impl JsonSchema for Subset {
    fn schema_name() -> Cow<'static, str> {
        "Subset".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = json!({ "anyOf": [{ "type": "boolean" }, generator.subschema_for::<Self>()] });
        let keyword = |(keyword, under): (&str, &str)| {
            let value = match under {
                "schema" => one.clone(),
                "list" => json!({ "type": "array", "minItems": 1, "items": one }),
                "map" => json!({ "type": "object", "additionalProperties": one }),
                _ => value_of(keyword),
            };
            (keyword.to_owned(), value)
        };
        let properties: Map<String, Value> = keywords().map(keyword).collect();
        json_schema!({
            "description": "A JSON Schema, in the keywords that are understood here.",
            "type": "object",
            "properties": properties,
            "patternProperties": { "^x-": true },
            "additionalProperties": false,
        })
    }
}

/// What a keyword takes that takes no schema.
fn value_of(keyword: &str) -> Value {
    let types = json!({ "enum": ["array", "boolean", "integer", "null", "number", "object", "string"] });
    match keyword {
        "type" => json!({ "anyOf": [types, { "type": "array", "items": types, "minItems": 1, "uniqueItems": true }] }),
        "$ref" => json!({ "type": "string", "pattern": "^#" }),
        "enum" => json!({ "type": "array", "minItems": 1 }),
        "required" => json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": true }),
        "description" | "title" | "pattern" | "format" | "$comment" => json!({ "type": "string" }),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => json!({ "type": "number" }),
        "multipleOf" => json!({ "type": "number", "exclusiveMinimum": 0 }),
        "uniqueItems" | "deprecated" | "readOnly" | "writeOnly" => json!({ "type": "boolean" }),
        other if other.starts_with("min") || other.starts_with("max") => json!({ "type": "integer", "minimum": 0 }),
        _ => json!(true),
    }
}

/// The declaration of a transcript.
pub(super) struct Messages;

impl JsonSchema for Messages {
    fn schema_name() -> Cow<'static, str> {
        "Messages".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let size = json!({ "type": "integer", "minimum": 0 });
        json_schema!({
            "description": "A transcript: a list of messages.",
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": { "const": "messages" },
                "description": { "type": "string" },
                "default": { "type": "array" },
                "minItems": size,
                "maxItems": size,
                "maxLength": size,
            },
            "additionalProperties": false,
        })
    }
}
