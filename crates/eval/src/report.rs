//! What a run looks like: for people at a terminal or in a pull request, for scripts, for CI systems.
//!
//! Answers, reasons and descriptions were written by others: each form escapes them for the place they are shown in.

mod compared;
mod html;
mod json;
mod junit;
mod markdown;
mod table;

use std::collections::BTreeMap;

use source::Report;
use source::render::counted;

use crate::gate::{Agreement, Baseline, Conclusion, Quarantined, Route, Summary, Verdict, points};
use crate::run::{Outcome, Results, Status};
use crate::suite::Suite;

use compared::{Before, Turned};

pub use html::html;
pub use json::{json, lines, read};
pub use junit::junit;
pub use markdown::markdown;
pub use table::table;

/// A suite's run with what it comes to.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// What came of it.
    pub results: &'a Results,
    /// What it comes to.
    pub verdict: &'a Verdict,
    /// What it was compared with.
    pub baseline: Option<&'a Baseline>,
    /// The suite, where what was put in is to be shown beside what came out.
    pub suite: Option<&'a Suite>,
}

/// What several suites come to together: the worst of them, and a failure where what was `found` is an error; a pass for none.
pub fn conclusion(reported: &[Reported<'_>], found: &Report) -> Conclusion {
    let found = if found.fails() { Conclusion::Fail } else { Conclusion::Pass };
    reported.iter().map(|r| r.verdict.conclusion).max().unwrap_or(found).max(found)
}

/// The beginning of what the suite says of a case, on one line.
fn described(outcome: &Outcome) -> Option<String> {
    const LONGEST: usize = 80;
    let said = outcome.description.as_deref()?.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = said.chars().take(LONGEST).collect();
    let more = if short.len() < said.len() { " …" } else { "" };
    (!short.is_empty()).then(|| short + more)
}

/// A case by its id, and what its suite says of it: an id that nobody chose says nothing.
fn named(outcome: &Outcome) -> String {
    match described(outcome) {
        Some(said) => format!("{} ({said})", outcome.case),
        None => outcome.case.clone(),
    }
}

/// The beginning of what was answered, on one line, at most `most` characters of it; nothing where it was not kept.
fn excerpt(outcome: &Outcome, most: usize) -> Option<String> {
    let text = crate::ecma::text_of(outcome.output.as_ref()?);
    let mut short: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push_str(" …");
    }
    Some(short)
}

/// `part 2 of 4`, where the run is one and nothing ended it: it is not judged before the parts are merged.
fn part(one: &Reported<'_>) -> Option<String> {
    let shard = one.results.shard.filter(|_| one.verdict.conclusion == Conclusion::Pass)?;
    Some(format!("part {} of {}", shard.index, shard.count))
}

/// How far the judge agrees with itself, and on what it does not: a clause, and at most `most` of the answers.
fn agreement(judge: &Agreement, most: usize) -> (String, Vec<String>) {
    let alpha = match judge.alpha {
        Some(alpha) => format!("Krippendorff's alpha {alpha:.2}"),
        None => "all of them are the same, so that Krippendorff's alpha says nothing".to_owned(),
    };
    let said =
        format!("it agrees with itself on {} of {} ({alpha})", judge.unanimous, counted(judge.verdicts, "verdict"));
    let mut divided: Vec<String> = judge.divided.iter().take(most).map(ToString::to_string).collect();
    if judge.divided.len() > most {
        divided.push(format!("… and {} more", judge.divided.len() - most));
    }
    (said, divided)
}

/// The cases that the model at position `model` passed only sometimes, at most `most` of them: how often each did not, and
/// what did not hold.
fn unsteady(one: &Reported<'_>, model: usize, most: usize) -> Vec<String> {
    let Some(summary) = one.verdict.models.get(model) else { return Vec::new() };
    let mut told: BTreeMap<&str, (usize, usize, Option<String>)> =
        summary.flickering.iter().take(most).map(|id| (id.as_str(), (0, 0, None))).collect();
    if told.is_empty() {
        return Vec::new();
    }
    for outcome in one.results.outcomes.iter().filter(|o| o.model == model) {
        let Some((failed, graded, kind)) = told.get_mut(outcome.case.as_str()) else { continue };
        *graded += usize::from(matches!(outcome.status, Status::Passed | Status::Failed));
        if outcome.status == Status::Failed {
            *failed += 1;
            let failing = || outcome.components.iter().find(|c| !c.pass).map(|c| c.kind.clone());
            *kind = kind.take().or_else(failing);
        }
    }
    let say = |(id, (failed, graded, kind)): (&str, (usize, usize, Option<String>))| {
        let kind = kind.map_or_else(String::new, |kind| format!(": {kind}"));
        format!("{id} ({failed} of {graded} not{kind})")
    };
    let mut told: Vec<String> = told.into_iter().map(say).collect();
    if summary.flickering.len() > most {
        told.push(format!("… and {} more", summary.flickering.len() - most));
    }
    told
}

/// How many passed: cases where all of it was judged, else the answers that there are.
fn tally(model: &Summary) -> String {
    let graded = model.passed + model.failed + model.errors;
    match (model.is_whole(), graded) {
        (true, _) => {
            let repeats = repeats(model).into_iter().map(|text| format!(" ({text})")).collect::<String>();
            format!("{} of {} passed{repeats}", model.passed_cases, model.cases)
        }
        (false, 0) => "nothing to judge".to_owned(),
        (false, n) => format!("{} of {} passed", model.passed, counted(n, "answer")),
    }
}

/// The same for a table: `27 / 29 (1 in quarantine)`.
fn fraction(model: &Summary) -> String {
    let (passed, all) =
        if model.is_whole() { (model.passed_cases, model.cases) } else { (model.passed, model.answers()) };
    let sample = model.sample.map(|sample| sample.to_string());
    let besides: Vec<String> = repeats(model).into_iter().chain(besides(model)).chain(sample).collect();
    let besides = if besides.is_empty() { String::new() } else { format!(" ({})", besides.join(", ")) };
    format!("{passed} / {all}{besides}")
}

/// What a count of cases leaves out where they were asked several times.
fn repeats(model: &Summary) -> Option<String> {
    let graded = model.passed + model.failed + model.errors;
    let partly = if model.partly > 0 { format!("{} at times, ", model.partly) } else { String::new() };
    let several = model.is_whole() && graded > model.cases;
    several.then(|| format!("{partly}{} of {}", model.passed, counted(graded, "answer")))
}

/// `87.5 % (71.9 % to 95.0 %)`, and over how many units where that is not the number of cases; nothing where there is no
/// rate.
fn rate(model: &Summary) -> Option<String> {
    let (rate, (from, to)) = (model.pass_rate?, model.interval?);
    let over =
        if model.units == model.cases { String::new() } else { format!(" over {}", counted(model.units, "unit")) };
    Some(format!("{} ({} to {}{over})", percent(rate), percent(from), percent(to)))
}

/// What keeps the tally from being the whole: errors, answers that are missing, set aside or were not reached.
fn besides(model: &Summary) -> Vec<String> {
    let parts = [(model.errors, "error"), (model.missing, "missing answer")];
    let mut parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| counted(*n, what)).collect();
    for (n, what) in [(model.skipped, "not reached"), (model.aside, "in quarantine")] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    parts
}

/// A case that is left out of the gate today, and whose it is.
fn aside(held: &Quarantined) -> String {
    let reason = held.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let passes = if held.passes { "; it passes now" } else { "" };
    format!("{} is in quarantine until {} ({}{reason}{passes})", held.id, held.until, held.owner)
}

/// `87.5 %`.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// `$1.2345`: with so many decimals at least, and as many more as a small amount needs to be told from nothing.
pub fn dollars(usd: f64, least: usize) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of digits")]
    let needed = if usd > 0.0 && usd < 0.1 { (1 + (-usd.log10()).ceil() as usize).max(4) } else { 0 };
    format!("${usd:.0$}", least.max(needed.min(9)))
}

/// What the answers of a model cost, and of how many of them that is known; nothing where of none.
fn cost(model: &Summary) -> Option<String> {
    let usd = dollars(model.cost?, 4);
    Some(match model.unpriced {
        0 => usd,
        unpriced => format!("{usd} for {} of {}", model.graded - unpriced, counted(model.graded, "answer")),
    })
}

/// Why it is not known what a model costs.
fn unknown_cost(model: &Summary) -> String {
    match model.untold {
        0 => format!("no price of {} is known", model.model),
        untold => format!("of {untold} of {} of {} no tokens were told", counted(model.graded, "answer"), model.model),
    }
}

/// What a run took, where it took money: the answers of both sides, retries, and whoever judged and embedded.
fn spent(one: &Reported<'_>) -> Option<String> {
    let own = &one.results.spent;
    let other = one.baseline.and_then(|baseline| baseline.results.as_ref()).map(|results| &results.spent);
    let all = other.map_or(*own, |other| own.and(other));
    if all.usd <= 0.0 {
        return None;
    }
    let mut parts = Vec::new();
    parts.extend(
        other.filter(|other| other.usd > 0.0).map(|other| format!("{} of it for the baseline", dollars(other.usd, 4))),
    );
    let helped = one.results.judge.is_some() || one.results.embeddings.is_some();
    parts.extend(helped.then(|| "the judge's included".to_owned()));
    parts.extend(
        (all.unpriced > 0).then(|| format!("and {} whose cost is not known", counted(all.unpriced as usize, "answer"))),
    );
    let parts = parts.iter().map(|part| format!(", {part}")).collect::<String>();
    Some(format!("{} in {}{parts}", dollars(all.usd, 4), counted(all.requests as usize, "request")))
}

/// Which of several models to take, in a sentence; nothing where one alone was run, or the run says nothing of them.
fn choice(verdict: &Verdict) -> Option<String> {
    if verdict.routes.is_empty() {
        return None;
    }
    let unpriced = verdict.unpriced.join(", ");
    let unknown = verdict.models.iter().filter(|m| verdict.unpriced.contains(&m.model));
    let why = unknown.map(unknown_cost).collect::<Vec<_>>().join("; ");
    Some(match (&verdict.cheapest, verdict.unpriced.len()) {
        (Some(cheapest), 0) => format!("the cheapest that meets the gate is {cheapest}"),
        (Some(cheapest), _) => format!(
            "the cheapest of known cost that meets the gate is {cheapest}; {unpriced} meets it too, at a cost that is not known ({why})"
        ),
        (None, 0) => "none of them meets the gate".to_owned(),
        (None, 1) => format!("{unpriced} alone meets the gate, at a cost that is not known ({why})"),
        (None, _) => {
            format!("which is the cheapest that meets the gate cannot be told: {why}")
        }
    })
}

/// One model among several, in a line.
fn route(route: &Route) -> String {
    let mut parts =
        vec![format!("{} {}", route.model, if route.meets { "meets the gate" } else { "does not meet the gate" })];
    match &route.against_best {
        None => parts.push("passes most".to_owned()),
        Some(a) if a.difference == 0.0 => parts.push(format!(
            "passes as often as {} (95 % {} to {} points)",
            a.best,
            points(a.interval.0),
            points(a.interval.1)
        )),
        Some(a) => parts.push(format!(
            "{} points against {} (95 % {} to {})",
            points(a.difference),
            a.best,
            points(a.interval.0),
            points(a.interval.1)
        )),
    }
    parts.extend(route.usd_per_thousand.map(|usd| dollars(usd, 2) + " for a thousand answers"));
    if route.against_best.is_some() {
        parts.extend(route.cost_ratio.map(|r| format!("{r:.2} times its cost")));
        parts.extend(route.time_ratio.map(|r| format!("{r:.2} times its time")));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::dollars;

    #[test]
    fn small_amounts_are_told_from_nothing() {
        let said = |usd| (dollars(usd, 2), dollars(usd, 4));
        for (usd, two, four) in [
            (0.0, "$0.00", "$0.0000"),
            (12.345, "$12.35", "$12.3450"),
            (0.0035, "$0.0035", "$0.0035"),
            (0.000_012, "$0.000012", "$0.000012"),
            (1e-12, "$0.000000000", "$0.000000000"),
        ] {
            assert_eq!(said(usd), (two.to_owned(), four.to_owned()));
        }
    }
}
