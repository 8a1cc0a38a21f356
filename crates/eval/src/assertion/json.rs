//! `is-json` (the whole output) and `contains-json` (an object somewhere in it), with an optional JSON Schema.
//!
//! Schemas without `$schema` are draft 7 as Ajv 8 reads it, with formats asserted, as promptfoo's; others are what they say
//! they are.

mod ajv;
mod formats;
mod keywords;

use std::borrow::Cow;

use prompt::schema::{Undecided, Validator};
use serde_json::Value;

use self::formats::FORMATS;
use self::keywords::Draft;
use super::{Grade, GradeError, Subject, fill, loose_json, shown};
use crate::bounded;
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
        let ungraded = |why: String| GradeError::Grader { kind: spelled.to_owned(), why };
        let candidates = if self.anywhere {
            if let Some(why) = bounded::too_loose(subject.text) {
                return Err(ungraded(format!("the answer is too large: {why}")));
            }
            loose_json::objects(subject.text)
        } else {
            match bounded::text(subject.text) {
                Ok(whole) => vec![whole],
                Err(bounded::Fault::NotJson(_)) => Vec::new(),
                Err(bounded::Fault::TooMuch(why)) => return Err(ungraded(format!("the answer is too large: {why}"))),
            }
        };
        let undecided = |why: Undecided| ungraded(format!("nobody can say whether the answer fits: {why}"));
        let mut faults = Vec::new();
        let found = match &validator {
            None => !candidates.is_empty(),
            Some(validator) => {
                let found = validator.fits_one(&candidates).map_err(undecided)?;
                if let Some(last) = candidates.last().filter(|_| !found) {
                    faults = validator.judged(last).map_err(undecided)?;
                }
                found
            }
        };
        Ok(Grade::whole(found != negated, || {
            let what = if self.anywhere { "contain a JSON object" } else { "be JSON" };
            match (&validator, negated) {
                (None, true) => format!("should not {what}"),
                (Some(_), true) => format!("should not {what} that fits the schema"),
                (Some(_), false) if !faults.is_empty() => {
                    format!("the JSON does not fit the schema: {}", told(&faults))
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

fn told(faults: &[prompt::schema::Fault]) -> String {
    let one = |f: &prompt::schema::Fault| {
        if f.path.is_empty() {
            shown(&f.message)
        } else {
            format!("`{}` {}", shown(&f.path.join(".")), shown(&f.message))
        }
    };
    let mut text = faults.iter().take(3).map(one).collect::<Vec<_>>().join("; ");
    if faults.len() > 3 {
        text.push_str(&format!("; and {} more", faults.len() - 3));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Grade, GradeError, Json, Schema, Subject, compile};
    use crate::assertion::NoGrader;

    /// Two kinds of node, each of which refers to both.
    fn nodes() -> Value {
        let node = |op: &str| {
            let properties = json!({ "arg": { "$ref": "#/definitions/e" }, "op": { "const": op } });
            json!({ "type": "object", "properties": properties, "required": ["op", "arg"] })
        };
        let any = json!({ "anyOf": [{ "type": "number" }, node("and"), node("or")] });
        json!({ "$ref": "#/definitions/e", "definitions": { "e": any } })
    }

    fn graded(schema: &Value, text: &str, anywhere: bool) -> Result<Grade, GradeError> {
        let json = Json { anywhere, schema: Schema::Ready(compile(schema).unwrap()) };
        let (answer, vars) = (crate::Answer::text(text), serde_json::Map::new());
        let subject = Subject { answer: &answer, text, vars: &vars, tools: &[], question: "", grader: &NoGrader };
        json.grade("is-json", false, &subject)
    }

    #[test]
    fn a_hostile_answer_costs_no_more_than_any() {
        for depth in [3, 20, 24, 100] {
            let nest = |last: &str| format!("{}{last}{}", "{\"op\":\"or\",\"arg\":".repeat(depth), "}".repeat(depth));
            assert!(graded(&nodes(), &nest("1"), false).unwrap().pass, "{depth}");
            for (last, anywhere) in [("\"x\"", false), ("\"x\"", true)] {
                let grade = graded(&nodes(), &nest(last), anywhere).unwrap();
                assert!(
                    !grade.pass && grade.reason.starts_with("the JSON does not fit the schema: "),
                    "{}",
                    grade.reason
                );
            }
        }
        let wide = json!({ "items": { "anyOf": [{ "type": "number" }, { "type": "null" }] } });
        let (sound, wrong) = ("1,".repeat(60_000), "true,".repeat(60_000));
        assert!(graded(&wide, &format!("[{sound}1]"), false).unwrap().pass);
        let grade = graded(&wide, &format!("[{sound}true]"), false).unwrap();
        assert!(grade.reason.contains("`60000` fits none of the schemas"), "{}", grade.reason);
        let grade = graded(&wide, &format!("[{wrong}1]"), false).unwrap();
        assert!(grade.reason.contains("`0` fits none of the schemas"), "{}", grade.reason);
        let most = graded(&wide, &format!("[{}1]", "1,".repeat(300_000)), false).unwrap_err();
        assert_eq!(most.to_string(), "grade `is-json`: the answer is too large: it holds more than 250000 values");
        // Without `$ref` nothing is remembered of what was held against what.
        let mut slow = json!({ "type": "number" });
        for i in 0..24 {
            let inner = json!({ "items": slow.clone(), "type": "array" });
            let other = json!({ "items": slow, "type": "array", "maxItems": i });
            slow = if i < 12 { json!({ "anyOf": [inner, other] }) } else { inner };
        }
        let deep = format!("{}\"x\"{}", "[".repeat(24), "]".repeat(24));
        assert!(!graded(&slow, &deep, false).unwrap().pass);
    }

    #[test]
    fn a_pattern_that_meets_its_limit_is_no_verdict() {
        let evil = json!({ "type": "string", "pattern": "^(?=(a|a|b)*$)(a|aa|a|b)*c\\1$" });
        let text = format!("\"{}\"", "a".repeat(60));
        let error = graded(&evil, &text, false).unwrap_err().to_string();
        assert!(error.contains("a `pattern` of the schema takes too many steps"), "{error}");
        // Whatever stands after it, and wherever the pattern stands.
        for schema in [json!({ "properties": { "a": evil } }), json!({ "anyOf": [{ "properties": { "a": evil } }] })] {
            let error = graded(&schema, &format!("{{\"a\":{text}}} or {{\"a\":1}}"), true).unwrap_err().to_string();
            assert!(error.contains("nobody can say whether the answer fits"), "{error}");
            assert!(graded(&schema, &format!("{{\"a\":{text}}} or {{}}"), true).unwrap().pass);
        }
    }

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
