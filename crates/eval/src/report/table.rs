//! For a terminal: a line for each model, the cases that did not pass with their reasons, and what the gate says.

use source::escape::terminal;
use source::render::counted;

use super::{Reported, percent};
use crate::gate::{Conclusion, Summary};
use crate::run::{Outcome, Status};

/// At most so many cases are listed for a suite.
const LISTED: usize = 20;

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
    let Reported { results, verdict } = one;
    let word = paint.conclusion(verdict.conclusion, verdict.conclusion.as_str());
    out.push_str(&format!("{} {word}\n", paint.with("1", &terminal(&results.suite))));
    let width = verdict.models.iter().map(|m| m.model.chars().count()).max().unwrap_or(0);
    for model in &verdict.models {
        out.push_str(&format!("  {:width$}  {}\n", terminal(&model.model), numbers(model)));
    }
    let bad: Vec<&Outcome> =
        results.outcomes.iter().filter(|o| !matches!(o.status, Status::Passed | Status::Skipped)).collect();
    for outcome in bad.iter().take(LISTED) {
        out.push_str(&case(outcome, results.models.len() > 1, one, paint));
    }
    if bad.len() > LISTED {
        out.push_str(&format!("  … and {} more\n", bad.len() - LISTED));
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
    if !verdict.quarantined.is_empty() {
        out.push_str(&format!("  in quarantine: {}\n", terminal(&verdict.quarantined.join(", "))));
    }
}

fn numbers(model: &Summary) -> String {
    let mut parts = vec![
        format!(
            "{} of {} passed",
            model.passed,
            model.passed + model.failed + model.errors + model.missing + model.skipped
        ),
        format!("{} ({} to {})", percent(model.pass_rate), percent(model.interval.0), percent(model.interval.1)),
        format!("score {:.2}", model.mean_score),
    ];
    for (count, what) in [(model.errors, "error"), (model.missing, "missing answer")] {
        if count > 0 {
            parts.push(counted(count, what));
        }
    }
    parts.extend(model.latency_p50_ms.map(|ms| format!("{ms} ms")));
    parts.extend(model.cost.map(|usd| format!("${usd:.4}")));
    parts.join(" · ")
}

fn case(outcome: &Outcome, models: bool, one: &Reported<'_>, paint: Paint) -> String {
    let status = match outcome.status {
        Status::Passed | Status::Skipped => "",
        Status::Failed => "failed ",
        Status::Error => "error  ",
        Status::Missing => "missing",
    };
    let mut name = terminal(&outcome.case).into_owned();
    if outcome.sample > 0 {
        name.push_str(&format!(" (repeat {})", outcome.sample + 1));
    }
    if models && let Some(model) = one.results.models.get(outcome.model) {
        name.push_str(&format!(" [{}]", terminal(model.as_str())));
    }
    format!("  {}  {name}: {}\n", paint.with("31", status), terminal(&outcome.reason))
}
