//! How reports look: for people, for scripts, and in the formats of CI systems. Strings out; nothing here prints.
//!
//! Paths are shown below [`Report::root`], so that a prompt root inside a larger repository gives paths of the repository.
//! Text that we did not write is escaped for its sink, everywhere.
//!
//! # JSON lines
//!
//! One object a finding, in the order of the report, all members always present:
//!
//! ```json
//! {"rule":"input-undeclared","severity":"error","message":"`tikcet` is no declared input","path":"prompts/a.md",
//!  "start":{"line":12,"column":4,"offset":210},"end":{"line":12,"column":10,"offset":216},
//!  "also":[{"path":"prompts/a.md","start":{…},"end":{…},"message":"declared here"}],
//!  "help":"did you mean `ticket`?","fix":{"edits":[{"start":{…},"end":{…},"text":"ticket"}]}}
//! ```
//!
//! Lines and columns count from 1, columns in characters, offsets in bytes from 0; ends are exclusive; `severity` is
//! `error`, `warning` or `note`; `help` and `fix` may be `null`. A finding without a place in its file is at 1:1.

mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;
mod window;

pub use github::github;
pub use gitlab::gitlab;
pub use human::human;
pub use json::{finding_json, json_lines};
pub use junit::junit;
pub use sarif::{RulePage, sarif};

use std::collections::HashMap;

use crate::{Digest, Finding, Place, Report, Severity, escape};

/// `path:line:column: severity[rule]: message`, one line a finding.
pub fn short(report: &Report) -> String {
    let mut out = String::new();
    for f in report.findings() {
        let (path, start) = (shown_path(report, &f.at), f.at.start());
        let (severity, message) = (f.severity, escape::terminal(&f.message));
        out += &format!("{path}:{}:{}: {severity}[{}]: {message}\n", start.line, start.column, f.rule);
    }
    out
}

/// What a report comes to, such as `1 error, 2 warnings in 12 prompts`, without a line end.
pub fn summary(report: &Report) -> String {
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let counts: Vec<_> = kinds
        .into_iter()
        .map(|(severity, name)| (report.count(severity), name))
        .filter(|&(n, _)| n > 0)
        .map(|(n, name)| counted(n, name))
        .collect();
    let found = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
    match (report.prompts, report.blocks) {
        (0, 0) => found,
        (0, blocks) => format!("{found} in {}", counted(blocks, "block")),
        (prompts, _) => format!("{found} in {}", counted(prompts, "prompt")),
    }
}

/// `1 prompt`, `2 prompts`.
pub fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Where a finding of `report` lies, from the top of the repository.
pub fn path(report: &Report, place: &Place) -> String {
    match report.root.as_str() {
        "" | "." => place.path().to_string(),
        root => format!("{}/{}", root.trim_end_matches('/'), place.path()),
    }
}

fn shown_path(report: &Report, place: &Place) -> String {
    escape::terminal(&path(report, place)).into_owned()
}

/// The message with its help, as those formats want it that have one text for both.
fn message_with_help(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}

/// One fingerprint a finding, which stays when lines above it come and go: over the rule, the path, the message and the
/// text of its line, and the number of the finding among those equal in these.
fn fingerprints(report: &Report) -> Vec<(String, usize)> {
    let mut seen: HashMap<Digest, usize> = HashMap::new();
    let fingerprint = |f: &Finding| {
        let line = f.at.text.shown().get(f.at.text.line_span(f.at.start().line).range()).unwrap_or("").trim();
        let parts = [f.rule, &path(report, &f.at), &f.message, line];
        let digest = Digest::of(parts.join("\0").as_bytes());
        let nth = seen.entry(digest).or_insert(0);
        *nth += 1;
        (digest.short16(), *nth)
    };
    report.findings().iter().map(fingerprint).collect()
}

#[cfg(test)]
mod tests;
