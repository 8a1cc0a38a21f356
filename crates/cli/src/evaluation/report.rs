//! Results of evals: a bar while they run, a table, one JSON object.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use eval::gate::Conclusion;
use eval::run::{Event, Status};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use release::evals::Ran;
use serde_json::{Value, json};
use source::RepoPath;
use source::escape::terminal;
use source::render::counted;

use crate::app::App;

/// Progress of one suite on the terminal; nothing where nobody watches.
pub(crate) struct Bar {
    bar: ProgressBar,
    not_passed: usize,
}

impl Bar {
    /// A bar for the suite at `path`.
    pub(crate) fn new(path: &RepoPath, app: &App) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if app.terminal.progress() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(path.to_string());
        Self { bar, not_passed: 0 }
    }

    /// Takes an event.
    pub(crate) fn show(&mut self, event: &Event<'_>) {
        if let Event::Progress { done, total, status, .. } = event {
            self.not_passed += usize::from(*status != Status::Passed);
            self.bar.set_length(*total as u64);
            self.bar.set_position(*done as u64);
            if self.not_passed > 0 {
                self.bar.set_message(format!("{} not passed", self.not_passed));
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A suite's table: its cases, what did not pass with its reason, the gate.
pub(crate) fn human(ran: &Ran, colour: bool) -> String {
    let results = &ran.finished.results;
    let paint = |status: Status| paint(word(status), status_colour(status), colour);
    let mut text = format!("{}  {}, {}\n", ran.path, counted(ran.suite.cases.len(), "case"), results.mode);
    let width = results.outcomes.iter().map(|o| o.case.chars().count()).max().unwrap_or(0).min(40);
    for outcome in &results.outcomes {
        let model =
            if results.models.len() > 1 { format!("{}  ", results.models[outcome.model]) } else { String::new() };
        let repeat = if outcome.sample > 0 { format!(" #{}", outcome.sample + 1) } else { String::new() };
        let case = terminal(&outcome.case);
        let _ = write!(text, "  {}  {model}{case:width$}{repeat}  {:.2}", paint(outcome.status), outcome.score);
        if outcome.status != Status::Passed {
            let _ = write!(text, "  {}", terminal(&outcome.reason));
        }
        text.push('\n');
    }
    for check in &ran.verdict.checks {
        let _ = writeln!(text, "  {:12} {}", check.name, terminal(&check.text));
    }
    for miss in &results.misses {
        let _ = writeln!(text, "  no recording of {}: {}", terminal(&miss.case), terminal(&miss.nearest));
    }
    if !results.misses.is_empty() {
        let _ = writeln!(text, "  record them: promptuary eval {} --record", ran.suite.prompt);
    }
    let conclusion = ran.verdict.conclusion;
    let _ = writeln!(text, "  {}{}", paint_conclusion(conclusion, colour), spent(ran));
    text
}

/// One line over several suites.
pub(crate) fn summary(ran: &[Ran]) -> String {
    let good = ran.iter().filter(|r| r.verdict.conclusion == Conclusion::Pass).count();
    format!("{good} of {} pass\n", counted(ran.len(), "suite"))
}

/// The whole, as `--format json` gives it.
pub(crate) fn json(ran: &[Ran]) -> Value {
    let suites: Vec<Value> =
        ran.iter().map(|r| json!({ "path": r.path, "verdict": r.verdict, "results": r.finished.results })).collect();
    let worst = ran.iter().map(|r| r.verdict.conclusion).max().unwrap_or(Conclusion::Pass);
    json!({ "conclusion": worst, "suites": suites })
}

fn spent(ran: &Ran) -> String {
    let cost: f64 = ran.finished.results.outcomes.iter().filter_map(|o| o.cost).sum();
    if cost > 0.0 { format!("  ${cost:.4}") } else { String::new() }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Passed => "pass   ",
        Status::Failed => "FAIL   ",
        Status::Error => "ERROR  ",
        Status::Missing => "MISSING",
        Status::Skipped => "skipped",
    }
}

fn status_colour(status: Status) -> AnsiColor {
    match status {
        Status::Passed => AnsiColor::Green,
        Status::Failed | Status::Error => AnsiColor::Red,
        Status::Missing | Status::Skipped => AnsiColor::Yellow,
    }
}

fn paint_conclusion(conclusion: Conclusion, colour: bool) -> String {
    let ink = match conclusion {
        Conclusion::Pass => AnsiColor::Green,
        Conclusion::Inconclusive | Conclusion::RecordingMissing | Conclusion::Interrupted => AnsiColor::Yellow,
        Conclusion::Fail | Conclusion::Error | Conclusion::BudgetSpent => AnsiColor::Red,
    };
    paint(conclusion.as_str(), ink, colour)
}

fn paint(text: &str, ink: AnsiColor, colour: bool) -> String {
    let style = Style::new().bold().fg_color(Some(ink.into()));
    if colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}
