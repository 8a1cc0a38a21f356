//! A schema without what says nothing about values: annotations are no difference.

use serde_json::{Map, Value};

/// `schema` without its annotations, at every depth. Names of properties and values in `enum`, `const` are no keywords.
pub(crate) fn plain(schema: &Value) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let kept = map.iter().filter(|(key, _)| !is_annotation(key));
    Value::Object(kept.map(|(key, value)| (key.clone(), inside(key, value))).collect())
}

fn is_annotation(key: &str) -> bool {
    ["title", "description", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly"].contains(&key)
}

fn inside(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas", Value::Object(named)) => {
            Value::Object(named.iter().map(|(name, schema)| (name.clone(), plain(schema))).collect::<Map<_, _>>())
        }
        ("allOf" | "anyOf" | "oneOf" | "prefixItems" | "items", Value::Array(schemas)) => {
            schemas.iter().map(plain).collect()
        }
        (
            "items"
            | "additionalProperties"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "unevaluatedProperties"
            | "unevaluatedItems",
            schema,
        ) => plain(schema),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_values_are_no_annotations() {
        let schema = json!({
            "description": "d", "properties": { "title": { "title": "t", "enum": [{ "default": 1 }] } },
            "items": { "anyOf": [{ "examples": [] }, { "const": { "title": 1 } }] },
        });
        let bare = json!({
            "properties": { "title": { "enum": [{ "default": 1 }] } },
            "items": { "anyOf": [{}, { "const": { "title": 1 } }] },
        });
        assert_eq!(plain(&schema), bare);
    }
}
