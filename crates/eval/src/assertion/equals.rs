//! `equals`: a scalar equals the output's text exactly; a list or object equals the JSON in it.

use serde_json::Value;

use super::{Grade, GradeError, Subject, fill, shown};
use crate::bounded;
use crate::ecma;
use crate::reference::Template;

/// What the output must equal.
#[derive(Debug, Clone)]
pub enum Equals {
    /// This text.
    Text(Template),
    /// JSON that equals this; texts in a list at the top may refer to variables, as in promptfoo.
    Json(Value, Vec<Option<Template>>),
}

impl Equals {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let (equal, expected) = match self {
            Self::Text(template) => {
                let expected = fill(spelled, template, subject)?;
                (expected == subject.text, shown(&expected))
            }
            Self::Json(value, templates) => {
                let expected = filled(spelled, value, templates, subject)?;
                let equal = bounded::text(subject.text).is_ok_and(|v| ecma::deep_equal(&v, &expected));
                (equal, shown(&ecma::json_text(&expected)))
            }
        };
        Ok(Grade::whole(equal != negated, || {
            let not = if negated { "not " } else { "" };
            format!("`{}` should {not}equal `{expected}`", shown(subject.text))
        }))
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(template) => vec![template],
            Self::Json(_, templates) => templates.iter().flatten().collect(),
        }
    }
}

fn filled(
    spelled: &str,
    value: &Value,
    templates: &[Option<Template>],
    subject: &Subject<'_>,
) -> Result<Value, GradeError> {
    let Value::Array(items) = value else { return Ok(value.clone()) };
    let one = |(item, template): (&Value, &Option<Template>)| match template {
        Some(template) => fill(spelled, template, subject).map(|t| Value::String(t.into_owned())),
        None => Ok(item.clone()),
    };
    items.iter().zip(templates).map(one).collect::<Result<Vec<_>, _>>().map(Value::Array)
}
