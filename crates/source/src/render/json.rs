//! JSON lines: for scripts. The shape is documented in the parent module and stable.

use serde::Serialize;

use crate::{Finding, Place, Report, Severity, Span, Text};

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    severity: Severity,
    message: &'a str,
    path: String,
    start: Point,
    end: Point,
    also: Vec<Also<'a>>,
    help: Option<&'a str>,
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
struct Also<'a> {
    path: String,
    start: Point,
    end: Point,
    message: &'a str,
}

#[derive(Serialize)]
struct Fix<'a> {
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    start: Point,
    end: Point,
    text: &'a str,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
    offset: u32,
}

/// One JSON object a finding, each on its line.
pub fn json_lines(report: &Report) -> String {
    let mut out = String::new();
    for finding in report.findings() {
        out += &serde_json::to_string(&line(report, finding)).expect("plain data has a JSON form");
        out.push('\n');
    }
    out
}

/// One finding as [`json_lines`] writes it, for a larger document to hold.
pub fn finding_json(report: &Report, finding: &Finding) -> serde_json::Value {
    serde_json::to_value(line(report, finding)).expect("plain data has a JSON form")
}

fn line<'a>(report: &Report, finding: &'a Finding) -> Line<'a> {
    let (start, end) = points(&finding.at.text, finding.at.span);
    let also = |(place, message): &'a (Place, String)| {
        let (start, end) = points(&place.text, place.span);
        Also { path: super::path(report, place), start, end, message }
    };
    let edit = |(span, text): &'a (Span, String)| {
        let (start, end) = points(&finding.at.text, *span);
        Edit { start, end, text }
    };
    Line {
        rule: finding.rule,
        severity: finding.severity,
        message: &finding.message,
        path: super::path(report, &finding.at),
        start,
        end,
        also: finding.also.iter().map(also).collect(),
        help: finding.help.as_deref(),
        fix: finding.fix.as_ref().map(|fix| Fix { edits: fix.edits.iter().map(edit).collect() }),
    }
}

fn points(text: &Text, span: Span) -> (Point, Point) {
    let point = |offset| {
        let position = text.position(offset);
        Point { line: position.line, column: position.column, offset }
    };
    (point(span.start), point(span.end))
}
