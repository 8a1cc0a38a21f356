//! What a schema may be made of. JSON Schema passes over what it does not know; here a keyword that does nothing is a
//! fault, as in Ajv's strict mode: a schema with a typing error would accept everything.

use serde_json::{Map, Value};

use super::Unsound;

/// The draft that a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Draft {
    /// Draft 7, by name or because none is named.
    Seven,
    /// Drafts 4 and 6.
    Older,
    /// 2019-09.
    Of2019,
    /// 2020-12.
    Of2020,
    /// A dialect of somebody's own.
    Own,
}

impl Draft {
    pub(super) fn of(schema: &Value) -> Self {
        let Some(named) = schema.get("$schema").and_then(Value::as_str) else { return Self::Seven };
        let named = named.trim_end_matches('#');
        let named = named.strip_prefix("https:").or_else(|| named.strip_prefix("http:")).unwrap_or(named);
        match named {
            "//json-schema.org/draft-07/schema" => Self::Seven,
            "//json-schema.org/draft-06/schema" | "//json-schema.org/draft-04/schema" => Self::Older,
            "//json-schema.org/draft/2019-09/schema" => Self::Of2019,
            "//json-schema.org/draft/2020-12/schema" => Self::Of2020,
            _ => Self::Own,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Seven => "draft 7, which a schema without `$schema` is of",
            Self::Older => "the draft that `$schema` names",
            Self::Of2019 => "draft 2019-09",
            Self::Of2020 => "draft 2020-12",
            Self::Own => "this dialect",
        }
    }
}

/// What stands under a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Under {
    /// Something that holds no schema.
    Value,
    /// A schema, or a list of schemas.
    Schema,
    /// Schemas by name.
    Named,
}

/// Where a keyword means something.
#[derive(Debug, Clone, Copy)]
enum Means {
    Always,
    Since2019,
    Since2020,
    In2019,
    Until2019,
    InSeven,
    InFour,
    Never,
}

use Means::{Always, In2019, InFour, InSeven, Never, Since2019, Since2020, Until2019};

/// The keywords of drafts 4 to 2020-12, and those that Ajv adds, sorted.
const KEYWORDS: &[(&str, Under, Means)] = &[
    ("$anchor", Under::Value, Since2019),
    ("$comment", Under::Value, Always),
    ("$defs", Under::Named, Always),
    ("$dynamicAnchor", Under::Value, Since2020),
    ("$dynamicRef", Under::Value, Since2020),
    ("$id", Under::Value, Always),
    ("$recursiveAnchor", Under::Value, In2019),
    ("$recursiveRef", Under::Value, In2019),
    ("$ref", Under::Value, Always),
    ("$schema", Under::Value, Always),
    ("$vocabulary", Under::Value, Always),
    ("additionalItems", Under::Schema, Until2019),
    ("additionalProperties", Under::Schema, Always),
    ("allOf", Under::Schema, Always),
    ("anyOf", Under::Schema, Always),
    ("const", Under::Value, Always),
    ("contains", Under::Schema, Always),
    ("contentEncoding", Under::Value, Always),
    ("contentMediaType", Under::Value, Always),
    ("contentSchema", Under::Schema, Always),
    ("default", Under::Value, Always),
    ("definitions", Under::Named, Always),
    ("dependencies", Under::Named, Always),
    ("dependentRequired", Under::Value, Since2019),
    ("dependentSchemas", Under::Named, Since2019),
    ("deprecated", Under::Value, Always),
    ("description", Under::Value, Always),
    ("discriminator", Under::Value, Never),
    ("else", Under::Schema, Always),
    ("enum", Under::Value, Always),
    ("examples", Under::Value, Always),
    ("exclusiveMaximum", Under::Value, Always),
    ("exclusiveMinimum", Under::Value, Always),
    ("format", Under::Value, Always),
    ("formatExclusiveMaximum", Under::Value, Never),
    ("formatExclusiveMinimum", Under::Value, Never),
    ("formatMaximum", Under::Value, Never),
    ("formatMinimum", Under::Value, Never),
    ("id", Under::Value, InFour),
    ("if", Under::Schema, Always),
    ("items", Under::Schema, Always),
    ("maxContains", Under::Value, Since2019),
    ("maxItems", Under::Value, Always),
    ("maxLength", Under::Value, Always),
    ("maxProperties", Under::Value, Always),
    ("maximum", Under::Value, Always),
    ("minContains", Under::Value, Since2019),
    ("minItems", Under::Value, Always),
    ("minLength", Under::Value, Always),
    ("minProperties", Under::Value, Always),
    ("minimum", Under::Value, Always),
    ("multipleOf", Under::Value, Always),
    ("not", Under::Schema, Always),
    ("nullable", Under::Value, InSeven),
    ("oneOf", Under::Schema, Always),
    ("pattern", Under::Value, Always),
    ("patternProperties", Under::Named, Always),
    ("prefixItems", Under::Schema, Since2020),
    ("properties", Under::Named, Always),
    ("propertyNames", Under::Schema, Always),
    ("readOnly", Under::Value, Always),
    ("required", Under::Value, Always),
    ("then", Under::Schema, Always),
    ("title", Under::Value, Always),
    ("type", Under::Value, Always),
    ("unevaluatedItems", Under::Schema, Since2019),
    ("unevaluatedProperties", Under::Schema, Since2019),
    ("uniqueItems", Under::Value, Always),
    ("writeOnly", Under::Value, Always),
];

fn keyword(key: &str) -> Option<&'static (&'static str, Under, Means)> {
    KEYWORDS.binary_search_by_key(&key, |(name, ..)| name).ok().map(|i| &KEYWORDS[i])
}

/// What stands under `key`; nothing that holds a schema where it is no keyword.
pub(super) fn under(key: &str) -> Under {
    keyword(key).map_or(Under::Value, |(_, under, _)| *under)
}

/// The first keyword in `schema` that is unknown or does nothing there; `path` leads to the part being read.
pub(super) fn fault(schema: &Value, draft: Draft, path: &mut Vec<String>) -> Option<Unsound> {
    let Value::Object(map) = schema else { return None };
    for (key, value) in map {
        path.push(key.clone());
        if let Some((why, help)) = useless(key, value, map, draft) {
            return Some(Unsound { path: std::mem::take(path), key: true, why, help });
        }
        let found = match (under(key), value) {
            (Under::Schema, Value::Array(items)) => {
                below(items.iter().enumerate().map(|(i, v)| (i.to_string(), v)), draft, path)
            }
            (Under::Schema, one) => fault(one, draft, path),
            (Under::Named, Value::Object(all)) => below(all.iter().map(|(k, v)| (k.clone(), v)), draft, path),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        path.pop();
    }
    None
}

fn below<'v>(
    parts: impl Iterator<Item = (String, &'v Value)>,
    draft: Draft,
    path: &mut Vec<String>,
) -> Option<Unsound> {
    for (step, part) in parts {
        path.push(step);
        let found = fault(part, draft, path);
        if found.is_some() {
            return found;
        }
        path.pop();
    }
    None
}

/// Why `key` does nothing in `schema`, and what to do about it.
fn useless(key: &str, value: &Value, schema: &Map<String, Value>, draft: Draft) -> Option<(String, String)> {
    let Some((_, _, means)) = keyword(key) else {
        let near = source::nearest::nearest(key, KEYWORDS.iter().map(|(name, ..)| *name));
        let help = near.map_or_else(|| "remove it".to_owned(), |near| format!("did you mean `{near}`?"));
        return Some((format!("the schema has the unknown keyword `{key}`"), help));
    };
    let named = |year: &str| format!("say which draft it is: `$schema: https://json-schema.org/draft/{year}/schema`");
    let elsewhere = match means {
        Always => None,
        _ if draft == Draft::Own => None,
        Since2019 | Since2020 if draft == Draft::Of2020 => None,
        Since2019 | In2019 if draft == Draft::Of2019 => None,
        Until2019 if draft != Draft::Of2020 => None,
        InSeven if draft == Draft::Seven => None,
        InFour if draft == Draft::Older => None,
        Since2019 | Since2020 => Some(named("2020-12")),
        In2019 if draft == Draft::Of2020 => Some("use `$dynamicRef` and `$dynamicAnchor`".to_owned()),
        In2019 => Some(named("2019-09")),
        Until2019 => Some("write the list as `prefixItems`, and what else may follow as `items`".to_owned()),
        InSeven => Some("add \"null\" to the list under `type`".to_owned()),
        InFour => Some("write `$id`".to_owned()),
        Never => {
            return Some((format!("`{key}` is not applied here"), "remove it, or say it by other keywords".into()));
        }
    };
    if let Some(help) = elsewhere {
        return Some((format!("`{key}` means nothing in {}", draft.name()), help));
    }
    let lacks = |other: &str| !schema.contains_key(other);
    let alone = match key {
        "if" if lacks("then") && lacks("else") => ("`if` without `then` and `else` does nothing", "add one of them"),
        "then" | "else" if lacks("if") => ("`then` and `else` do nothing without `if`", "add `if`"),
        "additionalItems" if !schema.get("items").is_some_and(Value::is_array) => {
            ("`additionalItems` does nothing where `items` is no list", "write `items` for every item")
        }
        "minContains" | "maxContains" if lacks("contains") => ("it does nothing without `contains`", "add `contains`"),
        "enum" if value.as_array().is_some_and(Vec::is_empty) => ("`enum` is empty: nothing fits", "add a value"),
        "nullable" if lacks("type") => ("`nullable` does nothing without `type`", "add `type`"),
        "nullable" if *value == Value::Bool(false) && nulls(schema) => {
            ("`nullable: false` contradicts the `null` under `type`", "remove one of them")
        }
        _ => return None,
    };
    Some((alone.0.to_owned(), alone.1.to_owned()))
}

fn nulls(schema: &Map<String, Value>) -> bool {
    schema.get("type").and_then(Value::as_array).is_some_and(|types| types.iter().any(|t| t == "null"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Draft, KEYWORDS, fault};

    #[test]
    fn what_does_nothing_is_named() {
        assert!(KEYWORDS.is_sorted_by_key(|(name, ..)| *name));
        let newest = "https://json-schema.org/draft/2020-12/schema";
        for (schema, path) in [
            (json!({ "maxLenght": 1 }), "maxLenght"),
            (json!({ "properties": { "a": { "items": [{ "tpye": 1 }] } } }), "properties.a.items.0.tpye"),
            (json!({ "prefixItems": [] }), "prefixItems"),
            (json!({ "allOf": [{ "dependentRequired": { "a": ["b"] } }] }), "allOf.0.dependentRequired"),
            (json!({ "not": { "minContains": 1, "contains": {} } }), "not.minContains"),
            (json!({ "unevaluatedProperties": false }), "unevaluatedProperties"),
            (json!({ "$anchor": "a" }), "$anchor"),
            (json!({ "if": {} }), "if"),
            (json!({ "then": {} }), "then"),
            (json!({ "items": {}, "additionalItems": false }), "additionalItems"),
            (json!({ "enum": [] }), "enum"),
            (json!({ "formatMinimum": "2020-01-01" }), "formatMinimum"),
            (json!({ "nullable": true }), "nullable"),
            (json!({ "$schema": newest, "type": "string", "nullable": true }), "nullable"),
            (json!({ "$schema": newest, "additionalItems": false }), "additionalItems"),
            (json!({ "id": "x" }), "id"),
        ] {
            let found = fault(&schema, Draft::of(&schema), &mut Vec::new());
            assert_eq!(found.map(|f| f.path.join(".")).as_deref(), Some(path), "{schema}");
        }
        for schema in [
            json!({ "properties": { "if": {}, "maxLenght": {} }, "required": ["x"], "default": { "x": 1 } }),
            json!({ "dependencies": { "a": ["b"], "c": { "type": "null" } }, "$vocabulary": { "x": true } }),
            json!({ "$schema": newest, "dependentRequired": { "a": ["b"] }, "prefixItems": [{}], "$anchor": "a" }),
            json!({ "type": "string", "nullable": true, "if": {}, "else": {} }),
            json!({ "items": [{}], "additionalItems": false, "$schema": "http://json-schema.org/draft-07/schema#" }),
        ] {
            let found = fault(&schema, Draft::of(&schema), &mut Vec::new());
            assert!(found.is_none(), "{schema}: {found:?}");
        }
    }
}
