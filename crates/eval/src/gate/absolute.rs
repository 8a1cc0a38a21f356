//! What one model's results come to on their own.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::units::CaseUnit;
use crate::answer::Usage;
use crate::run::{Outcome, Status};
use crate::stats::{alpha, wilson_share};

/// Some of the cases, which stand for all of them. Displays as a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sampled {
    /// How many were to be run.
    pub cases: usize,
    /// How many there are.
    pub of: usize,
    /// The seed that chose them.
    pub seed: u64,
}

impl std::fmt::Display for Sampled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a sample of {} of {} cases, seed {}", self.cases, self.of, self.seed)
    }
}

/// One model's results in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The model.
    pub model: String,
    /// What of the suite the numbers are about, where that is not the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sampled>,
    /// Cases, without those in quarantine.
    pub cases: usize,
    /// What these ask: cases with which the prompt comes out the same ask one question.
    pub questions: usize,
    /// Independent units, see [`effective`].
    pub units: usize,
    /// Cases that pass: every time that they were asked, or as often as `flaky` wants and never with an error.
    pub passed_cases: usize,
    /// Cases that passed only some of the times that they were asked, each of which counts as its share.
    pub partly: usize,
    /// Answers by how they ended, without those to cases in quarantine.
    pub passed: usize,
    /// See `passed`.
    pub failed: usize,
    /// See `passed`.
    pub errors: usize,
    /// See `passed`.
    pub missing: usize,
    /// See `passed`.
    pub skipped: usize,
    /// Answers to cases in quarantine, however they ended.
    pub aside: usize,
    /// The mean share of passes over the questions; an error counts as not passed. None where not everything was asked and
    /// answered, or nothing could be graded: such a part has no rate.
    pub pass_rate: Option<f64>,
    /// Its 95 % interval by Wilson, over the units.
    pub interval: Option<(f64, f64)>,
    /// The mean score.
    pub mean_score: Option<f64>,
    /// Half of the answers came within so many milliseconds.
    pub latency_p50_ms: Option<u64>,
    /// 95 of 100 did.
    pub latency_p95_ms: Option<u64>,
    /// US dollars, as far as known.
    pub cost: Option<f64>,
    /// Graded answers whose cost is not known; `cost` is without them.
    #[serde(skip_serializing_if = "is_zero")]
    pub unpriced: usize,
    /// Of these, the answers whose server told no tokens.
    #[serde(skip)]
    pub(crate) untold: usize,
    /// Tokens.
    pub usage: Usage,
    /// Cases that were asked several times and passed only sometimes, sorted.
    pub flickering: Vec<String>,
    /// Of these, the ones that pass all the same, as often as their `flaky` wants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excused: Vec<String>,
    /// Answers that were graded, those to cases in quarantine too: what its cost is the cost of.
    #[serde(skip)]
    pub(crate) graded: usize,
    /// How far the judge agrees with itself, where it was asked several times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<Agreement>,
    /// Means by metric.
    pub metrics: BTreeMap<String, f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde gives it")]
const fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Summary {
    /// Whether every question was put and had an answer or an error, at least one of them an answer: anything less has
    /// no rate.
    pub const fn is_whole(&self) -> bool {
        self.skipped == 0 && self.missing == 0 && self.passed + self.failed > 0
    }

    /// Answers that count, however they ended.
    pub const fn answers(&self) -> usize {
        self.passed + self.failed + self.errors + self.missing + self.skipped
    }
}

/// How far a judge agrees with itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Answers that it was asked about several times.
    pub verdicts: usize,
    /// Of these, those on which it said the same every time.
    pub unanimous: usize,
    /// Krippendorff's alpha: 1 for perfect agreement, 0 for what chance gives; absent where all verdicts are the same.
    pub alpha: Option<f64>,
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
    /// For each of them, which it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
}

impl std::fmt::Display for Divided {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let repeat = if self.sample > 0 { format!(" repeat {}", self.sample + 1) } else { String::new() };
        let vote = |(at, (passes, of)): (usize, &(u32, u32))| match self.on.get(at) {
            Some(on) => format!("{on}: {passes} of {of} for it"),
            None => format!("{passes} of {of} for it"),
        };
        let votes: Vec<String> = self.votes.iter().enumerate().map(vote).collect();
        write!(f, "{}{repeat} ({})", self.case, votes.join(", "))
    }
}

/// What is counted of one model's results while they are gone through.
#[derive(Default)]
pub(super) struct Tally {
    cases: usize,
    alone: usize,
    /// How many questions each cluster holds.
    clusters: HashMap<u64, usize>,
    /// Without those in quarantine.
    statuses: BTreeMap<Status, usize>,
    aside: usize,
    graded: usize,
    passed_cases: usize,
    partly: usize,
    excused: Vec<String>,
    /// Over the cases that ask what no other asks.
    own: Sums,
    /// Over those that ask what others ask, for each question.
    shared: Vec<Sums>,
    /// Where each of these questions stands among them.
    places: HashMap<u64, usize>,
    /// How many answers took so many milliseconds.
    latencies: BTreeMap<u64, usize>,
    cost: Option<f64>,
    unpriced: usize,
    untold: usize,
    usage: Usage,
    flickering: Vec<String>,
    /// Verdicts of a judge that was asked several times.
    votes: Vec<(u32, u32)>,
    unanimous: usize,
    divided: Vec<Divided>,
    metrics: BTreeMap<String, (f64, usize)>,
}

/// What the cases that ask one question, or each their own, add up to.
#[derive(Default)]
struct Sums {
    cases: usize,
    shares: f64,
    scores: f64,
}

impl Tally {
    /// Takes an answer, whose case may be left `aside`.
    pub(super) fn outcome(&mut self, outcome: &Outcome, aside: bool) {
        if matches!(outcome.status, Status::Passed | Status::Failed) {
            self.graded += 1;
            self.unpriced += usize::from(outcome.cost.is_none());
            self.untold += usize::from(outcome.cost.is_none() && outcome.usage.is_none());
        }
        if aside {
            self.aside += 1;
        } else {
            *self.statuses.entry(outcome.status).or_default() += 1;
        }
        if let Some(ms) = outcome.latency_ms {
            *self.latencies.entry(ms).or_default() += 1;
        }
        if let Some(cost) = outcome.cost {
            *self.cost.get_or_insert(0.0) += cost;
        }
        if let Some(used) = outcome.usage {
            self.usage.input += used.input;
            self.usage.output += used.output;
        }
        self.votes.extend(outcome.judged.iter().copied().filter(|(_, of)| *of > 1));
        let votes: Vec<(u32, u32)> = outcome.judged.iter().copied().filter(|(k, of)| *k > 0 && k < of).collect();
        self.unanimous += outcome.judged.len() - votes.len();
        if !votes.is_empty() {
            let on = outcome.divided_on.clone();
            self.divided.push(Divided { case: outcome.case.clone(), sample: outcome.sample, votes, on });
        }
        for (name, value) in outcome.metrics.iter().filter(|_| !aside) {
            if !self.metrics.contains_key(name) {
                self.metrics.insert(name.clone(), (0.0, 0));
            }
            if let Some(sum) = self.metrics.get_mut(name) {
                *sum = (sum.0 + value, sum.1 + 1);
            }
        }
    }

    pub(super) fn case(&mut self, case: &CaseUnit) {
        self.cases += 1;
        let share = counted(case);
        let mut is_new = true;
        let sums = match case.question {
            None => &mut self.own,
            Some(question) => {
                let next = self.shared.len();
                let place = *self.places.entry(question).or_insert(next);
                is_new = place == next;
                if is_new {
                    self.shared.push(Sums::default());
                }
                &mut self.shared[place]
            }
        };
        (sums.cases, sums.shares, sums.scores) = (sums.cases + 1, sums.shares + share, sums.scores + case.score);
        self.passed_cases += usize::from(share == 1.0);
        self.partly += usize::from(share > 0.0 && share < 1.0);
        if case.unit.is_clustered {
            *self.clusters.entry(case.unit.cluster).or_default() += usize::from(is_new);
        } else {
            self.alone += 1;
        }
        if case.passes > 0 && case.passes < case.graded {
            self.flickering.push(case.case.clone());
            if case.share == 1.0 {
                self.excused.push(case.case.clone());
            }
        }
    }

    /// How many repeats ended so.
    pub(super) fn count(&self, status: Status) -> usize {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
    pub(super) fn summary(mut self, model: String, sample: Option<Sampled>) -> Summary {
        let count = |status: Status| self.statuses.get(&status).copied().unwrap_or(0);
        let questions = self.own.cases + self.shared.len();
        let units = effective(self.clusters.values().copied().chain(std::iter::repeat_n(1, self.alone)));
        // Each question counts once, however many cases ask it.
        let mean = |value: fn(&Sums) -> f64| {
            let shared: f64 = self.shared.iter().map(|sums| value(sums) / sums.cases as f64).sum();
            if questions == 0 { 0.0 } else { (value(&self.own) + shared) / questions as f64 }
        };
        let (rate, score) = (mean(|sums| sums.shares), mean(|sums| sums.scores));
        self.flickering.sort();
        self.excused.sort();
        let mut summary = Summary {
            model,
            sample,
            cases: self.cases,
            questions,
            units,
            passed_cases: self.passed_cases,
            partly: self.partly,
            passed: count(Status::Passed),
            failed: count(Status::Failed),
            errors: count(Status::Error),
            missing: count(Status::Missing),
            skipped: count(Status::Skipped),
            aside: self.aside,
            pass_rate: None,
            interval: None,
            mean_score: None,
            latency_p50_ms: self.latency(50),
            latency_p95_ms: self.latency(95),
            cost: self.cost,
            unpriced: self.unpriced,
            untold: self.untold,
            usage: self.usage,
            judge: (!self.votes.is_empty()).then(|| Agreement {
                verdicts: self.votes.len(),
                unanimous: self.unanimous,
                alpha: alpha(&self.votes),
                divided: self.divided,
            }),
            flickering: self.flickering,
            excused: self.excused,
            graded: self.graded,
            metrics: self.metrics.into_iter().map(|(name, (sum, n))| (name, sum / n as f64)).collect(),
        };
        if summary.is_whole() {
            summary.pass_rate = Some(rate);
            summary.interval = Some(wilson_share(rate, units as u64, 0.95));
            summary.mean_score = Some(score);
        }
        summary
    }

    /// The latency of which `share` of a hundred answers stay below.
    fn latency(&self, share: usize) -> Option<u64> {
        let all: usize = self.latencies.values().sum();
        let mut left = (all * share / 100).min(all.saturating_sub(1));
        for (ms, n) in &self.latencies {
            match left.checked_sub(*n) {
                Some(rest) => left = rest,
                None => return Some(*ms),
            }
        }
        None
    }
}

/// As how many independent units clusters of these sizes weigh in a mean over their cases: as many as there are where all are
/// of one size, fewer where one outweighs the rest (Kish's effective sample size, Survey Sampling, 1965, (Σm)² / Σm²).
pub fn effective(sizes: impl Iterator<Item = usize>) -> usize {
    let (sum, squares) = sizes.fold((0_u128, 0_u128), |(sum, squares), m| (sum + m as u128, squares + (m * m) as u128));
    // To the nearest.
    usize::try_from((2 * sum * sum + squares).checked_div(2 * squares).unwrap_or(0)).unwrap_or(usize::MAX)
}

/// A case's share, where repeats that were not graded count as not passed.
fn counted(case: &CaseUnit) -> f64 {
    let all = case.graded + case.errors + case.missing + case.skipped;
    if all == 0 { 0.0 } else { case.share * f64::from(case.graded) / f64::from(all) }
}

#[cfg(test)]
mod tests {
    use super::effective;

    #[test]
    fn one_large_cluster_is_not_many_units() {
        for (sizes, units) in [
            (vec![], 0),
            (vec![1; 40], 40),
            (vec![6; 20], 20),
            ([vec![1; 10], vec![190]].concat(), 1),
            (vec![3, 2], 2),
            (vec![2, 1, 1], 3),
            (vec![9, 1], 1),
        ] {
            assert_eq!(effective(sizes.iter().copied()), units, "{sizes:?}");
        }
    }
}
