//! A diff as one HTML page: side by side, no scripts, no other files; light and dark, narrow and wide, and on paper.

use std::fmt::Write as _;

use source::escape;

use super::words::{cases, costs_title, faults, figures, heading, reasons, verdict};
use super::{Diff, Direction, Hunk, Line, Mark, Origin, Section, State};

const STYLE: &str = include_str!("html.css");

/// The page for these prompts, in this order.
pub fn html(diffs: &[Diff]) -> String {
    let title = match diffs {
        [one] => heading(one),
        many => format!("{} prompts", many.len()),
    };
    let mut body = String::new();
    diffs.iter().for_each(|diff| write_diff(diff, &mut body));
    document(&title, "", &body)
}

/// A page of these parts: `body` is HTML, `style` more rules than those of diffs.
pub fn document(title: &str, style: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape::html(title)
    )
}

fn write_diff(diff: &Diff, out: &mut String) {
    let _ = writeln!(out, "<article>\n<h1>{}</h1>", escape::html(diff.id.as_str()));
    write_sides(diff, out);
    if diff.is_empty() && !diff.renders_differently() {
        out.push_str("<p>Nothing differs.</p>\n</article>\n");
        return;
    }
    let class = if diff.is_announced() || diff.direction == Direction::Back { "said" } else { "unsaid" };
    let _ = writeln!(out, "<p class=\"verdict {class}\">{}</p>", prose(&capital(&verdict(diff))));
    list(reasons(diff).iter().map(|reason| prose(reason)), out);
    if !diff.facts.is_empty() {
        out.push_str("<h2>Front matter</h2>\n");
    }
    list(diff.facts.iter().map(|fact| format!("<code>{}</code> {}", escape::html(&fact.key), prose(&fact.says))), out);
    let labels = [diff.labels[0].as_str(), diff.labels[1].as_str()];
    for one in diff.messages.iter().chain(&diff.blocks).filter(|section| section.state != State::Same) {
        out.push_str(&section(one, labels));
    }
    for rendered in diff.rendered.iter().filter(|one| !one.is_same()) {
        let _ = writeln!(out, "<h2>Rendered, {}</h2>", prose(&cases(rendered)));
        list(faults(diff, rendered).iter().map(|fault| prose(fault)), out);
        rendered.messages.iter().for_each(|one| out.push_str(&section(one, labels)));
    }
    for rendered in diff.rendered.iter().filter(|one| one.is_same()) {
        let _ = writeln!(out, "<p>Renders the same, {}.</p>", prose(&cases(rendered)));
    }
    let _ = writeln!(out, "<div class=\"figures\">\n<h2>{}</h2>", capital(costs_title(diff)));
    list(figures(diff).iter().map(|line| prose(line)), out);
    out.push_str("</div>\n</article>\n");
}

/// What is compared: each side as it was asked for, its version, its commit and when that was made.
fn write_sides(diff: &Diff, out: &mut String) {
    let back = diff.direction == Direction::Back;
    let roles = if back { ["Newer", "Older"] } else { ["Before", "After"] };
    let ids = [diff.was.as_ref().unwrap_or(&diff.id), &diff.id];
    out.push_str("<dl class=\"sides\">\n");
    for at in [0, 1] {
        let _ = write!(out, "<div><dt>{}</dt><dd><code>{}</code>", roles[at], escape::html(&diff.labels[at]));
        let _ = match &diff.versions[at] {
            Some(version) if diff.was.is_some() => {
                write!(out, "<span><code>{}</code> {version}</span>", escape::html(ids[at].as_str()))
            }
            Some(version) => write!(out, "<span>version {version}</span>"),
            None => write!(out, "<span>has no such prompt</span>"),
        };
        let _ = match &diff.origins[at] {
            Some(Origin { commit, date }) => {
                let date = date.map(|date| format!("<span>{date}</span>")).unwrap_or_default();
                write!(out, "<span>commit <code>{}</code></span>{date}", escape::html(commit))
            }
            None if diff.versions[at].is_some() => write!(out, "<span>not committed</span>"),
            None => Ok(()),
        };
        out.push_str("</dd></div>\n");
    }
    out.push_str("</dl>\n");
}

/// A clause as it begins a line.
fn capital(clause: &str) -> String {
    let mut chars = clause.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn list(items: impl Iterator<Item = String>, out: &mut String) {
    let items: Vec<_> = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if !items.is_empty() {
        let _ = writeln!(out, "<ul>\n{}</ul>", items.concat());
    }
}

/// One text against another, side by side below its title; `labels` say which side is which. A text that one side alone has
/// takes the whole width.
pub fn section(section: &Section, [from, to]: [&str; 2]) -> String {
    if matches!(section.state, State::Added | State::Removed) {
        return one_side(section, if section.state == State::Added { to } else { from });
    }
    let (title, from, to) = (escape::html(&section.title), escape::html(from), escape::html(to));
    let mut out = format!(
        "<table>\n<caption>{title} <ins>+{}</ins> <del>−{}</del></caption>\n\
         <colgroup><col class=\"no\"><col><col class=\"no\"><col></colgroup>\n\
         <thead><tr><th colspan=\"2\" scope=\"col\">{from}</th><th colspan=\"2\" scope=\"col\">{to}</th></tr></thead>\n",
        section.added, section.removed
    );
    for hunk in &section.hunks {
        out.push_str("<tbody>\n");
        rows(hunk).into_iter().for_each(|(left, right)| write_row(left, right, &mut out));
        out.push_str("</tbody>\n");
    }
    out.push_str("</table>\n");
    out
}

fn one_side(section: &Section, label: &str) -> String {
    let added = section.state == State::Added;
    let (tag, word) = if added { ("ins", "new") } else { ("del", "gone") };
    let count = if added { format!("+{}", section.added) } else { format!("−{}", section.removed) };
    let mut out = format!(
        "<table class=\"one\">\n<caption>{} <{tag}>{word} {count}</{tag}></caption>\n\
         <colgroup><col class=\"no\"><col></colgroup>\n\
         <thead><tr><th colspan=\"2\" scope=\"col\">{}</th></tr></thead>\n<tbody>\n",
        escape::html(&section.title),
        escape::html(label)
    );
    for line in section.hunks.iter().flat_map(|hunk| &hunk.lines) {
        out.push_str("<tr>");
        write_cell(Some(line), |line| line.new.or(line.old), tag, &mut out);
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
    out
}

/// Lines beside each other: unchanged ones with themselves, removed ones with added ones as far as they go.
fn rows(hunk: &Hunk) -> Vec<(Option<&Line>, Option<&Line>)> {
    let mut rows = Vec::new();
    let mut lines = hunk.lines.iter().peekable();
    while let Some(line) = lines.peek() {
        if line.mark == Mark::Same {
            rows.push((Some(*line), Some(*line)));
            lines.next();
            continue;
        }
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next_if(|line| line.mark != Mark::Same) {
            if line.mark == Mark::Removed { gone.push(line) } else { new.push(line) }
        }
        rows.extend((0..gone.len().max(new.len())).map(|i| (gone.get(i).copied(), new.get(i).copied())));
    }
    rows
}

fn write_row(left: Option<&Line>, right: Option<&Line>, out: &mut String) {
    let same = left.zip(right).is_some_and(|(a, b)| a.mark == Mark::Same && b.mark == Mark::Same);
    let _ = write!(out, "<tr{}>", if same { " class=\"same\"" } else { "" });
    write_cell(left, |line| line.old, "del", out);
    write_cell(right, |line| line.new, "ins", out);
    out.push_str("</tr>\n");
}

fn write_cell(line: Option<&Line>, number: impl Fn(&Line) -> Option<usize>, tag: &str, out: &mut String) {
    let Some(line) = line else {
        out.push_str("<td class=\"no\"></td><td class=\"none\"></td>");
        return;
    };
    let class = if line.mark == Mark::Same { "" } else { tag };
    let number = number(line).map(|n| n.to_string()).unwrap_or_default();
    let _ = write!(out, "<td class=\"no\">{number}</td><td class=\"text {class}\">");
    for part in &line.parts {
        let text = escape::html(&part.text);
        let _ = if part.changed && line.mark != Mark::Same {
            write!(out, "<{tag}>{text}</{tag}>")
        } else {
            write!(out, "{text}")
        };
    }
    out.push_str("</td>");
}

/// A clause of ours in which values stand in backticks.
pub fn prose(clause: &str) -> String {
    let piece = |(at, piece): (usize, &str)| match at % 2 {
        0 => escape::html(piece),
        _ => format!("<code>{}</code>", escape::html(piece)),
    };
    clause.split('`').enumerate().map(piece).collect()
}
