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

/// Why a schema is none: where in it, whether the key there is at fault, and a clause.
#[derive(Debug)]
pub(super) struct Unsound {
    pub(super) path: Vec<String>,
    pub(super) key: bool,
    pub(super) why: String,
}

/// Makes a schema for answers ready.
pub(super) fn compile(schema: &Value) -> Result<Validator, Unsound> {
    let mut path = Vec::new();
    if unknown_keyword(schema, &mut path) {
        let keyword = path.last().map_or("", String::as_str);
        return Err(Unsound { why: format!("the schema has the unknown keyword `{keyword}`"), key: true, path });
    }
    Validator::for_answers(schema).map_err(|fault| Unsound { why: fault.message, key: false, path: fault.path })
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
                compile(&schema).map(|v| Some(Cow::Owned(v))).map_err(|unsound| wrong(unsound.why))
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

/// Whether a key of a schema is known to no draft; `path` leads to it then. A typing error there would make the schema
/// accept everything.
fn unknown_keyword(schema: &Value, path: &mut Vec<String>) -> bool {
    let Value::Object(map) = schema else { return false };
    map.iter().any(|(key, value)| {
        path.push(key.clone());
        let found = !KEYWORDS.contains(&key.as_str()) || below(key, value, path);
        if !found {
            path.pop();
        }
        found
    })
}

/// The same of what stands under `key`.
fn below(key: &str, value: &Value, path: &mut Vec<String>) -> bool {
    const VALUES: [&str; 6] = ["const", "enum", "default", "examples", "required", "type"];
    const NAMED: [&str; 6] =
        ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];
    let mut inside = |step: String, value: &Value| {
        path.push(step);
        let found = unknown_keyword(value, path);
        if !found {
            path.pop();
        }
        found
    };
    match value {
        _ if VALUES.contains(&key) => false,
        Value::Object(map) if NAMED.contains(&key) => map.iter().any(|(name, value)| inside(name.clone(), value)),
        Value::Array(items) => items.iter().enumerate().any(|(i, item)| inside(i.to_string(), item)),
        Value::Object(_) => unknown_keyword(value, path),
        _ => false,
    }
}
