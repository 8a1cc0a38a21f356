//! The comparison with a baseline, paired case by case.

use std::collections::BTreeMap;

use serde::Serialize;
use source::Digest;

use super::baseline::Baseline;
use super::units::{CaseUnit, by_cluster};
use crate::stats::{Paired, difference_interval, mcnemar, paired};

/// How the current run compares with the baseline, for one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The model.
    pub model: String,
    /// What was compared with, as the suite or the command writes it.
    pub baseline: String,
    /// The commit that it was read from.
    pub commit: Option<String>,
    /// The test that decided.
    pub test: ComparisonTest,
    /// Pairs of cases.
    pub pairs: usize,
    /// Units of the test: clusters where there are any, else pairs.
    pub units: usize,
    /// Cases that passed before and fail now, sorted.
    pub newly_failing: Vec<String>,
    /// Cases that failed before and pass now, sorted.
    pub newly_passing: Vec<String>,
    /// Cases in this run alone.
    pub added: Vec<String>,
    /// Cases in the baseline alone.
    pub removed: Vec<String>,
    /// Cases whose variables differ: not paired.
    pub changed: Vec<String>,
    /// Cases whose assertions differ: both sides are graded by those of this run.
    pub regraded: Vec<String>,
    /// The mean share of passes before and now, over the units.
    pub before: f64,
    /// See `before`.
    pub now: f64,
    /// The 95 % interval of the difference, now less before.
    pub interval: (f64, f64),
    /// One-sided: the probability of such a fall where nothing changed.
    pub p: f64,
    /// The same among all comparisons of the run, by Holm's correction: this is what alpha is held against.
    pub adjusted_p: f64,
    /// The rate of false alarms that is allowed.
    pub alpha: f64,
    /// The fall that matters.
    pub min_effect: f64,
    /// The least fall that would have been seen with a probability of 80 %.
    pub detectable: f64,
    /// What it comes to.
    pub finding: Found,
}

/// Which test decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComparisonTest {
    /// McNemar's test, mid-p.
    McnemarMidP,
    /// McNemar's test, exact, where mid-p would exceed alpha.
    McnemarExact,
    /// The paired t-test on means of units.
    PairedT,
}

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// Nothing fell, or by less than matters.
    NoFall,
    /// It fell, more than chance explains and enough to matter.
    Fall,
    /// It may have fallen; there are too few cases to tell.
    Unclear,
}

/// Why two runs cannot be compared. Displays as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another model answered.
    #[error("{now} answers here, {before} there: name one model for both with --models, such as --models {now}")]
    Model {
        /// The baseline's.
        before: String,
        /// This run's.
        now: String,
    },
    /// Other parameters were used.
    #[error("the parameters of the prompt differ: what they do cannot be told from what the words do")]
    Parameters,
    /// No case is in both.
    #[error("no case is in both with the same variables and an answer on both sides")]
    Nothing,
    /// The baseline did not finish.
    #[error("the baseline's run is not complete")]
    Incomplete,
}

/// A pair of units of one case.
struct Pair<'a> {
    before: &'a CaseUnit,
    now: &'a CaseUnit,
}

/// Compares the units of one model on both sides.
pub(super) fn compare(
    model: &str,
    against: &Baseline,
    before: &[CaseUnit],
    now: &[CaseUnit],
    seed: &Digest,
) -> Result<Comparison, Refusal> {
    let wanted = &against.compare;
    let old: BTreeMap<&str, &CaseUnit> = before.iter().map(|u| (u.case.as_str(), u)).collect();
    let mut pairs = Vec::new();
    for unit in now {
        match old.get(unit.case.as_str()) {
            // Whoever made the baseline paired only equal inputs and graders; this holds whatever they did.
            Some(other) if other.inputs != unit.inputs || other.grader != unit.grader => {}
            Some(other) if other.graded > 0 && unit.graded > 0 => pairs.push(Pair { before: other, now: unit }),
            _ => {}
        }
    }
    if pairs.is_empty() {
        return Err(Refusal::Nothing);
    }
    let clustered = pairs.iter().any(|p| p.now.is_clustered());
    let single = pairs.iter().all(|p| [p.before, p.now].iter().all(|u| u.share == 0.0 || u.share == 1.0));
    let turned = |from: f64, to: f64| {
        let ids = pairs.iter().filter(move |p| p.before.share == from && p.now.share == to);
        let mut ids: Vec<String> = ids.map(|p| p.now.case.clone()).collect();
        ids.sort();
        ids
    };
    let (newly_failing, newly_passing) = (fell(&pairs), turned(0.0, 1.0));
    let differences = by_cluster(&pairs, |p| p.now.unit(), |p| p.now.share - p.before.share);
    let t = paired(&differences);
    let (test, p) = if single && !clustered {
        let lost = turned(1.0, 0.0).len() as u64;
        let m = mcnemar(lost, newly_passing.len() as u64, pairs.len() as u64, wanted.alpha);
        (if m.by_exact && m.exact < 1.0 { ComparisonTest::McnemarExact } else { ComparisonTest::McnemarMidP }, m.p)
    } else {
        (ComparisonTest::PairedT, t.p)
    };
    let mut comparison = Comparison {
        model: model.to_owned(),
        baseline: wanted.baseline.clone(),
        commit: against.commit.clone(),
        test,
        pairs: pairs.len(),
        units: differences.len(),
        newly_failing,
        newly_passing,
        added: against.added.clone(),
        removed: against.removed.iter().map(|r| r.id.clone()).collect(),
        changed: against.changed.clone(),
        regraded: against.regraded.clone(),
        before: mean(&pairs, |p| p.before.share),
        now: mean(&pairs, |p| p.now.share),
        interval: difference_interval(&differences, &t, seed_of(seed)),
        p,
        adjusted_p: p,
        alpha: wanted.alpha,
        min_effect: wanted.min_effect,
        detectable: t.detectable(wanted.alpha, 0.8).min(1.0),
        finding: Found::NoFall,
    };
    comparison.finding = found(&comparison, &t, p <= wanted.alpha);
    Ok(comparison)
}

/// A fall is found where it is both significant and large enough. It is ruled out where nothing fell, or where even the
/// lower end of the one-sided interval lies above the fall that matters. Everything between is unclear.
fn found(comparison: &Comparison, t: &Paired, significant: bool) -> Found {
    let fall = comparison.before - comparison.now;
    if significant && fall > 0.0 && fall >= comparison.min_effect {
        return Found::Fall;
    }
    let excluded = -t.lower(comparison.alpha) <= comparison.min_effect;
    if fall <= 0.0 || excluded { Found::NoFall } else { Found::Unclear }
}

impl Comparison {
    /// Takes its p-value among several tests; a fall that is no longer significant is taken back.
    pub(super) fn among(&mut self, adjusted_p: f64) {
        self.adjusted_p = adjusted_p;
        if self.finding == Found::Fall && adjusted_p > self.alpha {
            self.finding = Found::Unclear;
        }
    }
}

fn fell(pairs: &[Pair<'_>]) -> Vec<String> {
    let mut ids: Vec<String> =
        pairs.iter().filter(|p| p.before.share == 1.0 && p.now.share < 1.0).map(|p| p.now.case.clone()).collect();
    ids.sort();
    ids
}

/// The mean over units, as the test takes it: each cluster counts once, however many cases it has.
#[expect(clippy::cast_precision_loss, reason = "counts of units")]
fn mean(pairs: &[Pair<'_>], value: impl Fn(&Pair<'_>) -> f64) -> f64 {
    let units = by_cluster(pairs, |p| p.now.unit(), value);
    units.iter().sum::<f64>() / units.len() as f64
}

/// The bootstrap's seed: the same cases give the same interval.
pub(super) fn seed_of(digest: &Digest) -> u64 {
    u64::from_be_bytes(digest.as_bytes()[..8].try_into().unwrap_or_default())
}
