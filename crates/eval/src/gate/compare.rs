//! The comparison with a baseline, paired case by case.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use source::Digest;

use super::units::{CaseUnit, by_cluster};
use crate::stats::{Paired, mcnemar, mean_interval, paired};
use crate::suite::Compare;

/// How the current run compares with the baseline, for one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The model.
    pub model: String,
    /// What was compared with, as the suite writes it.
    pub baseline: String,
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
    /// Cases whose variables or assertions differ.
    pub changed: Vec<String>,
    /// The mean share of passes before and now, over the pairs.
    pub before: f64,
    /// See `before`.
    pub now: f64,
    /// The 95 % interval of the difference, now less before.
    pub interval: (f64, f64),
    /// One-sided: the probability of such a fall where nothing changed.
    pub p: f64,
    /// The alpha that `p` was held against.
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
    #[error("the baseline was answered by {before}, not {now}: run the baseline again with the same model")]
    Model {
        /// The baseline's.
        before: String,
        /// This run's.
        now: String,
    },
    /// Other parameters were used.
    #[error(
        "the baseline was answered with other parameters: what a change of parameters does cannot be told from chance"
    )]
    Parameters,
    /// No case is in both.
    #[error("no case is in both runs with the same variables and assertions")]
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

pub(super) fn compare(
    model: &str,
    wanted: &Compare,
    before: &[CaseUnit],
    now: &[CaseUnit],
    seed: &Digest,
) -> Result<Comparison, Refusal> {
    let old: BTreeMap<&str, &CaseUnit> = before.iter().map(|u| (u.case.as_str(), u)).collect();
    let ids: BTreeSet<&str> = now.iter().map(|u| u.case.as_str()).collect();
    let (mut pairs, mut added, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for unit in now {
        match old.get(unit.case.as_str()) {
            None => added.push(unit.case.clone()),
            Some(other) if other.inputs != unit.inputs || other.grader != unit.grader => {
                changed.push(unit.case.clone())
            }
            Some(other) if other.graded > 0 && unit.graded > 0 => pairs.push(Pair { before: other, now: unit }),
            Some(_) => {}
        }
    }
    let removed: Vec<String> = old.keys().filter(|id| !ids.contains(*id)).map(|id| (*id).to_owned()).collect();
    if pairs.is_empty() {
        return Err(Refusal::Nothing);
    }
    let clustered = pairs.iter().any(|p| !p.now.cluster.starts_with('\0'));
    let single = pairs.iter().all(|p| [p.before, p.now].iter().all(|u| u.share == 0.0 || u.share == 1.0));
    let turned = |from: f64, to: f64| {
        let ids = pairs.iter().filter(move |p| p.before.share == from && p.now.share == to);
        let mut ids: Vec<String> = ids.map(|p| p.now.case.clone()).collect();
        ids.sort();
        ids
    };
    let (newly_failing, newly_passing) = (fell(&pairs), turned(0.0, 1.0));
    let differences = by_cluster(&pairs, |p| &p.now.cluster, |p| p.now.share - p.before.share);
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
        test,
        pairs: pairs.len(),
        units: differences.len(),
        newly_failing,
        newly_passing,
        added,
        removed,
        changed,
        before: mean(&pairs, |p| p.before.share),
        now: mean(&pairs, |p| p.now.share),
        interval: interval(&differences, &t, seed),
        p,
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
    /// Takes back a fall that is no longer significant among several tests.
    pub(super) fn not_significant(&mut self) {
        if self.finding == Found::Fall {
            self.finding = Found::Unclear;
        }
    }
}

/// Student's interval, or the bootstrap's where units are few enough to be skewed; the cases' digest is the seed.
fn interval(differences: &[f64], t: &Paired, seed: &Digest) -> (f64, f64) {
    if t.error == 0.0 {
        return (t.mean, t.mean);
    }
    if (10..200).contains(&differences.len()) {
        let seed = u64::from_be_bytes(seed.as_bytes()[..8].try_into().unwrap_or_default());
        return mean_interval(differences, 0.95, 4000, seed);
    }
    let low = t.lower(0.025);
    (low.max(-1.0), (2.0 * t.mean - low).min(1.0))
}

fn fell(pairs: &[Pair<'_>]) -> Vec<String> {
    let mut ids: Vec<String> =
        pairs.iter().filter(|p| p.before.share == 1.0 && p.now.share < 1.0).map(|p| p.now.case.clone()).collect();
    ids.sort();
    ids
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
fn mean(pairs: &[Pair<'_>], value: impl Fn(&Pair<'_>) -> f64) -> f64 {
    pairs.iter().map(value).sum::<f64>() / pairs.len() as f64
}
