//! GitHub annotations: workflow commands that a runner turns into notes beside the changed lines.

use crate::{Finding, Report, Severity, escape};

/// One workflow command a finding: `::error file=…,line=…,title=…::message`.
pub fn github(report: &Report) -> String {
    report.findings().iter().map(|finding| command(report, finding)).collect()
}

fn command(report: &Report, finding: &Finding) -> String {
    let name = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let (start, end) = (finding.at.start(), finding.at.end());
    // Columns count only within one line; GitHub's end column is inclusive.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column.saturating_sub(1).max(start.column))
    } else {
        String::new()
    };
    format!(
        "::{name} file={},line={},endLine={}{columns},title={}::{}\n",
        escape::workflow_property(&super::path(report, &finding.at)),
        start.line,
        end.line,
        escape::workflow_property(finding.rule),
        escape::workflow(&super::message_with_help(finding)),
    )
}
