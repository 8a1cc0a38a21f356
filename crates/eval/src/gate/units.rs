//! From outcomes to units: repeats averaged within a case, cases within a cluster.

use std::collections::{BTreeMap, BTreeSet};

use source::Digest;

use crate::run::{Outcome, Results, Status};
use crate::suite::Suite;

/// A case with one model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CaseUnit {
    pub(super) case: String,
    /// The cases that share a source with it; none where it stands alone.
    cluster: Option<String>,
    /// Repeats that were graded.
    pub(super) graded: u32,
    /// Of these, those that passed.
    pub(super) passes: u32,
    /// The share that counts: by `flaky` all or nothing, else passes of graded.
    pub(super) share: f64,
    /// The mean score.
    pub(super) score: f64,
    pub(super) errors: u32,
    pub(super) missing: u32,
    pub(super) skipped: u32,
    pub(super) inputs: Digest,
    pub(super) grader: Digest,
    /// Why it did not pass; empty where it did.
    pub(super) reason: String,
}

impl CaseUnit {
    /// What it counts with in the statistics: its cluster, or itself.
    pub(super) fn unit(&self) -> (bool, &str) {
        self.cluster.as_deref().map_or((false, self.case.as_str()), |cluster| (true, cluster))
    }

    /// Whether it shares a source with others.
    pub(super) const fn is_clustered(&self) -> bool {
        self.cluster.is_some()
    }
}

/// The cases of one model, in order, without those in `aside`.
pub(super) fn cases(suite: &Suite, results: &Results, model: usize, aside: &BTreeSet<&str>) -> Vec<CaseUnit> {
    let flaky: BTreeMap<&str, u32> =
        suite.cases.iter().filter_map(|c| Some((c.id.as_str(), c.flaky?.min_pass))).collect();
    // Results hold the repeats of a case one after another.
    let groups = results.outcomes.chunk_by(|a, b| a.model == b.model && a.case == b.case);
    let groups = groups.filter(|group| group[0].model == model && !aside.contains(group[0].case.as_str()));
    groups.map(|group| unit(group, flaky.get(group[0].case.as_str()).copied())).collect()
}

fn unit(outcomes: &[Outcome], min_pass: Option<u32>) -> CaseUnit {
    let count = |status: Status| u32::try_from(outcomes.iter().filter(|o| o.status == status).count()).unwrap_or(0);
    let (passes, fails) = (count(Status::Passed), count(Status::Failed));
    let graded = passes + fails;
    let scores: f64 =
        outcomes.iter().filter(|o| matches!(o.status, Status::Passed | Status::Failed)).map(|o| o.score).sum();
    let mean = |sum: f64| if graded == 0 { 0.0 } else { sum / f64::from(graded) };
    let share = match min_pass {
        Some(least) => f64::from(u8::from(passes >= least)),
        None => mean(f64::from(passes)),
    };
    let first = &outcomes[0];
    let worst = outcomes.iter().find(|o| o.status != Status::Passed);
    CaseUnit {
        case: first.case.clone(),
        cluster: first.cluster.clone(),
        graded,
        passes,
        share,
        score: mean(scores),
        errors: count(Status::Error),
        missing: count(Status::Missing),
        skipped: count(Status::Skipped),
        inputs: first.inputs,
        grader: first.grader,
        reason: worst.map_or_else(String::new, |o| o.reason.clone()),
    }
}

/// The mean of `value` for each cluster, in the order of their names.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
pub(super) fn by_cluster<'a, T: 'a>(
    items: impl IntoIterator<Item = &'a T>,
    unit: impl Fn(&'a T) -> (bool, &'a str),
    value: impl Fn(&T) -> f64,
) -> Vec<f64> {
    let mut sums: BTreeMap<(bool, &str), (f64, usize)> = BTreeMap::new();
    for item in items {
        let sum = sums.entry(unit(item)).or_default();
        sum.0 += value(item);
        sum.1 += 1;
    }
    sums.into_values().map(|(sum, n)| sum / n as f64).collect()
}
