//! Limits for one prompt, each with the line of policy that sets it.

use source::Place;

use crate::Budget;

/// A value together with the place in policy that gives it.
#[derive(Debug, Clone)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The line of policy.
    pub at: Place,
}

impl<T> Sourced<T> {
    /// `value`, given at `at`.
    pub fn new(value: T, at: Place) -> Self {
        Self { value, at }
    }
}

/// What policy lets one prompt grow to. `None` = no limit.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Bytes of the prompt's file.
    pub source_bytes: Option<Sourced<u64>>,
    /// Tokens of the text that stands in the messages and reached blocks before any value.
    pub static_tokens: Option<Sourced<u64>>,
    /// Tokens of the longest rendering.
    pub rendered_tokens: Option<Sourced<u64>>,
    /// Which figure `rendered_tokens` judges; the estimate where policy is silent.
    pub budget: Option<Sourced<Budget>>,
}

impl Limits {
    /// Which figure `rendered_tokens` judges.
    pub fn budget(&self) -> Budget {
        self.budget.as_ref().map_or(Budget::Estimate, |b| b.value)
    }
}
