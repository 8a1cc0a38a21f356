//! Whether results answer every question of a run, each once, and no other.
//!
//! Whoever put parts together by hand, or lost some of one, would have the rest judged as if it were all. That somebody
//! answered what stands there is not seen here: parts are not signed.

use std::collections::BTreeSet;

use super::{Outcome, Part, Results};
use crate::assertion::Item;
use crate::gate::{Baseline, Standing};
use crate::suite::{Sample, Suite};

/// What is wrong in a run of `suite` that was put together, in a clause.
pub(super) fn answered(suite: &Suite, whole: &Part) -> Result<(), String> {
    let sample = whole.results.sample.as_ref();
    run(suite, sample, &whole.results, None)?;
    match &whole.baseline {
        Some(Baseline { standing: Standing::Ran, results: None, compare, .. }) => {
            Err(format!("the answers of {} are missing", compare.baseline))
        }
        Some(baseline @ Baseline { results: Some(results), .. }) => run(suite, sample, results, Some(baseline)),
        _ => Ok(()),
    }
}

/// The same of one side; `baseline` where it is the other one.
fn run(suite: &Suite, sample: Option<&Sample>, results: &Results, baseline: Option<&Baseline>) -> Result<(), String> {
    let whose = baseline.map_or_else(String::new, |b| format!(" of {}", b.compare.baseline));
    if results.models.is_empty() || results.models.len() != results.parameters.len() {
        return Err(format!("the run{whose} names no model, or not all of their parameters"));
    }
    // What the two sides cannot be paired on was not asked there.
    let unpaired: BTreeSet<&str> =
        baseline.into_iter().flat_map(|b| b.added.iter().chain(&b.changed)).map(String::as_str).collect();
    let positions = match baseline {
        // Only what went away was asked there.
        Some(baseline) if baseline.standing != Standing::Ran => Vec::new(),
        _ => suite.sampled(sample),
    };
    let mut outcomes = results.outcomes.iter().peekable();
    for (model, name) in results.models.iter().enumerate() {
        let lacks =
            |case: &str| format!("an answer of {name} to the case {case}{whose} is missing or not in its place");
        for &position in &positions {
            let case = suite.cases.at(position);
            if unpaired.contains(case.id.as_str()) {
                continue;
            }
            for n in 0..results.repeat.map_or(case.repeat, std::num::NonZeroU32::get) {
                let next = outcomes.next_if(|o| is_of(o, (model, &case.id, n)));
                let outcome = next.ok_or_else(|| lacks(&case.id))?;
                if (outcome.inputs, outcome.grader) != (case.inputs, case.grader) {
                    return Err(format!("the case {}{whose} was another one", case.id));
                }
                sound(&outcome, !case.asserts.iter().flat_map(Item::asserts).any(|a| a.kind.scores_at_will()))?;
            }
        }
        for removed in baseline.into_iter().flat_map(|b| &b.removed) {
            let mut n = 0;
            while let Some(outcome) = outcomes.next_if(|o| is_of(o, (model, &removed.id, n))) {
                // No mean has it.
                sound(&outcome, false)?;
                n += 1;
            }
            if n == 0 {
                return Err(lacks(&removed.id));
            }
        }
    }
    match outcomes.next() {
        Some(stray) => Err(format!("nobody asked for the answer to the case {}{whose} that stands there", stray.case)),
        None => Ok(()),
    }
}

fn is_of(outcome: &Outcome, (model, case, sample): (usize, &str, u32)) -> bool {
    (outcome.model, outcome.case.as_str(), outcome.sample) == (model, case, sample)
}

/// Numbers that no run has would move a mean at will. Where scores are bounded a cosine is the least, -1, and negated the
/// most, 2.
fn sound(outcome: &Outcome, bounded: bool) -> Result<(), String> {
    let is_score = |score: &f64| score.is_finite() && (!bounded || (-1.0 - 1e-9..=2.0 + 1e-9).contains(score));
    let is_cost = |usd: &f64| usd.is_finite() && *usd >= 0.0;
    if !is_score(&outcome.score) || !outcome.metrics.values().all(is_score) || !outcome.cost.iter().all(is_cost) {
        return Err(format!("the answer to the case {} has a score or a cost that no answer has", outcome.case));
    }
    Ok(())
}
