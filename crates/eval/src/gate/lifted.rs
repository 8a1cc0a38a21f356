//! Whether cases that are new carry a rate that those of before do not reach: whoever adds easy ones lifts it.

use std::collections::{BTreeSet, HashMap};

use source::render::counted;

use super::absolute::{Summary, Tally};
use super::units::{self, CaseUnit, Look};
use super::verdict::Verdict;
use super::{Conclusion, Demands, Rate};
use crate::hashed::hashed;
use crate::run::{Outcome, Results};
use crate::suite::diff::renamed;
use crate::suite::{Bound, Suite};

/// What a run with `verdict` says of the cases that `before`, the suite as it was, has too: where a rate that the gate asks is
/// reached by the new ones alone, a clause with the numbers. `base` is what people call the version of before.
pub fn lifted(
    suite: &Suite,
    (results, verdict): (&Results, &Verdict),
    (before, base): (&Suite, &str),
    demands: &Demands,
) -> Option<String> {
    if results.shard.is_some() || verdict.conclusion >= Conclusion::Error {
        return None;
    }
    let there: HashMap<u64, usize> = before.cases.iter().enumerate().map(|(at, case)| (hashed(&case.id), at)).collect();
    let moved = renamed(suite, before, &there);
    let is_new = |(at, id): &(usize, String)| !there.contains_key(&hashed(id)) && !moved.contains_key(at);
    let ids = suite.cases.iter().map(|case| case.id.clone()).enumerate();
    let new: Vec<String> = ids.filter(is_new).map(|(_, id)| id).collect();
    if new.is_empty() || new.len() == suite.cases.len() {
        return None;
    }
    let aside: BTreeSet<&str> = new.iter().chain(&verdict.quarantined).map(String::as_str).collect();
    let mut known = Known { tallies: results.models.iter().map(|_| Tally::default()).collect(), aside: &aside };
    units::each(suite, &[], results, &aside, &mut known);
    let own = suite.gate.least_rate();
    let own = own.map(|least| Rate { least, bound: suite.gate.bound, whose: String::new() });
    let asked: Vec<&Rate> = own.iter().chain(&demands.rates).collect();
    let mut models = verdict.models.iter().zip(known.tallies);
    models.find_map(|(all, tally)| {
        let old = tally.summary(all.model.clone(), None);
        let carried =
            |rate: &&&Rate| Some(of(all, rate)? + 1e-12 >= rate.least && of(&old, rate)? + 1e-12 < rate.least);
        let rate = asked.iter().find(|rate| carried(rate) == Some(true))?;
        let what = if rate.bound == Bound::Wilson { "the 95 % lower bound of the pass rate" } else { "the pass rate" };
        Some(format!(
            "{} that {} new since {base} {} {what} of {} from {:.1} % to {:.1} %, {:.1} % asked",
            counted(new.len(), "case"),
            if new.len() == 1 { "is" } else { "are" },
            if new.len() == 1 { "lifts" } else { "lift" },
            all.model,
            of(&old, rate)? * 100.0,
            of(all, rate)? * 100.0,
            rate.least * 100.0
        ))
    })
}

/// What `rate` is held against.
fn of(summary: &Summary, rate: &Rate) -> Option<f64> {
    match rate.bound {
        Bound::Point => summary.pass_rate,
        Bound::Wilson => summary.interval.map(|(least, _)| least),
    }
}

/// What the cases come to that were there before.
struct Known<'s> {
    tallies: Vec<Tally>,
    aside: &'s BTreeSet<&'s str>,
}

impl Look for Known<'_> {
    fn outcome(&mut self, _: &Suite, outcome: &Outcome) {
        let aside = self.aside.contains(outcome.case.as_str());
        if let Some(tally) = self.tallies.get_mut(outcome.model) {
            tally.outcome(outcome, aside);
        }
    }

    fn case(&mut self, model: usize, case: &CaseUnit) {
        if let Some(tally) = self.tallies.get_mut(model) {
            tally.case(case);
        }
    }
}
