//! A diff for pull request comments.

use std::fmt::Write as _;

use source::escape;

use super::words::{figures, heading, reasons, verdict};
use super::{Diff, Mark, Section, State};

/// The whole diff below a heading of level `level`.
pub fn markdown(diff: &Diff, level: usize) -> String {
    let mut out = format!("{} {}\n\n", "#".repeat(level), escape::markdown(&heading(diff)));
    if diff.is_empty() {
        out.push_str("Nothing differs.\n");
        return out;
    }
    let _ = writeln!(out, "{}\n", sentence(&verdict(diff)));
    list(reasons(diff).iter().map(|reason| prose(reason)), &mut out);
    list(diff.facts.iter().map(|fact| format!("{} {}", escape::markdown_code(&fact.key), prose(&fact.says))), &mut out);
    for section in diff.messages.iter().chain(&diff.blocks).filter(|section| section.state != State::Same) {
        write_section(section, &mut out);
    }
    for rendered in &diff.rendered {
        let _ = writeln!(out, "Case {}:\n", escape::markdown_code(&rendered.case));
        rendered
            .messages
            .iter()
            .filter(|section| section.state != State::Same)
            .for_each(|s| write_section(s, &mut out));
    }
    let _ = writeln!(out, "{}", sentence(&figures(diff)));
    out
}

fn list(items: impl Iterator<Item = String>, out: &mut String) {
    let before = out.len();
    items.for_each(|item| out.push_str(&format!("- {item}\n")));
    if out.len() > before {
        out.push('\n');
    }
}

fn write_section(section: &Section, out: &mut String) {
    let state = match section.state {
        State::Added => "new, ",
        State::Removed => "gone, ",
        State::Changed | State::Same => "",
    };
    let _ = writeln!(out, "**{}** {state}+{} −{}\n", escape::markdown(&section.title), section.added, section.removed);
    let mut body = String::new();
    for (at, hunk) in section.hunks.iter().enumerate() {
        if at > 0 {
            body.push_str("@@\n");
        }
        for line in &hunk.lines {
            body.push(match line.mark {
                Mark::Same => ' ',
                Mark::Removed => '-',
                Mark::Added => '+',
            });
            line.parts.iter().for_each(|part| body.push_str(&part.text));
            body.push('\n');
        }
    }
    let _ = writeln!(out, "{}\n", escape::markdown_fence(&body, "diff"));
}

/// A clause of ours in which values stand in backticks: the values as code, the rest escaped.
fn prose(clause: &str) -> String {
    let mut out = String::new();
    for (at, piece) in clause.split('`').enumerate() {
        match at % 2 {
            _ if piece.is_empty() => {}
            0 => {
                let (lead, trail) = (piece.starts_with(' '), piece.ends_with(' ') && piece.len() > 1);
                let _ = write!(out, "{}{}{}", blank(lead), escape::markdown(piece), blank(trail));
            }
            _ => out.push_str(&escape::markdown_code(piece)),
        }
    }
    out
}

fn blank(there: bool) -> &'static str {
    if there { " " } else { "" }
}

fn sentence(clause: &str) -> String {
    let mut chars = clause.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{}.", prose(&format!("{first}{}", chars.as_str())))
}
