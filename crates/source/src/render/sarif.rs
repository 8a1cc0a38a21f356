//! SARIF 2.1.0: what GitHub code scanning and editors read.

use serde_json::{Value, json};

use crate::{Finding, Place, Report, Severity, Span, Text, escape};

/// What SARIF tells about a rule.
#[derive(Debug, Clone, Copy)]
pub struct RulePage<'a> {
    /// The rule's id.
    pub id: &'a str,
    /// One line.
    pub summary: &'a str,
    /// The whole page, in Markdown; may be empty.
    pub page: &'a str,
    /// The severity it has by default.
    pub severity: Severity,
}

/// One run with all findings, with a line end. `version` is the program's; rules without findings may be among `rules`,
/// and findings of rules that are not.
pub fn sarif(report: &Report, rules: &[RulePage<'_>], version: &str) -> String {
    let results: Vec<Value> = report
        .findings()
        .iter()
        .zip(super::fingerprints(report))
        .map(|(finding, fingerprint)| result(report, finding, rules, &fingerprint))
        .collect();
    let whole = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "promptuary",
                "version": version,
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut out = serde_json::to_string_pretty(&whole).expect("plain data has a JSON form");
    out.push('\n');
    out
}

fn rule(page: &RulePage<'_>) -> Value {
    let mut rule = json!({
        "id": page.id,
        "shortDescription": { "text": page.summary },
        "defaultConfiguration": { "level": page.severity },
    });
    if !page.page.is_empty() {
        rule["help"] = json!({ "text": page.page, "markdown": page.page });
    }
    rule
}

fn result(report: &Report, finding: &Finding, rules: &[RulePage<'_>], print: &(String, usize)) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": finding.severity,
        "message": { "text": plain(&super::message_with_help(finding)) },
        "locations": [{ "physicalLocation": physical(report, &finding.at) }],
        "partialFingerprints": { "primaryLocationLineHash": format!("{}:{}", print.0, print.1) },
    });
    if let Some(index) = rules.iter().position(|page| page.id == finding.rule) {
        result["ruleIndex"] = json!(index);
    }
    if !finding.also.is_empty() {
        let related = finding.also.iter().enumerate().map(|(id, (place, label))| {
            json!({ "id": id, "physicalLocation": physical(report, place), "message": { "text": plain(label) } })
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = &finding.fix {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|(span, text)| {
                json!({ "deletedRegion": region(&finding.at.text, *span), "insertedContent": { "text": text } })
            })
            .collect();
        let description = finding.help.as_deref().unwrap_or(&finding.message);
        result["fixes"] = json!([{
            "description": { "text": plain(description) },
            "artifactChanges": [{ "artifactLocation": artifact(report, &finding.at), "replacements": replacements }],
        }]);
    }
    result
}

fn physical(report: &Report, place: &Place) -> Value {
    json!({ "artifactLocation": artifact(report, place), "region": region(&place.text, place.span) })
}

fn artifact(report: &Report, place: &Place) -> Value {
    let mut uri = String::new();
    for byte in super::path(report, place).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
}

fn region(text: &Text, span: Span) -> Value {
    let (start, end) = (text.position(span.start), text.position(span.end));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": span.start,
        "byteLength": span.end.saturating_sub(span.start),
    })
}

/// A plain text message: `[x](y)` would be a link in it.
fn plain(text: &str) -> String {
    let shown = escape::terminal_lines(text);
    if shown.contains("](") {
        shown.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
    } else {
        shown.into()
    }
}
