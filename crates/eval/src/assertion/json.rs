//! `is-json` (the whole output) and `contains-json` (an object somewhere in it), with an optional JSON Schema.
//!
//! Schemas without `$schema` are draft 7 as Ajv 8 reads it, with formats asserted, as promptfoo's; others are what they say
//! they are.

mod ajv;
mod formats;
mod keywords;

use std::borrow::Cow;

use prompt::schema::Validator;
use serde_json::Value;

use self::formats::FORMATS;
use self::keywords::Draft;
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

/// Why a schema is none: where in it, whether the key there is at fault, a clause, and what to do.
#[derive(Debug)]
pub(super) struct Unsound {
    pub(super) path: Vec<String>,
    pub(super) key: bool,
    pub(super) why: String,
    pub(super) help: String,
}

/// Makes a schema for answers ready.
pub(super) fn compile(schema: &Value) -> Result<Validator, Unsound> {
    let draft = Draft::of(schema);
    if let Some(unsound) = keywords::fault(schema, draft, &mut Vec::new()) {
        return Err(unsound);
    }
    let made = match draft {
        Draft::Seven => Validator::for_answers_with(&ajv::as_draft_7(schema), FORMATS),
        _ => Validator::for_answers(schema),
    };
    made.map_err(|fault| Unsound {
        why: fault.message,
        help: fault.help.unwrap_or_else(|| "correct the JSON Schema".to_owned()),
        key: false,
        path: fault.path,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::compile;

    #[test]
    fn schemas_without_a_draft_are_read_as_ajv_reads_them() {
        let newest = "https://json-schema.org/draft/2020-12/schema";
        let reference =
            json!({ "$ref": "#/definitions/a", "maxLength": 1, "definitions": { "a": { "type": "string" } } });
        for (schema, good, bad) in [
            (reference, json!("a"), json!("ab")),
            (json!({ "contentEncoding": "base64", "maxLength": 1 }), json!("%"), json!("%%")),
            (json!({ "format": "uuid" }), json!("123e4567-e89b-12d3-a456-426614174000"), json!("x")),
            (json!({ "type": "string", "nullable": true }), json!(null), json!(1)),
            (json!({ "format": "uri" }), json!("a:b"), json!("a:")),
            (json!({ "format": "uri" }), json!("http://"), json!("mailto:?subject=x")),
            (json!({ "format": "int32" }), json!("any text"), json!(2_147_483_648_u64)),
            (json!({ "format": "int64", "allOf": [{ "minimum": 0 }] }), json!(2.0), json!(1.5)),
            (json!({ "items": { "format": "double", "maximum": 2 } }), json!([1.5]), json!([3])),
            (json!({ "$schema": newest, "dependentRequired": { "a": ["b"] } }), json!({}), json!({ "a": 1 })),
        ] {
            let validator = compile(&schema).unwrap();
            assert!(validator.accepts(&good), "{schema} {good}");
            assert!(!validator.accepts(&bad), "{schema} {bad}");
        }
        let unknown = compile(&json!({ "properties": { "a": { "format": "no-such" } } })).unwrap_err();
        assert_eq!(
            (unknown.why.as_str(), unknown.path.join(".")),
            ("the format `no-such` is not known", "properties.a.format".into())
        );
        let beside = compile(&json!({ "$ref": "#/definitions/none", "title": "x" })).unwrap_err();
        assert_eq!(beside.why, "a reference leads nowhere");
    }
}
