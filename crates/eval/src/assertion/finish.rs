//! `finish-reason`: why the model stopped, letter case passed over.

use super::{Grade, GradeError, Subject, fill, shown};
use crate::reference::Template;

/// The reason that is expected.
#[derive(Debug, Clone)]
pub struct FinishReason {
    /// In the provider's word: `stop`, `length`, `tool_calls`, …
    pub expected: Template,
}

impl FinishReason {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let expected = fill(spelled, &self.expected, subject)?;
        let Some(actual) = subject.answer.finish_reason.as_deref().filter(|r| !r.is_empty()) else {
            return Ok(Grade::whole(negated, || "the provider gave no finish reason".to_owned()));
        };
        let same = expected.to_lowercase() == actual.to_lowercase();
        let not = if negated { "not " } else { "" };
        Ok(Grade::whole(same != negated, || {
            format!("finish reason `{}` should {not}be `{}`", shown(actual), shown(&expected))
        }))
    }
}
