//! A diff for pull request comments.

use std::fmt::Write as _;

use source::escape;

use super::lines::{shortened, wrapped};
use super::words::{cases, costs_title, faults, figures, heading, reasons, verdict};
use super::{Diff, Line, Mark, Part, Section, State};

/// Code in a comment does not wrap, so lines beyond this many columns are cut around what changed, or wrapped: what goes on
/// below begins with an arrow, so that one line of the file is not taken for two.
const COLUMNS: usize = 96;
/// So many groups of cases are shown; the rest is counted.
const GROUPS: usize = 8;

/// The whole diff below a heading of level `level`.
pub fn markdown(diff: &Diff, level: usize) -> String {
    let mut out = format!("{} {}\n\n", "#".repeat(level), escape::markdown(&heading(diff)));
    if diff.is_empty() && !diff.renders_differently() {
        out.push_str("Nothing differs.\n");
        return out;
    }
    let _ = writeln!(out, "{}\n", sentence(&verdict(diff)));
    list(reasons(diff).iter().map(|reason| prose(reason)), &mut out);
    if !diff.facts.is_empty() {
        out.push_str("**front matter**\n\n");
    }
    list(diff.facts.iter().map(|fact| format!("{} {}", escape::markdown_code(&fact.key), prose(&fact.says))), &mut out);
    for one in diff.messages.iter().chain(&diff.blocks).filter(|section| section.state != State::Same) {
        let _ = writeln!(out, "{}", section(one));
    }
    write_rendered(diff, &mut out);
    let _ = writeln!(out, "**{}**\n", costs_title(diff));
    list(figures(diff).iter().map(|line| prose(line)), &mut out);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn write_rendered(diff: &Diff, out: &mut String) {
    let differing: Vec<_> = diff.rendered.iter().filter(|one| !one.is_same()).collect();
    for rendered in differing.iter().take(GROUPS) {
        let _ = writeln!(out, "**rendered**, {}\n", prose(&cases(rendered)));
        list(faults(diff, rendered).iter().map(|fault| prose(fault)), out);
        for one in &rendered.messages {
            let _ = writeln!(out, "{}", section(one));
        }
    }
    let more: usize = differing.iter().skip(GROUPS).map(|one| one.cases.len()).sum();
    if more > 0 {
        let _ = writeln!(out, "{} more {} otherwise.\n", more, if more == 1 { "case differs" } else { "cases differ" });
    }
    for rendered in diff.rendered.iter().filter(|one| one.is_same()) {
        let _ = writeln!(out, "**renders the same**, {}\n", prose(&cases(rendered)));
    }
}

fn list(items: impl Iterator<Item = String>, out: &mut String) {
    let before = out.len();
    items.for_each(|item| out.push_str(&format!("- {item}\n")));
    if out.len() > before {
        out.push('\n');
    }
}

/// One text against another below its title, ending with a line end.
pub fn section(section: &Section) -> String {
    let state = match section.state {
        State::Added => "new, ",
        State::Removed => "gone, ",
        State::Changed | State::Same => "",
    };
    let title = escape::markdown(&section.title);
    format!("**{title}** {state}+{} −{}\n\n{}\n", section.added, section.removed, fence(section))
}

/// The hunks as a fenced block.
pub fn fence(section: &Section) -> String {
    let mut body = String::new();
    for (at, hunk) in section.hunks.iter().enumerate() {
        if at > 0 {
            body.push_str("@@\n");
        }
        for run in hunk.lines.chunk_by(|a, b| (a.mark == Mark::Same) == (b.mark == Mark::Same)) {
            // Where one side of a change has nothing to point at, both are shown whole.
            let cut = run.iter().all(|line| line.mark == Mark::Same || line.parts.iter().any(|part| part.changed));
            run.iter().for_each(|line| write_line(line, cut, &mut body));
        }
    }
    escape::markdown_fence(&body, "diff")
}

fn write_line(line: &Line, cut: bool, body: &mut String) {
    let sign = match line.mark {
        Mark::Same => ' ',
        Mark::Removed => '-',
        Mark::Added => '+',
    };
    let parts = if cut { shortened(line, COLUMNS) } else { line.parts.clone() };
    for (at, piece) in wrapped(&parts, COLUMNS).iter().enumerate() {
        body.push(sign);
        if at > 0 {
            body.push_str("↪ ");
        }
        piece.iter().for_each(|Part { text, .. }| body.push_str(text));
        body.truncate(body.trim_end_matches(' ').len().max(1));
        body.push('\n');
    }
}

/// A clause of ours in which values stand in backticks: the values as code, the rest escaped.
pub fn prose(clause: &str) -> String {
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
