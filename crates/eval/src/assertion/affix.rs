//! `starts-with` and `ends-with`, case-sensitive.

use super::{Grade, GradeError, Subject, fill, shown};
use crate::reference::Template;

/// What the output must start or end with.
#[derive(Debug, Clone)]
pub struct Affix {
    /// Which end.
    pub end: End,
    /// The text.
    pub expected: Template,
}

/// An end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The first characters.
    Start,
    /// The last ones.
    Tail,
}

impl Affix {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let expected = fill(spelled, &self.expected, subject)?;
        if expected.is_empty() {
            return Err(GradeError::Value {
                kind: spelled.to_owned(),
                why: "the text to look for is empty".to_owned(),
            });
        }
        let (holds, verb) = match self.end {
            End::Start => (subject.text.starts_with(&*expected), "start"),
            End::Tail => (subject.text.ends_with(&*expected), "end"),
        };
        let not = if negated { "not " } else { "" };
        Ok(Grade::whole(holds != negated, || format!("should {not}{verb} with `{}`", shown(&expected))))
    }
}
