//! For a terminal: a line for each model, the cases that did not pass with their reasons, and what the gate says.

use source::escape::terminal;
use source::render::counted;

use super::{Reported, Turned};
use crate::gate::{Comparison, Conclusion, Summary};
use crate::run::{Outcome, Status};

/// At most so many cases are listed for a suite.
const LISTED: usize = 20;

/// At most so many characters of an answer are shown.
const EXCERPT: usize = 160;

/// The report, with colours where `color`.
pub fn table(reported: &[Reported<'_>], color: bool) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    for (i, one) in reported.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        suite(&mut out, one, paint);
    }
    out
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn conclusion(self, conclusion: Conclusion, text: &str) -> String {
        let code = match conclusion {
            Conclusion::Pass => "32",
            Conclusion::Inconclusive | Conclusion::Interrupted => "33",
            _ => "31",
        };
        self.with(code, text)
    }
}

fn suite(out: &mut String, one: &Reported<'_>, paint: Paint) {
    let Reported { results, verdict, .. } = one;
    let word = super::part(one).unwrap_or_else(|| paint.conclusion(verdict.conclusion, verdict.conclusion.as_str()));
    out.push_str(&format!("{} {word}\n", paint.with("1", &terminal(&results.suite))));
    let width = verdict.models.iter().map(|m| m.model.chars().count()).max().unwrap_or(0);
    for model in &verdict.models {
        let numbers = if model.cases + model.aside == 0 { "no case".to_owned() } else { numbers(model) };
        out.push_str(&format!("  {:width$}  {numbers}\n", terminal(&model.model)));
    }
    // What is missing is told once, with its remedy, by the check.
    // What newly fails is what somebody has to look at first.
    let fell = Turned::of(one).fell;
    let (mut bad, mut first, mut rest) = (0, Vec::new(), Vec::new());
    for outcome in &results.outcomes {
        if matches!(outcome.status, Status::Passed | Status::Skipped | Status::Missing) {
            continue;
        }
        bad += 1;
        let list = if fell.contains(&(outcome.model, outcome.case.as_str())) { &mut first } else { &mut rest };
        if list.len() < LISTED {
            list.push((*outcome).clone());
        }
    }
    for outcome in first.iter().chain(&rest).take(LISTED) {
        out.push_str(&case(outcome, results.models.len() > 1, one, paint));
    }
    if bad > LISTED {
        out.push_str(&format!("  … and {} more\n", bad - LISTED));
    }
    for comparison in &verdict.comparisons {
        compared(out, comparison, paint);
    }
    for check in &verdict.checks {
        let mark = match check.conclusion {
            Conclusion::Pass => "holds",
            Conclusion::Inconclusive => "unclear",
            _ => "fails",
        };
        let mark = paint.conclusion(check.conclusion, &format!("{mark:7}"));
        out.push_str(&format!("  {mark}  {}\n", terminal(&check.text)));
    }
    for (at, summary) in verdict.models.iter().enumerate() {
        notes(out, summary, &super::unsteady(one, at, LISTED));
    }
    for route in &verdict.routes {
        out.push_str(&format!("  {}  {}\n", paint.with("36", "route  "), terminal(&super::route(route))));
    }
    if let Some(text) = super::choice(verdict) {
        out.push_str(&format!("  {}  {}\n", paint.with("36", "route  "), terminal(&text)));
    }
    for held in verdict.quarantine.iter().filter(|q| !q.ended) {
        out.push_str(&format!("  {}  {}\n", paint.with("33", "aside  "), terminal(&super::aside(held))));
    }
    if let Some(text) = super::spent(one) {
        out.push_str(&format!("  {}  {text}\n", paint.with("36", "spent  ")));
    }
}

/// How steady the answers and the judge are.
fn notes(out: &mut String, summary: &Summary, unsteady: &[String]) {
    if let Some(judge) = &summary.judge {
        let (said, divided) = super::agreement(judge, LISTED);
        out.push_str(&format!("  judge    {said}\n"));
        if !divided.is_empty() {
            out.push_str(&format!("  divided  {}\n", terminal(&divided.join(", "))));
        }
    }
    if !summary.flickering.is_empty() {
        let n = counted(summary.flickering.len(), "case");
        out.push_str(&format!("  unsteady {n} passed only sometimes: {}\n", terminal(&unsteady.join(", "))));
    }
}

/// Which cases turned, and which could not be paired.
fn compared(out: &mut String, c: &Comparison, paint: Paint) {
    let lists = [
        ("newly failing", &c.newly_failing, "31"),
        ("newly passing", &c.newly_passing, "32"),
        ("less often", &c.less_often, "33"),
        ("only here", &c.added, "2"),
        ("only there", &c.removed, "2"),
        ("renamed", &c.renamed, "2"),
        ("other variables or given answers", &c.changed, "2"),
        ("other assertions", &c.regraded, "2"),
        ("other clusters", &c.reclustered, "2"),
    ];
    for (what, ids, code) in lists.into_iter().filter(|(_, ids, _)| !ids.is_empty()) {
        let more = if ids.len() > LISTED { format!(" … and {} more", ids.len() - LISTED) } else { String::new() };
        let shown = ids.iter().take(LISTED).map(|id| terminal(id).into_owned()).collect::<Vec<_>>().join(", ");
        out.push_str(&format!("  {} {shown}{more}\n", paint.with(code, &format!("{what} ({}):", ids.len()))));
    }
}

fn numbers(model: &Summary) -> String {
    let mut parts = vec![super::tally(model)];
    parts.extend(super::rate(model));
    parts.extend(model.sample.map(|sample| sample.to_string()));
    parts.extend(model.mean_score.map(|score| format!("score {score:.2}")));
    parts.extend(super::besides(model));
    if let (Some(half), Some(most)) = (model.latency_p50_ms, model.latency_p95_ms) {
        parts.push(if half == most { format!("{half} ms") } else { format!("{half} ms, 95 % within {most} ms") });
    }
    parts.extend(super::cost(model));
    parts.join(" · ")
}

fn case(outcome: &Outcome, models: bool, one: &Reported<'_>, paint: Paint) -> String {
    let (status, code) = match outcome.status {
        _ if !one.verdict.counts(outcome) => ("let by ", "33"),
        Status::Failed => ("failed ", "31"),
        _ => ("error  ", "31"),
    };
    let mut name = terminal(&super::named(outcome)).into_owned();
    if outcome.sample > 0 {
        name.push_str(&format!(" (repeat {})", outcome.sample + 1));
    }
    if models && let Some(model) = one.results.models.get(outcome.model) {
        name.push_str(&format!(" [{}]", terminal(model.as_str())));
    }
    let mut text = format!("  {}  {name}: {}\n", paint.with(code, status), terminal(&outcome.reason));
    if let Some(said) = super::excerpt(outcome, EXCERPT) {
        text += &format!("           {} {}\n", paint.with("2", "answered"), terminal(&said));
    }
    text
}
