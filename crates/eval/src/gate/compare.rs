//! The comparison with a baseline, paired case by case.

use std::collections::HashMap;

use serde::Serialize;
use source::Digest;

use super::baseline::Baseline;
use super::units::{Unit, by_cluster};
use crate::run::Results;
use crate::stats::{Shared, Test, deepest_fall, detectable, difference_interval, mcnemar, paired};

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
    /// Pairs that pass on both sides, every time that they were asked.
    pub still_passing: usize,
    /// Pairs that fail on both sides, likewise.
    pub still_failing: usize,
    /// Cases that passed before and fail now, every time that they were asked, sorted.
    pub newly_failing: Vec<String>,
    /// Cases that failed before and pass now, likewise.
    pub newly_passing: Vec<String>,
    /// Cases that were asked several times and pass less often than before, but did not turn, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub less_often: Vec<String>,
    /// Cases in this run alone.
    pub added: Vec<String>,
    /// Cases in the baseline alone.
    pub removed: Vec<String>,
    /// Cases that have another id in the baseline and ask the same, as `id (was id)`.
    pub renamed: Vec<String>,
    /// Cases whose variables or given answers differ: not paired.
    pub changed: Vec<String>,
    /// Cases whose assertions differ: both sides are graded by those of this run.
    pub regraded: Vec<String>,
    /// Cases whose cluster differs: both sides count with the baseline's.
    pub reclustered: Vec<String>,
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
    /// Whether the baseline has no such suite: it shares alpha with others of that kind alone.
    pub new_suite: bool,
    /// How many comparisons of the run share alpha.
    pub among: usize,
    /// The share of it that this one had to reach: alpha where it is alone, by Holm's correction among several.
    pub level: f64,
    /// The fall that matters.
    pub min_effect: f64,
    /// The least fall that would have been seen at this level with a probability of 80 %.
    pub detectable: f64,
    /// The deepest fall that is not ruled out, one-sided at alpha.
    pub deepest: f64,
    /// What it comes to.
    pub finding: Found,
    /// Each unit's difference, now less before.
    #[serde(skip)]
    differences: Vec<f64>,
}

/// How often a fall that is named as seen is seen.
const POWER: f64 = 0.8;

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
}

/// This side of a comparison.
pub(super) struct Side<'a> {
    /// What came of the run, for the names of cases.
    pub(super) results: &'a Results,
    /// Its cases with one model.
    pub(super) units: &'a [Unit],
}

/// A pair of units of one case.
struct Pair<'a> {
    before: &'a Unit,
    now: &'a Unit,
}

/// Compares the units of one model on both sides.
pub(super) fn compare(
    model: &str,
    against: &Baseline,
    before: &[Unit],
    side: &Side<'_>,
    seed: &Digest,
) -> Result<Comparison, Refusal> {
    let wanted = &against.compare;
    let old: HashMap<u64, &Unit> = before.iter().map(|u| (u.id, u)).collect();
    let mut pairs = Vec::new();
    for unit in side.units {
        match old.get(&unit.id) {
            // Whoever made the baseline paired only equal inputs and graders; this holds whatever they did.
            Some(other) if other.check != unit.check => {}
            Some(other) if other.is_graded && unit.is_graded => pairs.push(Pair { before: other, now: unit }),
            _ => {}
        }
    }
    if pairs.is_empty() {
        return Err(Refusal::Nothing);
    }
    drop(old);
    let named = |ids: &mut dyn Iterator<Item = &Pair<'_>>| {
        let name = |p: &Pair<'_>| side.results.outcomes.get(p.now.at as usize).map(|o| o.case.clone());
        let mut ids: Vec<String> = ids.filter_map(name).collect();
        ids.sort();
        ids
    };
    let clustered = pairs.iter().any(|p| p.before.is_clustered);
    let single = pairs.iter().all(|p| [p.before, p.now].iter().all(|u| u.share == 0.0 || u.share == 1.0));
    let turned = |from: f64, to: f64| move |p: &&Pair<'_>| p.before.share == from && p.now.share == to;
    let (fell, rose) = (pairs.iter().filter(turned(1.0, 0.0)), pairs.iter().filter(turned(0.0, 1.0)));
    let (lost, won) = (fell.clone().count() as u64, rose.clone().count() as u64);
    let (newly_failing, newly_passing) = (named(&mut { fell }), named(&mut { rose }));
    let still = |share: f64| pairs.iter().filter(turned(share, share)).count();
    let less = |p: &&Pair<'_>| p.now.share < p.before.share && p.before.share - p.now.share < 1.0;
    let less_often = named(&mut pairs.iter().filter(less));
    let differences = by_cluster(pairs.iter().map(|p| (*p.before, p.now.share - p.before.share)));
    let t = paired(&differences);
    let (test, p) = if single && !clustered {
        let m = mcnemar(lost, won, pairs.len() as u64, wanted.alpha);
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
        still_passing: still(1.0),
        still_failing: still(0.0),
        newly_failing,
        newly_passing,
        less_often,
        added: against.added.clone(),
        removed: against.removed.iter().map(|r| r.id.clone()).collect(),
        renamed: against.renamed.iter().map(|r| format!("{} (was {})", r.id, r.was)).collect(),
        changed: against.changed.clone(),
        regraded: against.regraded.clone(),
        reclustered: against.reclustered.clone(),
        before: mean(&pairs, |p| p.before.share),
        now: mean(&pairs, |p| p.now.share),
        interval: difference_interval(&differences, &t, seed_of(seed)),
        p,
        adjusted_p: p,
        alpha: wanted.alpha,
        new_suite: against.new_suite,
        among: 1,
        level: wanted.alpha,
        min_effect: wanted.min_effect,
        detectable: detectable(&differences, &t, wanted.alpha, POWER),
        deepest: deepest_fall(&differences, &t, wanted.alpha),
        finding: Found::NoFall,
        differences,
    };
    comparison.finding = comparison.found();
    Ok(comparison)
}

impl Comparison {
    /// A fall is found where it is both significant and large enough. It is ruled out where nothing fell, or where even the
    /// deepest fall that the data allow is less than what matters. Everything between is unclear.
    fn found(&self) -> Found {
        let fall = self.fall();
        if self.is_significant() && fall > 0.0 && fall >= self.min_effect {
            return Found::Fall;
        }
        if fall <= 0.0 || self.deepest <= self.min_effect { Found::NoFall } else { Found::Unclear }
    }

    /// By how much it fell. Means are sums of thirds and fifths: what differs in the last digits alone is the same.
    pub(super) fn fall(&self) -> f64 {
        ((self.before - self.now) * 1e12).round() / 1e12
    }

    /// Whether such a fall is rarer than alpha allows where nothing changed, among all comparisons of the run.
    pub(super) fn is_significant(&self) -> bool {
        self.adjusted_p <= self.alpha
    }

    /// Whether any unit differs.
    pub(super) fn has_turned(&self) -> bool {
        self.differences.iter().any(|d| *d != 0.0)
    }

    /// What it is among others. Had everything that turned turned for the worse, its p-value would be the least.
    pub(super) fn as_test(&self) -> Test {
        let turned = (self.newly_failing.len() + self.newly_passing.len()) as u64;
        let least = match self.test {
            ComparisonTest::PairedT => paired(&self.differences.iter().map(|d| -d.abs()).collect::<Vec<_>>()).p,
            _ => mcnemar(turned, 0, self.pairs as u64, self.alpha).p,
        };
        Test { p: self.p, least, alpha: self.alpha }
    }

    /// Takes its place among others; a fall that is no longer significant is taken back.
    pub(super) fn among(&mut self, shared: &Shared) {
        (self.adjusted_p, self.among, self.level) = (shared.p, shared.among, shared.level);
        self.detectable = detectable(&self.differences, &paired(&self.differences), self.level, POWER);
        self.finding = self.found();
    }
}

/// The mean over units, as the test takes it: each cluster counts once, however many cases it has.
#[expect(clippy::cast_precision_loss, reason = "counts of units")]
fn mean(pairs: &[Pair<'_>], value: impl Fn(&Pair<'_>) -> f64) -> f64 {
    let units = by_cluster(pairs.iter().map(|p| (*p.before, value(p))));
    units.iter().sum::<f64>() / units.len() as f64
}

/// The bootstrap's seed: the same cases give the same interval.
fn seed_of(digest: &Digest) -> u64 {
    u64::from_be_bytes(digest.as_bytes()[..8].try_into().unwrap_or_default())
}
