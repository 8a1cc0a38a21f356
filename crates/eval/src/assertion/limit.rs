//! `latency` (milliseconds) and `cost` (US dollars): at most the threshold, which must be given.

use super::{Grade, GradeError, Subject};
use crate::ecma;

/// A limit on what an answer took.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// What is measured.
    pub measure: Measure,
    /// The greatest value that passes.
    pub threshold: f64,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Milliseconds.
    Latency,
    /// US dollars.
    Cost,
}

impl Limit {
    pub(super) fn grade(&self, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        #[expect(clippy::cast_precision_loss, reason = "no answer takes 2^53 milliseconds")]
        let latency = subject.answer.latency_ms.map(|ms| ms as f64);
        let (value, kind, unit) = match self.measure {
            Measure::Latency => (latency, "latency", " ms"),
            Measure::Cost => (subject.answer.cost, "cost", " USD"),
        };
        let value = value.ok_or(GradeError::Missing { kind, what: kind })?;
        let within = value <= self.threshold;
        let how = if within { "is within" } else { "is above" };
        Ok(Grade::whole(within != negated, || {
            format!("{kind} {}{unit} {how} the threshold {}{unit}", ecma::number(value), self.threshold)
        }))
    }
}
