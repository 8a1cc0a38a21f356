//! GitLab code quality: the subset of the Code Climate format that merge requests show.

use serde_json::{Value, json};

use crate::{Report, Severity, escape};

/// A JSON array of issues, with a line end.
pub fn gitlab(report: &Report) -> String {
    let issues: Vec<Value> = report
        .findings()
        .iter()
        .zip(super::fingerprints(report))
        .map(|(finding, (fingerprint, nth))| {
            json!({
                "description": escape::terminal(&finding.message),
                "check_name": finding.rule,
                "fingerprint": format!("{fingerprint}:{nth}"),
                "severity": match finding.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Note => "info",
                },
                "location": {
                    "path": super::path(report, &finding.at),
                    "lines": { "begin": finding.at.start().line, "end": finding.at.end().line },
                },
            })
        })
        .collect();
    let mut out = serde_json::to_string_pretty(&issues).expect("plain data has a JSON form");
    out.push('\n');
    out
}
