//! A diff for the terminal.

use std::fmt::Write as _;

use source::escape;

use super::lines::{shortened, wrapped};
use super::words::{cases, faults, figures, heading, reasons, verdict};
use super::{Diff, Line, Mark, Part, Section, State};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Whether there are colours.
    pub colour: bool,
    /// How many columns there are; lines stay whole where nobody knows.
    pub width: Option<usize>,
}

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

/// What stands before the text of a line: its number and its sign.
const GUTTER: usize = 7;

impl Look {
    const fn paint(self) -> &'static Paint {
        if self.colour { &COLOUR } else { &PLAIN }
    }
}

/// The whole diff, ending with a line end.
pub fn terminal(diff: &Diff, look: Look) -> String {
    let paint = look.paint();
    let mut out = String::new();
    let _ = writeln!(out, "{}{}{}", paint.bold, escape::terminal(&heading(diff)), paint.off);
    if diff.is_empty() && !diff.renders_differently() {
        out.push_str("nothing differs\n");
        return out;
    }
    let _ = writeln!(out, "{}", escape::terminal(&verdict(diff)));
    for reason in reasons(diff) {
        let _ = writeln!(out, "  {}", escape::terminal(&reason));
    }
    if !diff.facts.is_empty() {
        let _ = writeln!(out, "\n{}front matter{}", paint.bold, paint.off);
        for fact in &diff.facts {
            let _ = writeln!(out, "  {} {}", escape::terminal(&fact.key), escape::terminal(&fact.says));
        }
    }
    for one in diff.messages.iter().chain(&diff.blocks).filter(|section| section.state != State::Same) {
        let _ = write!(out, "\n{}", section(one, look));
    }
    write_rendered(diff, look, &mut out);
    out.push('\n');
    for line in figures(diff) {
        let whole = [Part { text: escape::terminal(&line).into_owned(), changed: false }];
        let pieces = wrapped(&whole, look.width.map_or(usize::MAX, |width| width.saturating_sub(2)));
        for (at, piece) in pieces.iter().enumerate() {
            let text: String = piece.iter().map(|part| part.text.as_str()).collect();
            let _ = writeln!(out, "{}{}", if at == 0 { "" } else { "  " }, text.trim_end());
        }
    }
    out
}

fn write_rendered(diff: &Diff, look: Look, out: &mut String) {
    let paint = look.paint();
    for rendered in diff.rendered.iter().filter(|one| !one.is_same()) {
        let title = format!("rendered, {}", cases(rendered));
        let _ = writeln!(out, "\n{}{}{}", paint.bold, escape::terminal(&title), paint.off);
        for fault in faults(diff, rendered) {
            let _ = writeln!(out, "  {}", escape::terminal(&fault));
        }
        for (at, one) in rendered.messages.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { "\n" });
            out.push_str(&section(one, look));
        }
    }
    for rendered in diff.rendered.iter().filter(|one| one.is_same()) {
        let title = format!("renders the same, {}", cases(rendered));
        let _ = writeln!(out, "\n{}", escape::terminal(&title));
    }
}

/// One text against another below its title, ending with a line end.
pub fn section(section: &Section, look: Look) -> String {
    let paint = look.paint();
    let state = match section.state {
        State::Added => "new, ",
        State::Removed => "gone, ",
        State::Changed | State::Same => "",
    };
    let (bold, off, red, green) = (paint.bold, paint.off, paint.red, paint.green);
    let title = escape::terminal(&section.title);
    let (added, removed) = (section.added, section.removed);
    let mut out = format!("{bold}{title}{off} {state}{green}+{added}{off} {red}-{removed}{off}\n");
    for (at, hunk) in section.hunks.iter().enumerate() {
        if at > 0 {
            let _ = writeln!(out, "{}     ⋮{}", paint.dim, paint.off);
        }
        hunk.lines.iter().for_each(|line| write_line(line, look, &mut out));
    }
    out
}

fn write_line(line: &Line, look: Look, out: &mut String) {
    let paint = look.paint();
    let (sign, soft, strong) = match line.mark {
        Mark::Same => (' ', "", ""),
        Mark::Removed => ('-', paint.red, paint.strong_red),
        Mark::Added => ('+', paint.green, paint.strong_green),
    };
    let columns = look.width.map(|width| width.saturating_sub(GUTTER).max(20));
    let parts = match columns {
        // What did not change is cut where it would run over; what did is shown whole, on as many lines as it takes.
        Some(columns) if line.mark == Mark::Same => shortened(line, columns),
        _ => line.parts.clone(),
    };
    let parts = escaped(&parts);
    let pieces = columns.map_or_else(|| vec![parts.clone()], |columns| wrapped(&parts, columns));
    for (at, piece) in pieces.iter().enumerate() {
        let number = match at {
            0 => line.new.or(line.old).unwrap_or(0).to_string(),
            _ => String::new(),
        };
        // A sign on every piece: no text that we did not write ever begins a line of a log.
        let _ = write!(out, "{}{number:>4}{} {soft}{sign} ", paint.dim, paint.off);
        for part in piece {
            match part.changed && !strong.is_empty() {
                true => out.push_str(&format!("{}{strong}{}{}{soft}", paint.off, part.text, paint.off)),
                false => out.push_str(&part.text),
            }
        }
        let end = out.trim_end_matches(' ').len();
        out.truncate(end);
        out.push_str(if soft.is_empty() { "" } else { paint.off });
        out.push('\n');
    }
}

/// The parts of one line, harmless: what a log would take for a command may be spread over several of them.
fn escaped(parts: &[Part]) -> Vec<Part> {
    let mut before = String::new();
    let one = |part: &Part| {
        let whole = format!("{before}{}", part.text);
        let tail = before.len();
        let text = match escape::terminal(&whole) {
            // The two characters before a part are shown as they are, so that its own text begins where it did.
            shown if shown.is_char_boundary(tail) && shown.starts_with(&before) => shown[tail..].to_owned(),
            _ => escape::terminal(&part.text).into_owned(),
        };
        let start = whole.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
        before = whole[start..].to_owned();
        Part { text, changed: part.changed }
    };
    parts.iter().map(one).collect()
}
