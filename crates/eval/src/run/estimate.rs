//! What a run would take at most, before anything is sent.

use serde::Serialize;

use super::plan::Plan;
use super::pool::tasks;
use crate::suite::fit_vars;

/// An upper bound, as far as prices and lengths are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Requests without retries and judges.
    pub requests: u64,
    /// Of these, answered by recordings or the suite itself, as far as that can be told without a provider.
    pub stored: u64,
    /// Tokens read, at three bytes a token.
    pub input_tokens: u64,
    /// Tokens written, at `max_tokens` each.
    pub output_tokens: u64,
    /// US dollars; absent where a price or `max_tokens` is not known.
    pub usd: Option<f64>,
}

/// What `plan` would take at most.
#[expect(clippy::cast_precision_loss, reason = "no run has 2^53 tokens")]
pub fn estimate(plan: &Plan<'_>) -> Estimate {
    let mut sum = Estimate { usd: Some(0.0), ..Estimate::default() };
    for task in tasks(plan) {
        let target = &plan.targets[task.target];
        let case = &plan.suite.cases[task.case];
        if case.stored.is_some() {
            sum.stored += 1;
            continue;
        }
        sum.requests += 1;
        let messages = target.renderer.render(&fit_vars(&target.compiled, &case.vars)).unwrap_or_default();
        let input = messages.iter().map(|m| m.content.len() as u64 / 3 + 8).sum::<u64>();
        let output = target.compiled.parameters.max_tokens;
        sum.input_tokens += input;
        sum.output_tokens += output.unwrap_or(0);
        sum.usd = match (sum.usd, target.price, output) {
            (Some(usd), Some((i, o)), Some(output)) => Some(usd + (input as f64 * i + output as f64 * o) / 1e6),
            _ => None,
        };
    }
    sum
}
