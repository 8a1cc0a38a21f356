//! Holding a run against its baseline: comparisons, cases that went away, and several suites together.

use std::collections::BTreeSet;

use source::render::counted;

use super::Conclusion;
use super::baseline::{Baseline, Standing};
use super::compare::{Comparison, Found, Refusal, Side, compare};
use super::units::{self, CaseUnit, Look, Unit};
use super::verdict::Verdict;
use crate::run::{Outcome, Results, Status};
use crate::stats::holm;
use crate::suite::Suite;

impl Verdict {
    /// Compares every model with the baseline and looks at the cases that went away.
    pub(super) fn against(
        &mut self,
        suite: &Suite,
        (results, units): (&Results, &[Vec<Unit>]),
        baseline: &Baseline,
        aside: &BTreeSet<&str>,
    ) {
        let name = &baseline.compare.baseline;
        let why = baseline.why.as_deref().unwrap_or_default();
        let mut old = Before::of(baseline, aside);
        if let Some(before) = &baseline.results {
            // What is left aside may have been taken away too.
            units::each(suite, &baseline.removed, before, &BTreeSet::new(), &mut old);
            self.ended(before, old.skipped, old.missing, &format!(" of {name}"));
            self.removed(suite, baseline, &old.failing);
        }
        if self.checks.iter().any(|c| c.conclusion >= Conclusion::BudgetSpent) {
            return;
        }
        if let Some(was) = &baseline.was {
            let text = format!("{} is {was} in {name}: what was renamed is compared as one prompt", suite.prompt);
            self.note("compare", None, Conclusion::Pass, text);
        }
        let before = match (baseline.standing, &baseline.results) {
            (Standing::Same, _) => {
                let text = format!("nothing to compare with {name}: {why}");
                return self.note("compare", None, Conclusion::Pass, text);
            }
            (Standing::Absent | Standing::Declined, _) => {
                let what = if baseline.standing == Standing::Absent { "nothing to compare" } else { "not compared" };
                let text = format!("{what} with {name}: {why}");
                // A gate that held nothing at all does not hold.
                return match self.checks.iter().any(|c| c.name == "min-pass-rate") {
                    true => self.note("compare", None, Conclusion::Pass, text),
                    false => {
                        let text = text + "; `gate.min_pass_rate` would hold in its place";
                        self.note("compare", None, Conclusion::Inconclusive, text);
                    }
                };
            }
            (Standing::Unpaired, _) => return self.unpaired(suite, baseline),
            (Standing::Refused, _) | (Standing::Ran, None) => {
                let text = format!("not compared with {name}: {why}");
                return self.note("compare", None, Conclusion::Inconclusive, text);
            }
            (Standing::Ran, Some(before)) => before,
        };
        for (model, named) in results.models.iter().enumerate() {
            let named = named.as_str();
            if let Some(refused) = baseline.refused.iter().find(|r| r.model == named) {
                let text = format!("{named}: not compared with {name}: {}", refused.why);
                self.note("compare", Some(named), Conclusion::Inconclusive, text);
                continue;
            }
            let now = Side { results, units: &units[model] };
            let compared = comparable(results, before, model)
                .and_then(|there| compare(named, baseline, &old.units[there], &now, &suite.dataset));
            match compared {
                Ok(comparison) => self.comparisons.push(comparison),
                Err(refusal) => {
                    let text = format!("{named}: not compared with {name}: {refusal}");
                    self.note("compare", Some(named), Conclusion::Inconclusive, text);
                }
            }
        }
    }

    /// Changing every case is how a comparison is passed without making one.
    fn unpaired(&mut self, suite: &Suite, baseline: &Baseline) {
        let removed: Vec<String> = baseline.removed.iter().map(|r| r.id.clone()).collect();
        let lists =
            [("only here", &baseline.added), ("only there", &removed), ("with other variables", &baseline.changed)];
        let lists = lists.iter().filter(|(_, ids)| !ids.is_empty()).map(|(what, ids)| {
            let more = if ids.len() > 3 { format!(" and {} more", ids.len() - 3) } else { String::new() };
            format!("{what} {}{more}", ids[..ids.len().min(3)].join(", "))
        });
        let retired = |id: &String| suite.gate.retired.iter().any(|r| r.id == *id);
        let agreed = baseline.changed.is_empty() && removed.iter().all(retired);
        let mut text = format!(
            "not compared with {}: {} ({})",
            baseline.compare.baseline,
            baseline.why.as_deref().unwrap_or_default(),
            lists.collect::<Vec<_>>().join("; ")
        );
        if !agreed {
            text += ": leave some as they are there and add new ones beside them, or name all that went away under `gate.retired`";
        }
        let conclusion = if agreed { Conclusion::Inconclusive } else { Conclusion::Fail };
        self.note("compare", None, conclusion, text);
    }

    /// Taking away a case that fails, or that had to pass, is how a gate is passed without mending anything.
    fn removed(&mut self, suite: &Suite, baseline: &Baseline, failing: &BTreeSet<String>) {
        let name = &baseline.compare.baseline;
        for removed in &baseline.removed {
            let id = removed.id.as_str();
            let why = match (removed.must_pass, failing.contains(id)) {
                (true, _) => "had to pass",
                (false, true) => "fails",
                (false, false) => continue,
            };
            let agreed = suite.gate.retired.iter().find(|r| r.id == *id);
            let (conclusion, text) = match agreed {
                Some(retired) => {
                    (Conclusion::Pass, format!("the case {id}, which {why} in {name}, was retired: {}", retired.reason))
                }
                None => {
                    let remedy = format!("put it back, or say why under `gate.retired: [{{ id: {id}, reason: … }}]`");
                    (Conclusion::Fail, format!("the case {id}, which {why} in {name}, was removed: {remedy}"))
                }
            };
            self.note("case-removed", None, conclusion, text);
        }
    }

    pub(super) fn say_comparisons(&mut self) {
        self.checks.retain(|c| c.name != "compare-found" && c.name != "on-inconclusive");
        let said: Vec<(String, Conclusion, String)> = self.comparisons.iter().map(said).collect();
        for (model, conclusion, text) in said {
            self.note("compare-found", Some(&model), conclusion, text);
        }
    }
}

/// What is counted of a baseline while its results are gone through once.
struct Before<'b> {
    /// Answers that were not reached, and those that are not on file; without those to cases that are left aside.
    skipped: usize,
    missing: usize,
    aside: &'b BTreeSet<&'b str>,
    removed: BTreeSet<&'b str>,
    /// The cases that were taken away and fail there.
    failing: BTreeSet<String>,
    units: Vec<Vec<Unit>>,
}

impl<'b> Before<'b> {
    fn of(baseline: &'b Baseline, aside: &'b BTreeSet<&'b str>) -> Self {
        let models = baseline.results.as_ref().map_or(0, |results| results.models.len());
        let removed = baseline.removed.iter().map(|r| r.id.as_str()).collect();
        Self { skipped: 0, missing: 0, aside, removed, failing: BTreeSet::new(), units: vec![Vec::new(); models] }
    }
}

impl Look for Before<'_> {
    fn outcome(&mut self, _: &Suite, outcome: &Outcome) {
        if !self.aside.contains(outcome.case.as_str()) {
            self.skipped += usize::from(outcome.status == Status::Skipped);
            self.missing += usize::from(outcome.status == Status::Missing);
        }
    }

    fn case(&mut self, model: usize, case: &CaseUnit) {
        if case.graded > 0 && case.unit.share < 1.0 && self.removed.contains(case.case.as_str()) {
            self.failing.insert(case.case.clone());
        }
        if let Some(units) = self.units.get_mut(model) {
            units.push(case.unit);
        }
    }
}

/// The position of the same model in the baseline.
fn comparable(results: &Results, baseline: &Results, model: usize) -> Result<usize, Refusal> {
    let name = &results.models[model];
    let Some(old) = baseline.models.iter().position(|m| m == name) else {
        let before = baseline.models.first().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        return Err(Refusal::Model { before, now: name.to_string() });
    };
    if baseline.parameters.get(old) != results.parameters.get(model) { Err(Refusal::Parameters) } else { Ok(old) }
}

fn said(comparison: &Comparison) -> (String, Conclusion, String) {
    let c = comparison;
    let numbers = format!(
        "{}: {} points against {} over {} (95 % {} to {}, {})",
        c.model,
        points(c.now - c.before),
        c.baseline,
        c.size(),
        points(c.interval.0),
        points(c.interval.1),
        c.p_values()
    );
    let conclusion = match c.finding {
        Found::Fall => Conclusion::Fail,
        Found::NoFall => Conclusion::Pass,
        Found::Unclear => Conclusion::Inconclusive,
    };
    (c.model.clone(), conclusion, format!("{numbers}: {}", c.in_words()))
}

/// A difference of shares in points, with its sign; nothing is +0.0.
fn points(share: f64) -> String {
    let points = format!("{:+.1}", share * 100.0);
    if points == "-0.0" { "+0.0".to_owned() } else { points }
}

/// `p 0.031`, or `p < 0.001` where three digits say nothing.
fn p_value(p: f64) -> String {
    if p < 0.0005 { "p < 0.001".to_owned() } else { format!("p {p:.3}") }
}

impl Comparison {
    /// Over how much it was made: `40 pairs`, or `40 pairs in 10 units` where cases share clusters.
    pub fn size(&self) -> String {
        let pairs = counted(self.pairs, "pair");
        if self.units == self.pairs { pairs } else { format!("{pairs} in {}", counted(self.units, "unit")) }
    }

    /// Its p-value, and what it is among several comparisons.
    pub fn p_values(&self) -> String {
        let p = p_value(self.p);
        if self.among < 2 { p } else { format!("{p}, {:.3} by Holm", self.adjusted_p) }
    }

    /// What it comes to, in words.
    pub fn in_words(&self) -> String {
        let (fell, matters) = (self.fall() > 0.0, trimmed(self.min_effect * 100.0, 1));
        match self.finding {
            Found::Fall => "it fell".to_owned(),
            Found::NoFall if !self.has_turned() => "nothing turned".to_owned(),
            Found::NoFall if !fell => "it did not fall".to_owned(),
            Found::NoFall if self.is_significant() => {
                format!("it fell, by less than the {matters} points that matter")
            }
            Found::NoFall => format!("a fall of more than the {matters} points that matter is ruled out"),
            Found::Unclear if self.is_significant() => {
                format!("it fell; whether by the {matters} points that matter cannot be told")
            }
            Found::Unclear if self.p <= self.alpha => format!(
                "by itself it would have fallen, but {} comparisons share one rate of false alarms, and it had to reach p {}; {}",
                self.among,
                trimmed(self.level, 4),
                self.would_show()
            ),
            Found::Unclear => format!("too few cases to tell; {}", self.would_show()),
        }
    }

    /// Which fall these cases show, how often and at which level.
    fn would_show(&self) -> String {
        let level = trimmed(self.level, 4);
        if self.detectable >= 1.0 {
            return format!("they show no fall at all at p {level}");
        }
        format!(
            "a fall of {} points would be seen in 4 of 5 runs (power 80 %, p {level})",
            trimmed(self.detectable * 100.0, 1)
        )
    }
}

/// With at most so many decimals, without zeros at the end.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Holds the comparisons of several suites against one rate of false alarms together (Holm's correction), and concludes
/// each anew.
#[expect(clippy::cast_precision_loss, reason = "a handful of comparisons")]
pub fn across(verdicts: &mut [&mut Verdict]) {
    // What nobody could call a fall, whichever way its cases had turned, shares nothing (Tarone, 1990,
    // <https://doi.org/10.2307/2531456>): else suites in which nothing can differ would hide a fall in another.
    let comparisons = || verdicts.iter().flat_map(|v| &v.comparisons).filter(|c| c.could_fall());
    let adjusted = holm(&comparisons().map(|c| c.p).collect::<Vec<_>>());
    // After those that are significant, the next has to reach this part of alpha, whichever it is.
    let left = comparisons().zip(&adjusted).filter(|(c, p)| **p > c.alpha).count().max(1);
    let (many, mut adjusted) = (adjusted.len(), adjusted.into_iter());
    for verdict in verdicts {
        for comparison in &mut verdict.comparisons {
            match comparison.could_fall().then(|| adjusted.next()).flatten() {
                Some(p) => comparison.among(p, many, comparison.alpha / left as f64),
                None => comparison.among(comparison.p, 1, comparison.alpha),
            }
        }
        verdict.close();
    }
}
