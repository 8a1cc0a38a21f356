//! JSON Schema: whether a schema is sound, and whether a value fits it. The only user of the jsonschema crate.

use std::sync::Arc;

use jsonschema::{Draft, ValidationError};
use serde_json::Value;

/// A schema made ready to judge values. Cheap to clone, safe to share.
#[derive(Debug, Clone)]
pub struct Validator(Arc<jsonschema::Validator>);

/// Why a schema or a value is wrong: where in it, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The way from the root: keys and decimal positions.
    pub path: Vec<String>,
    /// A clause such as `is longer than 4000 characters`; no value is quoted in it.
    pub message: String,
}

impl Validator {
    /// Makes `schema` (JSON Schema 2020-12, references only within itself) ready.
    pub fn new(schema: &Value) -> Result<Self, Fault> {
        Self::of_draft(schema, Some(Draft::Draft202012))
    }

    /// Makes ready what an answer must satisfy: the draft that `$schema` names, draft 7 where it names none, with
    /// formats asserted, as evaluation suites have it.
    pub fn for_answers(schema: &Value) -> Result<Self, Fault> {
        let named = schema.get("$schema").is_some();
        Self::of_draft(schema, (!named).then_some(Draft::Draft7))
    }

    fn of_draft(schema: &Value, draft: Option<Draft>) -> Result<Self, Fault> {
        let options =
            jsonschema::options().offline().should_validate_formats(true).should_ignore_unknown_formats(false);
        let options = match draft {
            Some(draft) => options.with_draft(draft),
            None => options,
        };
        options.build(schema).map(|validator| Self(Arc::new(validator))).map_err(|error| fault(&error))
    }

    /// Every fault of `value`, in the order of its paths; none where it fits.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.0.iter_errors(value).map(|error| fault(&error)).collect();
        faults.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
        faults.dedup();
        faults
    }

    /// Whether `value` fits.
    pub fn accepts(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }
}

fn fault(error: &ValidationError<'_>) -> Fault {
    let pointer = error.instance_path().to_string();
    let step = |s: &str| s.replace("~1", "/").replace("~0", "~");
    let message = error.masked().to_string();
    Fault {
        path: pointer.split('/').skip(1).map(step).collect(),
        message: message.strip_prefix("value ").map_or(message.clone(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_say_where_and_what_without_quoting_values() {
        let schema =
            json!({ "type": "object", "properties": { "a": { "type": "array", "items": { "maxLength": 2 } } } });
        let faults = Validator::new(&schema).unwrap().faults(&json!({ "a": ["ok", "secret"] }));
        assert_eq!(
            faults,
            [Fault { path: vec!["a".into(), "1".into()], message: "is longer than 2 characters".into() }]
        );
    }

    #[test]
    fn an_unsound_schema_is_refused() {
        let wrong = Validator::new(&json!({ "properties": { "a": { "type": "strin" } } })).unwrap_err();
        assert_eq!(wrong.path, ["properties", "a", "type"]);
        assert!(Validator::new(&json!({ "$ref": "https://example.com/x.json" })).is_err());
        assert!(Validator::for_answers(&json!({ "format": "no-such-format" })).is_err());
    }

    #[test]
    fn answers_are_judged_by_draft_7_unless_the_schema_says_otherwise() {
        let tuple = json!({ "items": [{ "type": "integer" }] });
        assert!(!Validator::for_answers(&tuple).unwrap().accepts(&json!(["x"])));
        assert!(!Validator::for_answers(&json!({ "format": "email" })).unwrap().accepts(&json!("x")));
        assert!(Validator::for_answers(&json!({ "type": "integer" })).unwrap().accepts(&json!(1.0)));
        let newer =
            json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{ "type": "null" }] });
        assert!(!Validator::for_answers(&newer).unwrap().accepts(&json!([1])));
    }
}
