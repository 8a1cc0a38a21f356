//! A diff for the terminal.

use std::fmt::Write as _;

use source::escape;

use super::words::{figures, heading, reasons, verdict};
use super::{Diff, Line, Mark, Section, State};

/// Select Graphic Rendition codes; empty where colour is off.
struct Paint {
    bold: &'static str,
    dim: &'static str,
    red: &'static str,
    green: &'static str,
    strong_red: &'static str,
    strong_green: &'static str,
    off: &'static str,
}

const COLOUR: Paint = Paint {
    bold: "\x1b[1m",
    dim: "\x1b[2m",
    red: "\x1b[31m",
    green: "\x1b[32m",
    strong_red: "\x1b[1;7;31m",
    strong_green: "\x1b[1;7;32m",
    off: "\x1b[0m",
};

const PLAIN: Paint = Paint { bold: "", dim: "", red: "", green: "", strong_red: "", strong_green: "", off: "" };

/// The whole diff, ending with a line end; with colours where `colour` is set.
pub fn terminal(diff: &Diff, colour: bool) -> String {
    let paint = if colour { &COLOUR } else { &PLAIN };
    let mut out = String::new();
    let _ = writeln!(out, "{}{}{}", paint.bold, escape::terminal(&heading(diff)), paint.off);
    if diff.is_empty() {
        out.push_str("nothing differs\n");
        return out;
    }
    let _ = writeln!(out, "{}", verdict(diff));
    for reason in reasons(diff) {
        let _ = writeln!(out, "  {}", escape::terminal(&reason));
    }
    if !diff.facts.is_empty() {
        let _ = writeln!(out, "\n{}front matter{}", paint.bold, paint.off);
        for fact in &diff.facts {
            let _ = writeln!(out, "  {} {}", escape::terminal(&fact.key), escape::terminal(&fact.says));
        }
    }
    for section in diff.messages.iter().chain(&diff.blocks).filter(|section| section.state != State::Same) {
        write_section(section, paint, &mut out);
    }
    for rendered in &diff.rendered {
        let _ = writeln!(out, "\n{}case {}{}", paint.bold, escape::terminal(&rendered.case), paint.off);
        let changed = || rendered.messages.iter().filter(|section| section.state != State::Same);
        changed().for_each(|section| write_section(section, paint, &mut out));
        if changed().next().is_none() {
            out.push_str("  renders the same\n");
        }
    }
    let _ = writeln!(out, "\n{}", figures(diff));
    out
}

fn write_section(section: &Section, paint: &Paint, out: &mut String) {
    let state = match section.state {
        State::Added => "new, ",
        State::Removed => "gone, ",
        State::Changed | State::Same => "",
    };
    let (bold, off, red, green) = (paint.bold, paint.off, paint.red, paint.green);
    let title = escape::terminal(&section.title);
    let (added, removed) = (section.added, section.removed);
    let _ = writeln!(out, "\n{bold}{title}{off} {state}{green}+{added}{off} {red}-{removed}{off}");
    for (at, hunk) in section.hunks.iter().enumerate() {
        if at > 0 {
            let _ = writeln!(out, "{}     ⋮{}", paint.dim, paint.off);
        }
        hunk.lines.iter().for_each(|line| write_line(line, paint, out));
    }
}

fn write_line(line: &Line, paint: &Paint, out: &mut String) {
    let (sign, soft, strong) = match line.mark {
        Mark::Same => (' ', "", ""),
        Mark::Removed => ('-', paint.red, paint.strong_red),
        Mark::Added => ('+', paint.green, paint.strong_green),
    };
    let number = line.new.or(line.old).unwrap_or(0);
    let _ = write!(out, "{}{number:>4}{} {soft}{sign} ", paint.dim, paint.off);
    for part in &line.parts {
        let text = escape::terminal(&part.text);
        match part.changed && !strong.is_empty() {
            true => out.push_str(&format!("{}{strong}{text}{}{soft}", paint.off, paint.off)),
            false => out.push_str(&text),
        }
    }
    let end = out.trim_end_matches(' ').len();
    out.truncate(end);
    out.push_str(if soft.is_empty() { "" } else { paint.off });
    out.push('\n');
}
