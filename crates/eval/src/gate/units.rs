//! From outcomes to units: repeats averaged within a case, cases within a cluster.
//!
//! Cases are looked at one after another and let go: what has to stay of each is a [`Unit`] of 48 bytes, and only
//! where sides are compared.

use std::collections::{BTreeSet, HashMap};

use super::Removed;
use crate::hashed::hashed;
use crate::run::{Outcome, Results, Status};
use crate::suite::{Flaky, Suite};

/// A case with one model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CaseUnit {
    pub(super) case: String,
    pub(super) unit: Unit,
    /// Repeats that were graded.
    pub(super) graded: u32,
    /// Of these, those that passed.
    pub(super) passes: u32,
    /// The share of its repeats that passed; by `flaky` all or nothing.
    pub(super) share: f64,
    /// The mean score.
    pub(super) score: f64,
    pub(super) errors: u32,
    pub(super) missing: u32,
    pub(super) skipped: u32,
    /// Why it did not pass; empty where it did.
    pub(super) reason: String,
    /// What it asks, where other cases ask that, too.
    pub(super) question: Option<u64>,
}

/// What statistics need of it, with [`hashed`] names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    /// Its id.
    pub(super) id: u64,
    /// What it counts with: its cluster, the cases that ask the same, or itself.
    pub(super) cluster: u64,
    /// Its inputs and its grader.
    pub(super) check: u64,
    /// The share of its repeats that passed, whatever `flaky` makes of it: a fall from 9 of 10 to 2 is one.
    pub(super) share: f64,
    /// Where its first repeat stands in the results.
    pub(super) at: u32,
    /// The first bytes of the digest of its inputs.
    pub(super) seed: u64,
    pub(super) is_graded: bool,
    pub(super) is_clustered: bool,
}

/// Who looks on while results are gone through.
pub(super) trait Look {
    /// At every outcome, those that are left aside too.
    fn outcome(&mut self, _suite: &Suite, _outcome: &Outcome) {}

    /// At every case with the model at this position.
    fn case(&mut self, model: usize, case: &CaseUnit);
}

/// Goes through `results`, in order, without the cases in `aside`. Those in `removed` are no longer in `suite`.
pub(super) fn each(suite: &Suite, removed: &[Removed], results: &Results, aside: &BTreeSet<&str>, look: &mut dyn Look) {
    let mut flaky: HashMap<u64, u32> = removed.iter().filter_map(|r| Some((hashed(&r.id), r.min_pass?))).collect();
    if suite.cases.shared().may_be_flaky() {
        flaky.extend(suite.cases.iter().filter_map(|c| Some((hashed(&c.id), c.flaky?.min_pass))));
    }
    let end = |look: &mut dyn Look, model: usize, unit: Option<Open>| {
        if let Some(open) = unit.filter(|open| !aside.contains(open.case.case.as_str())) {
            let least = if flaky.is_empty() { None } else { flaky.get(&open.case.unit.id).copied() };
            look.case(model, &open.closed(least));
        }
    };
    // Results hold the repeats of a case one after another.
    let (mut model, mut open): (usize, Option<Open>) = (0, None);
    for (at, outcome) in results.outcomes.iter().enumerate() {
        if outcome.model != model || open.as_ref().is_none_or(|open| open.case.case != outcome.case) {
            end(look, model, open.take());
            model = outcome.model;
        }
        open.get_or_insert_with(|| Open::new(suite, at, &outcome)).add(&outcome);
        look.outcome(suite, &outcome);
    }
    end(look, model, open);
}

/// A case whose repeats are still being counted.
struct Open {
    case: CaseUnit,
    scores: f64,
    passed_all: bool,
}

impl Open {
    fn new(suite: &Suite, at: usize, first: &Outcome) -> Self {
        let (id, questions) = (hashed(&first.case), &suite.questions);
        let question = questions.of(id);
        let with = questions.counts_with(question, first.cluster.as_deref());
        let unit = Unit {
            id,
            cluster: with.unwrap_or(id),
            check: hashed(&(first.inputs, first.grader)),
            share: 0.0,
            at: u32::try_from(at).unwrap_or(u32::MAX),
            seed: u64::from_be_bytes(first.inputs.as_bytes()[..8].try_into().unwrap_or_default()),
            is_graded: false,
            is_clustered: with.is_some(),
        };
        let case = CaseUnit {
            case: first.case.clone(),
            unit,
            graded: 0,
            passes: 0,
            share: 0.0,
            score: 0.0,
            errors: 0,
            missing: 0,
            skipped: 0,
            reason: String::new(),
            question,
        };
        Self { case, scores: 0.0, passed_all: true }
    }

    fn add(&mut self, outcome: &Outcome) {
        let case = &mut self.case;
        match outcome.status {
            Status::Passed => (case.passes, case.graded) = (case.passes + 1, case.graded + 1),
            Status::Failed => case.graded += 1,
            Status::Error => case.errors += 1,
            Status::Missing => case.missing += 1,
            Status::Skipped => case.skipped += 1,
        }
        if matches!(outcome.status, Status::Passed | Status::Failed) {
            self.scores += outcome.score;
        }
        if outcome.status != Status::Passed && std::mem::take(&mut self.passed_all) {
            case.reason.clone_from(&outcome.reason);
        }
    }

    fn closed(self, min_pass: Option<u32>) -> CaseUnit {
        let mut case = self.case;
        let mean = |sum: f64| if case.graded == 0 { 0.0 } else { sum / f64::from(case.graded) };
        case.score = mean(self.scores);
        case.unit.share = mean(f64::from(case.passes));
        case.share = match min_pass {
            Some(min_pass) => f64::from(u8::from(case.passes >= Flaky { min_pass }.needed(case.graded))),
            None => case.unit.share,
        };
        case.unit.is_graded = case.graded > 0;
        case
    }
}

/// The mean of values for each cluster, in the order in which they are met; what stands alone is a cluster of its own.
pub(super) fn by_cluster(items: impl IntoIterator<Item = (Unit, f64)>) -> Vec<f64> {
    let mut places: HashMap<u64, usize> = HashMap::new();
    let mut sums: Vec<(f64, u32)> = Vec::new();
    let mut means: Vec<f64> = Vec::new();
    for (unit, value) in items {
        if !unit.is_clustered && places.is_empty() {
            // No case but those of clusters meets its own again.
            means.push(value);
            continue;
        }
        // From the first cluster on every unit has its sum; what came before counts as it is.
        let place = *places.entry(unit.cluster).or_insert_with(|| {
            sums.push((0.0, 0));
            sums.len() - 1
        });
        sums[place].0 += value;
        sums[place].1 += 1;
    }
    means.extend(sums.into_iter().map(|(sum, n)| sum / f64::from(n)));
    means
}
