//! What one model's results come to on their own.

use serde::Serialize;

use super::units::{CaseUnit, by_cluster};
use crate::answer::Usage;
use crate::run::{Outcome, Results, Status};
use crate::stats::{alpha, wilson_share};

/// One model's results in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The model.
    pub model: String,
    /// Cases, without those in quarantine.
    pub cases: usize,
    /// Independent units: clusters where there are any, else cases.
    pub units: usize,
    /// Repeats by how they ended.
    pub passed: usize,
    /// See `passed`.
    pub failed: usize,
    /// See `passed`.
    pub errors: usize,
    /// See `passed`.
    pub missing: usize,
    /// See `passed`.
    pub skipped: usize,
    /// The mean share of passes; what was not graded counts as not passed.
    pub pass_rate: f64,
    /// Its 95 % interval by Wilson, over the units.
    pub interval: (f64, f64),
    /// The mean score.
    pub mean_score: f64,
    /// Half of the answers came within so many milliseconds.
    pub latency_p50_ms: Option<u64>,
    /// 95 of 100 did.
    pub latency_p95_ms: Option<u64>,
    /// US dollars, as far as known.
    pub cost: Option<f64>,
    /// Tokens.
    pub usage: Usage,
    /// Cases that were asked several times and passed only sometimes, sorted.
    pub flickering: Vec<String>,
    /// How far the judge agrees with itself, where it was asked several times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<Agreement>,
    /// Means by metric.
    pub metrics: std::collections::BTreeMap<String, f64>,
}

impl Summary {
    /// Whether any answer was there: without one, no rate says anything.
    pub const fn is_judged(&self) -> bool {
        self.missing == 0 || self.passed + self.failed + self.errors > 0
    }

    /// Whether every question was put: a run that was cut off has no rate.
    pub const fn is_whole(&self) -> bool {
        self.skipped == 0 && self.is_judged()
    }
}

/// How far a judge agrees with itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Answers that it was asked about several times.
    pub verdicts: usize,
    /// Of these, those on which it said the same every time.
    pub unanimous: usize,
    /// Krippendorff's alpha: 1 for perfect agreement, 0 for what chance gives.
    pub alpha: f64,
    /// The answers on which it did not.
    pub divided: Vec<Divided>,
}

/// An answer of which a judge did not always say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Divided {
    /// The case.
    pub case: String,
    /// Which repeat, from 0.
    pub sample: u32,
    /// For each assertion on which they differ: how many verdicts were in its favour, and of how many.
    pub votes: Vec<(u32, u32)>,
}

impl std::fmt::Display for Divided {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let repeat = if self.sample > 0 { format!(" repeat {}", self.sample + 1) } else { String::new() };
        let votes: Vec<String> = self.votes.iter().map(|(passes, of)| format!("{passes} of {of} for it")).collect();
        write!(f, "{}{repeat} ({})", self.case, votes.join(", "))
    }
}

fn agreement<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Option<Agreement> {
    let (mut several, mut unanimous, mut divided) = (Vec::new(), 0, Vec::new());
    for outcome in outcomes {
        several.extend(outcome.judged.iter().copied().filter(|(_, of)| *of > 1));
        let votes: Vec<(u32, u32)> = outcome.judged.iter().copied().filter(|(k, of)| *k > 0 && k < of).collect();
        unanimous += outcome.judged.len() - votes.len();
        if !votes.is_empty() {
            divided.push(Divided { case: outcome.case.clone(), sample: outcome.sample, votes });
        }
    }
    Some(Agreement { verdicts: several.len(), unanimous, alpha: alpha(&several)?, divided })
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
pub(super) fn summary(results: &Results, model: usize, cases: &[CaseUnit]) -> Summary {
    let of_model = || results.outcomes.iter().filter(move |o| o.model == model);
    let count = |status: Status| of_model().filter(|o| o.status == status).count();
    let mean = |values: &[f64]| if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 };
    let shares: Vec<f64> = cases.iter().map(counted).collect();
    let units = by_cluster(cases, CaseUnit::unit, counted);
    let mut latencies: Vec<u64> = of_model().filter_map(|o| o.latency_ms).collect();
    latencies.sort_unstable();
    let at =
        |share: usize| latencies.get((latencies.len() * share / 100).min(latencies.len().saturating_sub(1))).copied();
    let costs: Vec<f64> = of_model().filter_map(|o| o.cost).collect();
    let rate = mean(&shares);
    let scores: Vec<f64> = cases.iter().map(|c| c.score).collect();
    let mut usage = Usage::default();
    for used in of_model().filter_map(|o| o.usage) {
        usage.input += used.input;
        usage.output += used.output;
    }
    Summary {
        model: results.models.get(model).map(ToString::to_string).unwrap_or_default(),
        cases: cases.len(),
        units: units.len(),
        passed: count(Status::Passed),
        failed: count(Status::Failed),
        errors: count(Status::Error),
        missing: count(Status::Missing),
        skipped: count(Status::Skipped),
        pass_rate: rate,
        interval: wilson_share(rate, units.len() as u64, 0.95),
        mean_score: mean(&scores),
        latency_p50_ms: at(50),
        latency_p95_ms: at(95),
        cost: (!costs.is_empty()).then(|| costs.iter().sum()),
        usage,
        flickering: flickering(cases),
        judge: agreement(of_model()),
        metrics: metrics(of_model()),
    }
}

fn flickering(cases: &[CaseUnit]) -> Vec<String> {
    let mut ids: Vec<String> =
        cases.iter().filter(|c| c.passes > 0 && c.passes < c.graded).map(|c| c.case.clone()).collect();
    ids.sort();
    ids
}

/// A case's share, where repeats that were not graded count as not passed.
fn counted(case: &CaseUnit) -> f64 {
    let all = case.graded + case.errors + case.missing + case.skipped;
    if all == 0 { 0.0 } else { case.share * f64::from(case.graded) / f64::from(all) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
fn metrics<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> std::collections::BTreeMap<String, f64> {
    let mut sums: std::collections::BTreeMap<String, (f64, usize)> = std::collections::BTreeMap::new();
    for (name, value) in outcomes.flat_map(|o| &o.metrics) {
        let sum = sums.entry(name.clone()).or_default();
        sum.0 += value;
        sum.1 += 1;
    }
    sums.into_iter().map(|(name, (sum, n))| (name, sum / n as f64)).collect()
}
