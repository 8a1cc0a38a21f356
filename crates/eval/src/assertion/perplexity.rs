//! `perplexity`: exp(−mean log probability), at most the threshold. `perplexity-score`: 1 / (1 + perplexity), at least.

use super::{Grade, GradeError, Subject};

/// A limit on perplexity.
#[derive(Debug, Clone, Copy)]
pub struct Perplexity {
    /// Whether the normalised score is meant.
    pub normalised: bool,
    /// The threshold; a suite must give one, promptfoo passes everything without.
    pub threshold: Option<f64>,
}

impl Perplexity {
    pub(super) fn grade(self, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let kind = if self.normalised { "perplexity-score" } else { "perplexity" };
        let logs = &subject.answer.log_probs;
        if logs.is_empty() {
            return Err(GradeError::Missing { kind, what: "log probabilities" });
        }
        #[expect(clippy::cast_precision_loss, reason = "no answer has 2^53 tokens")]
        let perplexity = (-logs.iter().sum::<f64>() / logs.len() as f64).exp();
        if self.normalised {
            let score = 1.0 / (1.0 + perplexity);
            let Some(threshold) = self.threshold else {
                return Ok(Grade { pass: true, score, reason: format!("{kind} {score:.4}") });
            };
            return Ok(Grade::scored(score, threshold, negated, kind));
        }
        let Some(threshold) = self.threshold else { return Ok(Grade::whole(true, String::new)) };
        let within = perplexity <= threshold;
        let how = if within { "is within" } else { "is above" };
        Ok(Grade::whole(within != negated, || format!("perplexity {perplexity:.2} {how} the threshold {threshold}")))
    }
}
