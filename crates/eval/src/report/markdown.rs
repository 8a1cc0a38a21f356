//! Markdown for a pull request: the verdict, a table, what newly fails, and why.

use source::escape::{markdown as plain, markdown_code as code};
use source::render::path;
use source::{Finding, Report, Severity};

use super::{Before, Reported, Turned, percent};
use crate::gate::{Check, Comparison, Conclusion, Summary, points};
use crate::run::{Outcome, Status};

/// At most so many cases are listed for a suite.
const LISTED: usize = 15;

/// At most so many cases that turned are shown with their answers.
const SHOWN: usize = 8;

/// At most so many characters of an answer are shown.
const EXCERPT: usize = 280;

/// The report, without a heading of its own; an error among `found` fails the run whatever suites came to.
pub fn markdown(reported: &[Reported<'_>], found: &Report) -> String {
    let mut out = String::new();
    for Finding { rule, message, at, severity, .. } in found.findings() {
        let mark = match severity {
            Severity::Error => "❌",
            Severity::Warning => "⚠️",
            Severity::Note => "ℹ️",
        };
        out.push_str(&format!("{mark} {}: {} ({})\n\n", code(&path(found, at)), clause(message), code(rule)));
    }
    if reported.is_empty() {
        out += "No suite was to be run.\n";
        return out;
    }
    out += "| suite | verdict | model | passed | pass rate (95 %) | score | p50 | cost |\n|---|---|---|---|---|---|---|---|\n";
    for one in reported {
        let verdict = one.verdict;
        for model in &verdict.models {
            let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
            let row = [
                code(&verdict.suite),
                super::part(one).unwrap_or_else(|| word(verdict.conclusion).to_owned()),
                code(&model.model),
                super::fraction(model),
                or_dash(super::rate(model)),
                or_dash(model.mean_score.map(|score| format!("{score:.2}"))),
                or_dash(model.latency_p50_ms.map(|ms| format!("{ms} ms"))),
                or_dash(super::cost(model)),
            ];
            out.push_str(&format!("| {} |\n", row.join(" | ")));
        }
    }
    for one in reported {
        suite(&mut out, one);
    }
    let spent: Vec<String> = reported
        .iter()
        .filter_map(|one| Some(format!("{} {}", code(&one.results.suite), plain(&super::spent(one)?))))
        .collect();
    if !spent.is_empty() {
        out.push_str(&format!("\nSpent: {}.\n", spent.join("; ")));
    }
    out
}

/// The message of a finding, in which values stand between backticks.
fn clause(message: &str) -> String {
    let parts: Vec<&str> = message.split('`').collect();
    // Of a value that holds one itself nobody can tell where it ends.
    if parts.len().is_multiple_of(2) {
        return plain(message);
    }
    let part = |(at, part): (usize, &&str)| if at.is_multiple_of(2) { plain(part) } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}

fn word(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Pass => "✅ pass",
        Conclusion::Inconclusive => "⚠️ inconclusive",
        Conclusion::Fail => "❌ fail",
        Conclusion::Error => "💥 error",
        Conclusion::BudgetSpent => "💸 budget spent",
        Conclusion::RecordingMissing => "📼 recording missing",
        Conclusion::Interrupted => "✋ interrupted",
    }
}

fn suite(out: &mut String, one: &Reported<'_>) {
    let Reported { results, verdict, .. } = one;
    // A quarantine that has ended holds nothing, but somebody has to know.
    let worth = |c: &&Check| c.conclusion != Conclusion::Pass || c.name == "quarantine";
    let broken: Vec<_> = verdict.checks.iter().filter(worth).filter(|c| c.name != "compare-found").collect();
    let bad = Bad::of(one);
    let aside: Vec<_> = verdict.quarantine.iter().filter(|q| !q.ended).collect();
    let steady = |m: &Summary| m.flickering.is_empty() && m.judge.as_ref().is_none_or(|j| j.divided.is_empty());
    let told = verdict.comparisons.is_empty() && verdict.routes.is_empty() && verdict.models.iter().all(steady);
    if broken.is_empty() && bad.turned + bad.others == 0 && aside.is_empty() && told {
        return;
    }
    out.push_str(&format!("\n**{}**\n\n", plain(&results.suite)));
    for check in broken {
        out.push_str(&format!("- {}\n", plain(&check.text)));
    }
    for comparison in &verdict.comparisons {
        compared(out, comparison);
    }
    for held in aside.iter().take(LISTED) {
        out.push_str(&format!("- {}\n", plain(&super::aside(held))));
    }
    more(out, aside.len(), LISTED);
    for (at, model) in verdict.models.iter().enumerate() {
        notes(out, model, &super::unsteady(one, at, LISTED));
    }
    for route in &verdict.routes {
        out.push_str(&format!("- {}\n", plain(&super::route(route))));
    }
    if let Some(text) = super::choice(verdict) {
        out.push_str(&format!("- {}\n", plain(&text)));
    }
    if bad.turned > 0 {
        let before = Before::of(one);
        out.push_str("\n<details open><summary>newly failing</summary>\n\n");
        for outcome in &bad.shown {
            difference(out, &name(one, outcome), outcome, before.find(outcome).as_deref());
        }
        more(out, bad.turned, SHOWN);
        out.push_str("\n</details>\n");
    }
    if bad.others == 0 {
        return;
    }
    let count = source::render::counted(bad.others, "answer");
    out.push_str(&format!("\n<details><summary>{count} not passed</summary>\n\n"));
    for outcome in &bad.listed {
        out.push_str(&format!("- {}: {}\n", name(one, outcome), plain(&outcome.reason)));
        if let Some(said) = super::excerpt(outcome, EXCERPT) {
            out.push_str(&format!("  - answered {}\n", code(&said)));
        }
    }
    more(out, bad.others, LISTED);
    out.push_str("\n</details>\n");
}

/// What did not pass: how many, and the first of them.
#[derive(Default)]
struct Bad {
    /// Those that passed before.
    turned: usize,
    shown: Vec<Outcome>,
    others: usize,
    listed: Vec<Outcome>,
}

impl Bad {
    fn of(one: &Reported<'_>) -> Self {
        let fell = Turned::of(one).fell;
        let mut this = Self::default();
        for outcome in &one.results.outcomes {
            if matches!(outcome.status, Status::Passed | Status::Skipped) || !one.verdict.counts(&outcome) {
                continue;
            }
            let (count, kept, most) = match fell.contains(&(outcome.model, outcome.case.as_str())) {
                true => (&mut this.turned, &mut this.shown, SHOWN),
                false => (&mut this.others, &mut this.listed, LISTED),
            };
            *count += 1;
            if kept.len() < most {
                kept.push((*outcome).clone());
            }
        }
        this
    }
}

/// On what the judge contradicts itself, and which cases pass only sometimes.
fn notes(out: &mut String, model: &Summary, unsteady: &[String]) {
    if let Some(judge) = &model.judge {
        let (said, divided) = super::agreement(judge, LISTED);
        out.push_str(&format!("- the judge of {}: {}\n", code(&model.model), plain(&said)));
        if !divided.is_empty() {
            out.push_str(&format!("  - divided: {}\n", plain(&divided.join(", "))));
        }
    }
    if !model.flickering.is_empty() {
        let cases = source::render::counted(model.flickering.len(), "case");
        out.push_str(&format!(
            "- {cases} of {} passed only sometimes: {}\n",
            code(&model.model),
            plain(&unsteady.join(", "))
        ));
    }
}

fn more(out: &mut String, all: usize, shown: usize) {
    if all > shown {
        out.push_str(&format!("- … and {} more\n", all - shown));
    }
}

/// A case, with its repeat and its model where there are several.
fn name(one: &Reported<'_>, outcome: &Outcome) -> String {
    let mut name = code(&outcome.case);
    if let Some(said) = super::described(outcome) {
        name.push_str(&format!(" ({})", plain(&said)));
    }
    if outcome.sample > 0 {
        name += &format!(" (repeat {})", outcome.sample + 1);
    }
    if one.results.models.len() > 1
        && let Some(model) = one.results.models.get(outcome.model)
    {
        name += &format!(" of {}", code(model.as_str()));
    }
    name
}

/// What a case that turned says now, beside what it said before.
fn difference(out: &mut String, name: &str, now: &Outcome, before: Option<&Outcome>) {
    out.push_str(&format!("- {name}: {}\n", plain(&now.reason)));
    for (what, outcome) in [("before", before), ("now", Some(now))] {
        if let Some(said) = outcome.and_then(|o| super::excerpt(o, EXCERPT)) {
            out.push_str(&format!("  - {what}: {}\n", code(&said)));
        }
    }
}

fn compared(out: &mut String, c: &Comparison) {
    let named = |ids: &[String]| ids.iter().take(LISTED).map(|id| code(id)).collect::<Vec<_>>().join(", ");
    out.push_str(&format!(
        "- {} against {}: {} → {} over {} (95 % {} to {} points, {}): {}\n",
        code(&c.model),
        code(&c.baseline),
        percent(c.before),
        percent(c.now),
        c.size(),
        points(c.interval.0),
        points(c.interval.1),
        c.p_values(),
        c.in_words()
    ));
    for (what, ids) in [
        ("newly failing", &c.newly_failing),
        ("newly passing", &c.newly_passing),
        ("less often", &c.less_often),
        ("only here", &c.added),
        ("only there", &c.removed),
        ("renamed", &c.renamed),
        ("other variables or given answers, not compared", &c.changed),
        ("other assertions, both sides graded by these", &c.regraded),
        ("other clusters, both sides counted with those there", &c.reclustered),
    ] {
        if !ids.is_empty() {
            out.push_str(&format!("  - {what}: {}{}\n", named(ids), if ids.len() > LISTED { ", …" } else { "" }));
        }
    }
}
