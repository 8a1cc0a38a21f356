//! The report as RFC 4180 text, for spreadsheets that would run what looks like a formula.

use release::{Audit, Event};

/// As the JSON report calls them; `detail` is the refusal's.
const HEAD: [&str; 20] = [
    "at",
    "act",
    "prompt",
    "environment",
    "sequence",
    "version",
    "before",
    "by",
    "automation",
    "key",
    "approved_by",
    "attested",
    "reason",
    "policy",
    "refusal",
    "detail",
    "tag",
    "entry",
    "approvals",
    "evidence",
];

/// One line an entry: those that hold, then those that do not, each group in order of time.
pub(super) fn text(audit: &Audit) -> String {
    let mut text = line(HEAD.map(str::to_owned));
    audit.entries.iter().chain(&audit.refused).for_each(|event| text.push_str(&row(event)));
    text
}

fn row(event: &Event) -> String {
    let or_empty = |value: Option<String>| value.unwrap_or_default();
    let digests = |list: &[source::Digest]| list.iter().map(source::Digest::tagged).collect::<Vec<_>>().join(" ");
    let (refusal, detail) = match &event.refusal {
        None => (String::new(), String::new()),
        Some(refusal) => (refusal.code.to_string(), refusal.detail.clone()),
    };
    line([
        or_empty(event.at.map(|at| at.to_string())),
        event.act.to_owned(),
        or_empty(event.prompt.as_ref().map(ToString::to_string)),
        or_empty(event.environment.as_ref().map(ToString::to_string)),
        or_empty(event.sequence.map(|n| n.to_string())),
        or_empty(event.version.as_ref().map(ToString::to_string)),
        or_empty(event.before.as_ref().map(ToString::to_string)),
        event.by.clone(),
        or_empty(event.automation.map(|is| is.to_string())),
        or_empty(event.key.as_ref().map(ToString::to_string)),
        event.approved_by.join("; "),
        event.attested.join("; "),
        or_empty(event.reason.clone()),
        or_empty(event.policy.map(|link| link.sequence.to_string())),
        refusal,
        detail,
        event.tag.clone(),
        or_empty(event.entry.map(|digest| digest.tagged())),
        digests(&event.approvals),
        digests(&event.evidence),
    ])
}

fn line(cells: [String; 20]) -> String {
    format!("{}\r\n", cells.map(|cell| quoted(&cell)).join(","))
}

/// A cell in quotes. What a spreadsheet would run gets an apostrophe before it, which it shows as text.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn quoted(cell: &str) -> String {
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let guard = if cell.trim_start_matches(' ').starts_with(formula) { "'" } else { "" };
    let plain: String = cell.chars().map(|c| if source::escape::is_hidden(c) { '\u{fffd}' } else { c }).collect();
    // What is left to break is what runners of CI take for a command.
    format!("\"{guard}{}\"", source::escape::terminal(&plain).replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_as_in_json() {
        let page = include_str!("../../../../../docs/json.md");
        let event = page.split("An event: `{").nth(1).and_then(|rest| rest.split("}`.").next()).unwrap();
        let event: Vec<&str> = event.split([',', ' ', '\n', ':', '{', '}']).collect();
        for name in HEAD.iter().filter(|name| **name != "detail") {
            assert!(event.contains(name), "{name}");
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for hostile in ["=1+1", "+1", "-1", "@SUM(A1)", "  =cmd|' /C calc'!A0", "\t=1", "\u{ff1d}1", "|x"] {
            assert!(quoted(hostile).starts_with("\"'"), "{hostile}");
        }
        assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(quoted("sha256:00"), "\"sha256:00\"");
        assert_eq!(quoted("a\u{202e}b"), "\"a\u{fffd}b\"");
    }
}
