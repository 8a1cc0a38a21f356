//! Findings as the user asked to see them.

use clap::ValueEnum;
use serde_json::json;
use source::render::{self, RulePage};
use source::{Report, Severity, escape};

use crate::app::App;
use crate::exit::Exit;

/// The shapes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// With the lines in question, for people
    Human,
    /// One line a finding
    Short,
    /// One JSON object: {findings, prompts, blocks}
    Json,
    /// One JSON object a finding, each on its line
    Jsonl,
    /// Annotations of a GitHub workflow
    Github,
    /// SARIF 2.1.0
    Sarif,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit's XML
    Junit,
}

/// Shows findings in the place of an answer that they stand in the way of.
pub(crate) fn instead(report: &Report, app: &App) -> Exit {
    show(report, app.findings, app)
}

/// Shows `report`; the exit says whether it has errors.
pub(crate) fn show(report: &Report, format: Format, app: &App) -> Exit {
    let terminal = &app.terminal;
    match format {
        Format::Human if report.findings().is_empty() && terminal.quiet() => {}
        Format::Human => terminal.answer(render::human(report, terminal.colour)),
        Format::Short => terminal.answer(render::short(report)),
        Format::Json => {
            let findings: Vec<_> = report.findings().iter().map(|f| render::finding_json(report, f)).collect();
            terminal.json(&json!({ "findings": findings, "prompts": report.prompts, "blocks": report.blocks }));
        }
        Format::Jsonl => terminal.answer(escape::json(&render::json_lines(report))),
        Format::Github => terminal.answer(render::github(report)),
        Format::Sarif => {
            terminal.answer(escape::json(&render::sarif(report, &pages(report), env!("CARGO_PKG_VERSION"))))
        }
        Format::Gitlab => terminal.answer(escape::json(&render::gitlab(report))),
        Format::Junit => terminal.answer(render::junit(report)),
    }
    if report.fails() { Exit::Findings } else { Exit::Clean }
}

/// The pages of the rules that found something.
fn pages(report: &Report) -> Vec<RulePage<'static>> {
    let found = |rule: &&check::Rule| report.findings().iter().any(|f| f.rule == rule.id);
    let page = |rule: &'static check::Rule| RulePage {
        id: rule.id,
        summary: summary(rule.page),
        page: rule.page,
        severity: rule.level.severity().unwrap_or(Severity::Note),
    };
    check::rules().iter().filter(found).map(page).collect()
}

/// The first line of a page that is neither empty nor its title.
pub(crate) fn summary(page: &str) -> &str {
    page.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or("")
}
