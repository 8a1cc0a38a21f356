//! `word-count` (runs of non-white space) and `char-count` (characters): an exact number, or a range with both ends in.

use super::{Grade, GradeError, Subject, fill};
use crate::ecma;
use crate::reference::Template;

/// How many words or characters.
#[derive(Debug, Clone)]
pub struct Count {
    /// What is counted.
    pub unit: Unit,
    /// How many.
    pub expected: Expected,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Words.
    Words,
    /// Characters: Unicode scalar values.
    Characters,
}

/// A number or a range.
#[derive(Debug, Clone)]
pub enum Expected {
    /// Exactly this many.
    Exactly(f64),
    /// Exactly as many as the text says once variables are put in.
    Template(Template),
    /// From the first to the second; at least one is given.
    Range(Option<f64>, Option<f64>),
}

impl Count {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let (count, unit) = match self.unit {
            Unit::Words => (ecma::words(subject.text).count(), "words"),
            Unit::Characters => (subject.text.chars().count(), "characters"),
        };
        let expected = match &self.expected {
            Expected::Template(template) => {
                let text = fill(spelled, template, subject)?;
                let number = ecma::parse_number(&text).ok_or_else(|| GradeError::Value {
                    kind: spelled.to_owned(),
                    why: format!("`{text}` is not a number"),
                })?;
                Expected::Exactly(number)
            }
            other => other.clone(),
        };
        #[expect(clippy::cast_precision_loss, reason = "no text has 2^53 words")]
        let n = count as f64;
        let (holds, wanted) = match expected {
            Expected::Exactly(x) => (n == x, format!("exactly {x}")),
            Expected::Range(min, max) => {
                (min.is_none_or(|m| n >= m) && max.is_none_or(|m| n <= m), range_text(min, max))
            }
            Expected::Template(_) => (false, String::new()),
        };
        let not = if negated { "not " } else { "" };
        Ok(Grade::whole(holds != negated, || format!("{count} {unit}, should {not}be {wanted}")))
    }

    pub(super) fn fixed(&self) -> Option<String> {
        match self.expected {
            Expected::Exactly(n) => Some(n.to_string()),
            Expected::Range(min, max) => Some(range_text(min, max)),
            Expected::Template(_) => None,
        }
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match &self.expected {
            Expected::Template(template) => vec![template],
            _ => Vec::new(),
        }
    }
}

fn range_text(min: Option<f64>, max: Option<f64>) -> String {
    match (min, max) {
        (Some(a), Some(b)) => format!("from {a} to {b}"),
        (Some(a), None) => format!("at least {a}"),
        (None, Some(b)) => format!("at most {b}"),
        (None, None) => "any number".to_owned(),
    }
}
