//! `finish-reason`: why the model stopped, letter case passed over, in the provider's word or in OpenAI's.

use super::{Grade, GradeError, Subject, fill, shown};
use crate::reference::Template;

/// The reason that is expected.
#[derive(Debug, Clone)]
pub struct FinishReason {
    /// `stop`, `length`, `tool_calls`, `content_filter`, or the provider's own word.
    pub expected: Template,
}

impl FinishReason {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let expected = fill(spelled, &self.expected, subject)?;
        let Some(actual) = subject.answer.finish_reason.as_deref().filter(|r| !r.is_empty()) else {
            return Ok(Grade::whole(negated, || "the provider gave no finish reason".to_owned()));
        };
        let (expected, actual) = (expected.trim(), actual.trim());
        let (wanted, came) = (expected.to_lowercase(), actual.to_lowercase());
        let same = wanted == came || wanted == usual(&came);
        let not = if negated { "not " } else { "" };
        Ok(Grade::whole(same != negated, || {
            format!("finish reason `{}` should {not}be `{}`", shown(actual), shown(expected))
        }))
    }
}

/// OpenAI's word for what a provider says, as promptfoo's providers translate it; other words stay.
fn usual(reason: &str) -> &str {
    match reason {
        "end_turn" | "stop_sequence" => "stop",
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" | "function_call" => "tool_calls",
        "refusal" => "content_filter",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::FinishReason;
    use crate::Answer;
    use crate::assertion::{NoGrader, Subject};
    use crate::reference::Template;

    #[test]
    fn reasons_of_several_providers_are_one() {
        let (vars, cases) = (
            Map::new(),
            [
                ("stop", "end_turn", true),
                ("stop", "STOP", true),
                ("length", "MAX_TOKENS", true),
                ("tool_calls", "tool_use", true),
                ("tool_calls", "function_call", true),
                ("content_filter", "refusal", true),
                ("end_turn", "end_turn", true),
                ("end_turn", "stop", false),
                ("stop", "pause_turn", false),
            ],
        );
        for (expected, actual, same) in cases {
            let answer = Answer { finish_reason: Some(actual.to_owned()), ..Answer::default() };
            let subject =
                Subject { answer: &answer, text: "", vars: &vars, tools: &[], question: "", grader: &NoGrader };
            let reason = FinishReason { expected: Template::literal(expected.to_owned()) };
            assert_eq!(reason.grade("finish-reason", false, &subject).unwrap().pass, same, "{expected} {actual}");
            assert_eq!(reason.grade("not-finish-reason", true, &subject).unwrap().pass, !same, "{expected} {actual}");
        }
    }
}
