//! `is-json` (the whole output) and `contains-json` (an object somewhere in it), with an optional JSON Schema.
//!
//! Schemas without `$schema` are draft 7 with formats asserted, as promptfoo's; others are what they say they are.

use std::borrow::Cow;

use prompt::schema::Validator;
use serde_json::Value;

use super::{Grade, GradeError, Subject, fill, loose_json, shown};
use crate::reference::Template;

/// JSON, whole or somewhere in the output.
#[derive(Debug, Clone)]
pub struct Json {
    /// Whether it may stand among other text.
    pub anywhere: bool,
    /// What it must satisfy.
    pub schema: Schema,
}

/// A schema, or none.
#[derive(Debug, Clone)]
pub enum Schema {
    /// Any JSON will do.
    None,
    /// Made ready when the suite was read.
    Ready(Validator),
    /// A text of JSON or YAML with variables in it.
    Template(Template),
}

/// Makes a schema for answers ready; the error is a clause.
pub(super) fn compile(schema: &Value) -> Result<Validator, String> {
    if let Some(keyword) = unknown_keyword(schema) {
        return Err(format!("the schema has the unknown keyword `{keyword}`"));
    }
    Validator::for_answers(schema).map_err(|fault| {
        let place = if fault.path.is_empty() { String::new() } else { format!(" at {}", fault.path.join(".")) };
        format!("the schema{place} {}", fault.message)
    })
}

impl Json {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let validator = self.validator(spelled, subject)?;
        let whole;
        let candidates = if self.anywhere {
            loose_json::objects(subject.text)
        } else {
            whole = serde_json::from_str::<Value>(subject.text);
            whole.iter().cloned().collect()
        };
        let fits = |value: &Value| validator.as_ref().is_none_or(|v| v.accepts(value));
        let found = candidates.iter().any(fits);
        Ok(Grade::whole(found != negated, || {
            let what = if self.anywhere { "contain a JSON object" } else { "be JSON" };
            match (&validator, negated) {
                (None, true) => format!("should not {what}"),
                (Some(_), true) => format!("should not {what} that fits the schema"),
                (Some(validator), false) if !candidates.is_empty() => {
                    let last = candidates.last().expect("there is one");
                    format!("the JSON does not fit the schema: {}", faults(validator, last))
                }
                (_, false) => format!("should {what}"),
            }
        }))
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match &self.schema {
            Schema::Template(template) => vec![template],
            Schema::None | Schema::Ready(_) => Vec::new(),
        }
    }

    fn validator(&self, spelled: &str, subject: &Subject<'_>) -> Result<Option<Cow<'_, Validator>>, GradeError> {
        match &self.schema {
            Schema::None => Ok(None),
            Schema::Ready(validator) => Ok(Some(Cow::Borrowed(validator))),
            Schema::Template(template) => {
                let text = fill(spelled, template, subject)?;
                let wrong = |why| GradeError::Value { kind: spelled.to_owned(), why };
                let schema = schema_text(&text).map_err(wrong)?;
                compile(&schema).map(|v| Some(Cow::Owned(v))).map_err(wrong)
            }
        }
    }
}

/// A schema written as text: JSON, or YAML.
pub(super) fn schema_text(text: &str) -> Result<Value, String> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let path = source::RepoPath::new("schema").expect("a sound path");
    let whole = source::Text::new(path, text);
    let span = source::Span::new(0, text.len());
    match source::yaml::read(&whole, span, &source::yaml::Limits::DOCUMENT) {
        Ok(node) => Ok(node.to_json()),
        Err(findings) => {
            let why = findings.first().map_or_else(String::new, |f| f.message.clone());
            Err(format!("the schema is neither JSON nor YAML: {why}"))
        }
    }
}

fn faults(validator: &Validator, value: &Value) -> String {
    let faults = validator.faults(value);
    let one = |f: &prompt::schema::Fault| {
        if f.path.is_empty() { shown(&f.message) } else { format!("`{}` {}", f.path.join("."), shown(&f.message)) }
    };
    let mut text = faults.iter().take(3).map(one).collect::<Vec<_>>().join("; ");
    if faults.len() > 3 {
        text.push_str(&format!("; and {} more", faults.len() - 3));
    }
    text
}

/// The keywords of drafts 4 to 2020-12, and those that Ajv knows.
const KEYWORDS: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$ref",
    "$schema",
    "$vocabulary",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "discriminator",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "formatMaximum",
    "formatMinimum",
    "formatExclusiveMaximum",
    "formatExclusiveMinimum",
    "id",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "writeOnly",
];

/// The first key of a schema that no draft knows; a typing error there would make the schema accept everything.
fn unknown_keyword(schema: &Value) -> Option<&str> {
    let map = schema.as_object()?;
    map.iter().find_map(|(key, value)| {
        if !KEYWORDS.contains(&key.as_str()) {
            return Some(key.as_str());
        }
        match (key.as_str(), value) {
            ("const" | "enum" | "default" | "examples" | "required" | "type", _) => None,
            (
                "$defs" | "definitions" | "dependencies" | "dependentSchemas" | "patternProperties" | "properties",
                Value::Object(map),
            ) => map.values().find_map(unknown_keyword),
            (_, Value::Array(items)) => items.iter().find_map(unknown_keyword),
            (_, Value::Object(_)) => unknown_keyword(value),
            _ => None,
        }
    })
}
