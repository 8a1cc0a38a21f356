//! Everything a gate holds against results, and what it comes to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use source::Risk;

use super::absolute::{Summary, Tally};
use super::compare::Comparison;
use super::routes::{Route, per_thousand, routes};
use super::units::{self, CaseUnit, Look, Unit};
use super::{Baseline, Conclusion, Demands};
use crate::run::{Outcome, Results, Status};
use crate::suite::Suite;

/// One thing that the gate asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `min-pass-rate`, `must-pass`, `max-error-rate`, `compare`, …
    pub name: &'static str,
    /// The model that it is about; absent where it is about the whole run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it comes to by itself.
    pub conclusion: Conclusion,
    /// One sentence with the numbers.
    pub text: String,
}

/// A case that its suite puts into quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// The case.
    pub id: String,
    /// Who will mend it.
    pub owner: String,
    /// The last day.
    pub until: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether that day is past, so that the case counts again.
    pub ended: bool,
    /// Whether it passed everywhere in this run: then it need not stay.
    pub passes: bool,
}

/// What a run comes to, with everything that led there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The suite.
    pub suite: String,
    /// What it comes to: the worst of the checks.
    pub conclusion: Conclusion,
    /// The checks, in the order of the gate.
    pub checks: Vec<Check>,
    /// Each model's numbers.
    pub models: Vec<Summary>,
    /// Each model's comparison with the baseline.
    pub comparisons: Vec<Comparison>,
    /// The cases that are left out of the gate today.
    pub quarantined: Vec<String>,
    /// Every case that the suite puts into quarantine, those whose time is over too.
    pub quarantine: Vec<Quarantined>,
    /// Where several models were run, and the whole of it: each beside the best.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// The cheapest model that meets every check, where several were run and costs are known; of equals the better.
    pub cheapest: Option<String>,
    /// Where several were run: those that meet every check at a cost that is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpriced: Vec<String>,
    /// Whether an inconclusive comparison fails, and for which risk policy says so.
    #[serde(skip)]
    fail_inconclusive: Option<Option<Risk>>,
}

pub(super) fn judge(suite: &Suite, results: &Results, baseline: Option<&Baseline>, demands: &Demands) -> Verdict {
    let mut quarantine = quarantine(suite, demands.today.as_deref());
    let ended: Vec<Quarantined> = quarantine.iter().filter(|q| q.ended).cloned().collect();
    let aside: BTreeSet<String> = quarantine.iter().filter(|q| !q.ended).map(|q| q.id.clone()).collect();
    let aside: BTreeSet<&str> = aside.iter().map(String::as_str).collect();
    let compares = results.shard.is_none() && baseline.is_some_and(|b| b.results.is_some());
    let models = results.models.len();
    let mut counted = Counted::new(suite, models, models > 1 || compares, &aside);
    units::each(suite, &[], results, &aside, &mut counted);
    for held in &mut quarantine {
        held.passes = counted.held.get(&held.id).copied().unwrap_or(false);
    }
    let mut verdict = Verdict {
        suite: suite.name.clone(),
        conclusion: Conclusion::Pass,
        checks: Vec::new(),
        models: Vec::new(),
        comparisons: Vec::new(),
        quarantined: aside.iter().map(|id| (*id).to_owned()).collect(),
        quarantine,
        routes: Vec::new(),
        cheapest: None,
        unpriced: Vec::new(),
        fail_inconclusive: demands.fail_inconclusive.then_some(demands.risk),
    };
    let open = |status| counted.tallies.iter().map(|tally| tally.count(status)).sum();
    verdict.ended(results, open(Status::Skipped), open(Status::Missing), "");
    if let Some(shard) = results.shard {
        let text = format!(
            "part {} of {}: not judged before the parts are merged (promptuary eval merge)",
            shard.index, shard.count
        );
        verdict.note("shard", None, Conclusion::Pass, text);
    }
    let sample = verdict.sampled(suite, results, counted.cases);
    // A part of a run, or one that was cut off, has no rate to hold against anything.
    let whole = results.shard.is_none() && !verdict.is_cut_off();
    let Counted { tallies, must_pass, units, .. } = counted;
    // A suite leaves cases out of its own gate, not out of what policy asks: statements of evidence count them, too.
    let mut everything = Everything::new(if whole && !aside.is_empty() && demands.counts() { models } else { 0 });
    if !everything.0.is_empty() {
        units::each(suite, &[], results, &BTreeSet::new(), &mut everything);
    }
    let mut everything = everything.0.into_iter();
    for (model, tally) in tallies.into_iter().enumerate() {
        let summary = tally.summary(results.models.get(model).map(ToString::to_string).unwrap_or_default(), sample);
        let all = everything.next().map(|tally| tally.summary(summary.model.clone(), sample));
        if whole {
            verdict.errors(suite, &summary, all.as_ref(), demands);
            verdict.questions(suite, &summary);
            verdict.rate(suite, &summary, all.as_ref(), demands);
            verdict.must_pass(suite, &summary.model, &must_pass[model]);
            verdict.metrics(suite, &summary);
            verdict.judge_agreement(suite, &summary);
        }
        verdict.models.push(summary);
    }
    match baseline {
        Some(baseline) => verdict.against(suite, (results, &units), baseline, &aside),
        None if suite.gate.compare.is_some() && whole => {
            let text = "there is no baseline to compare with".to_owned();
            verdict.note("compare", None, Conclusion::Inconclusive, text);
        }
        None => {}
    }
    // Of what is not known as a whole nobody chooses.
    if models > 1 && results.shard.is_none() && !verdict.is_cut_off() {
        verdict.routes = routes(&verdict.models, &units);
    }
    for ended in ended {
        let text =
            format!("the quarantine of {} ({}) ended on {}: it counts again", ended.id, ended.owner, ended.until);
        verdict.note("quarantine", None, Conclusion::Pass, text);
    }
    verdict.close();
    verdict
}

fn quarantine(suite: &Suite, today: Option<&str>) -> Vec<Quarantined> {
    let one = |q: &crate::suite::Quarantine| Quarantined {
        id: q.id.clone(),
        owner: q.owner.clone(),
        until: q.until.clone(),
        reason: q.reason.clone(),
        ended: today.is_none_or(|today| today > q.until.as_str()),
        passes: false,
    };
    suite.gate.quarantine.iter().map(one).collect()
}

/// What is counted while results are gone through once.
struct Counted<'s> {
    tallies: Vec<Tally>,
    /// For each model, the cases that must pass.
    must_pass: Vec<BTreeMap<String, CaseUnit>>,
    wanted: BTreeSet<&'s str>,
    /// How many cases there are, those that are left aside too.
    cases: usize,
    /// Whether what is in quarantine passes.
    held: BTreeMap<String, bool>,
    /// For each model, every case, where they are compared.
    units: Vec<Vec<Unit>>,
    compares: bool,
    /// The cases that are left aside.
    aside: &'s BTreeSet<&'s str>,
}

impl<'s> Counted<'s> {
    fn new(suite: &'s Suite, models: usize, compares: bool, aside: &'s BTreeSet<&'s str>) -> Self {
        Self {
            tallies: (0..models).map(|_| Tally::default()).collect(),
            must_pass: vec![BTreeMap::new(); models],
            wanted: suite.gate.must_pass.iter().map(String::as_str).collect(),
            cases: 0,
            held: BTreeMap::new(),
            units: vec![Vec::new(); models],
            compares,
            aside,
        }
    }

    /// Counts what is in quarantine; it is not a case like others.
    fn hold(&mut self, suite: &Suite, outcome: &Outcome) {
        if suite.gate.quarantine.iter().any(|q| q.id == outcome.case) {
            let passes = self.held.entry(outcome.case.clone()).or_insert(true);
            *passes &= outcome.status == Status::Passed;
        }
    }
}

impl Look for Counted<'_> {
    fn outcome(&mut self, suite: &Suite, outcome: &Outcome) {
        self.hold(suite, outcome);
        self.cases += usize::from((outcome.model, outcome.sample) == (0, 0));
        if let Some(tally) = self.tallies.get_mut(outcome.model) {
            tally.outcome(outcome, self.aside.contains(outcome.case.as_str()));
        }
    }

    fn case(&mut self, model: usize, case: &CaseUnit) {
        let Some(tally) = self.tallies.get_mut(model) else { return };
        tally.case(case);
        if self.wanted.contains(case.case.as_str()) {
            self.must_pass[model].insert(case.case.clone(), case.clone());
        }
        if self.compares {
            self.units[model].push(case.unit);
        }
    }
}

/// What all cases come to, those that the suite leaves aside too.
struct Everything(Vec<Tally>);

impl Everything {
    fn new(models: usize) -> Self {
        Self((0..models).map(|_| Tally::default()).collect())
    }
}

impl Look for Everything {
    fn outcome(&mut self, _: &Suite, outcome: &Outcome) {
        if let Some(tally) = self.0.get_mut(outcome.model) {
            tally.outcome(outcome, false);
        }
    }

    fn case(&mut self, model: usize, case: &CaseUnit) {
        if let Some(tally) = self.0.get_mut(model) {
            tally.case(case);
        }
    }
}

impl Verdict {
    pub(super) fn note(&mut self, name: &'static str, model: Option<&str>, conclusion: Conclusion, text: String) {
        self.checks.push(Check { name, model: model.map(str::to_owned), conclusion, text });
    }

    /// Says what the comparisons come to and concludes.
    pub(super) fn close(&mut self) {
        self.say_comparisons();
        let worst = self.checks.iter().map(|c| c.conclusion).max().unwrap_or(Conclusion::Pass);
        self.conclusion = worst;
        if worst == Conclusion::Inconclusive
            && let Some(risk) = self.fail_inconclusive
        {
            let risk = risk.map_or_else(String::new, |risk| format!(" for {risk} risk"));
            let text = format!("what is unclear fails{risk}, as policy's `on_inconclusive` says");
            self.note("on-inconclusive", None, Conclusion::Fail, text);
            self.conclusion = Conclusion::Fail;
        }
        let meets: Vec<bool> = self.routes.iter().map(|route| self.meets(&route.model)).collect();
        self.routes.iter_mut().zip(meets).for_each(|(route, meets)| route.meets = meets);
        if !self.routes.is_empty() {
            self.cheapest = self.cheapest_passing();
            let unknown = self.models.iter().filter(|m| per_thousand(m).is_none() && self.meets(&m.model));
            self.unpriced = unknown.map(|m| m.model.clone()).collect();
        }
    }

    /// Whether either side was cut off, or lacks answers.
    pub(super) fn is_cut_off(&self) -> bool {
        self.checks.iter().any(|c| c.conclusion >= Conclusion::BudgetSpent)
    }

    /// Whether `outcome` counts: its case is not in quarantine, and `flaky` does not let it pass with others.
    pub fn counts(&self, outcome: &Outcome) -> bool {
        let excused = self.models.get(outcome.model).is_some_and(|m| m.excused.binary_search(&outcome.case).is_ok());
        !excused && self.quarantined.binary_search(&outcome.case).is_err()
    }

    /// Whether the gate holds for `model` although some of its answers do not pass.
    pub fn lets_by(&self, model: &str) -> bool {
        self.conclusion < Conclusion::BudgetSpent && self.meets(model)
    }

    /// Whether `model` meets every check that is about it.
    pub fn meets(&self, model: &str) -> bool {
        let about = |c: &&Check| c.model.as_deref() == Some(model);
        let allowed = if self.fail_inconclusive.is_some() { Conclusion::Pass } else { Conclusion::Inconclusive };
        self.checks.iter().filter(about).all(|c| c.conclusion <= allowed)
    }

    fn cheapest_passing(&self) -> Option<String> {
        // For an answer, not in all: a model that gave fewer answers is not cheaper for it.
        let passing = self.models.iter().filter(|m| self.meets(&m.model));
        let priced = passing.filter_map(|m| Some((per_thousand(m)?, m)));
        let order = |(a, x): &(f64, &Summary), (b, y): &(f64, &Summary)| {
            a.total_cmp(b).then(y.pass_rate.unwrap_or(0.0).total_cmp(&x.pass_rate.unwrap_or(0.0)))
        };
        priced.min_by(order).map(|(_, m)| m.model.clone())
    }
}
