//! Holding a run against its baseline: comparisons, cases that went away, and several suites together.

use std::collections::BTreeSet;

use super::Conclusion;
use super::baseline::{Baseline, Standing};
use super::compare::{Comparison, Refusal, Side, compare};
use super::units::{self, CaseUnit, Look, Unit};
use super::verdict::Verdict;
use super::words::said;
use crate::run::{Outcome, Results, Status};
use crate::stats::{Test, share};
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
        }
        // What is missing of a part is told like that of a whole; the rest waits for all parts.
        if results.shard.is_some() {
            return;
        }
        if baseline.results.is_some() {
            self.removed(suite, baseline, &old.failing);
        }
        if self.is_cut_off() {
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
        if case.graded > 0 && case.share < 1.0 && self.removed.contains(case.case.as_str()) {
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

/// Holds the comparisons of several suites against one rate of false alarms together, and concludes each anew. Those of
/// suites that the baseline does not have share one of their own: else whoever adds suites, best of cases that pass at
/// times, would hide a fall in those that were there.
pub fn across(verdicts: &mut [&mut Verdict]) {
    for new_suite in [false, true] {
        let mut family: Vec<&mut Comparison> =
            verdicts.iter_mut().flat_map(|v| &mut v.comparisons).filter(|c| c.new_suite == new_suite).collect();
        let tests: Vec<Test> = family.iter().map(|c| c.as_test()).collect();
        for (comparison, shared) in family.iter_mut().zip(share(&tests)) {
            comparison.among(&shared);
        }
    }
    for verdict in verdicts {
        verdict.close();
    }
}
