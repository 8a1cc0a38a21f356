//! A timeline that a person can read: a line for each entry and what belongs to it below, as wide as the screen.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use release::Event;
use source::escape::terminal;

/// How wide a page is where no screen says so.
const WIDTH: usize = 80;
/// How wide lines become at most: longer ones are hard to follow.
const WIDEST: usize = 132;
/// Below this nothing stands beside anything.
const NARROWEST: usize = 50;
/// Where the second column starts: after a time and two blanks.
const INDENT: usize = 22;

/// What it is shown on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Whether it shows colour.
    pub(crate) colour: bool,
    /// Its columns, where it is a screen.
    pub(crate) width: Option<usize>,
}

impl Look {
    pub(crate) fn columns(self) -> usize {
        self.width.unwrap_or(WIDTH).clamp(NARROWEST, WIDEST)
    }
}

/// The timeline. Where every line has room for it, who signed stands beside what, else below it.
pub(crate) fn text(events: &[Event], look: Look) -> String {
    let acts = events.iter().map(|event| event.act.len()).max().unwrap_or(0);
    let whats = events.iter().map(|event| what(event).chars().count()).max().unwrap_or(0);
    let names = events.iter().map(|event| by(event).chars().count()).max().unwrap_or(0);
    let room = look.columns() - INDENT - acts - 2;
    let beside = whats + 2 + names <= room;
    events.iter().fold(String::new(), |mut text, event| {
        let paint = Paint { colour: look.colour, event };
        let time = event.at.map_or_else(|| "at no known time".to_owned(), |at| at.to_string());
        let (what, by) = (what(event), by(event));
        let pad = if beside && !by.is_empty() { whats - what.chars().count() + 2 } else { 0 };
        let name = if beside { paint.dim(&by) } else { String::new() };
        let mut whats = wrapped(&what, room).into_iter();
        let first = whats.next().unwrap_or_default();
        let _ = writeln!(text, "{time:<20}  {}  {}{:pad$}{name}", paint.act(acts), paint.what(&first), "");
        for rest in whats {
            let _ = writeln!(text, "{:INDENT$}{:acts$}  {}", "", "", paint.what(&rest));
        }
        for (line, refused) in details(event, !beside) {
            for line in wrapped(&line, room) {
                let line = if refused { paint.alarm(&line) } else { paint.dim(&line) };
                let _ = writeln!(text, "{:INDENT$}{:acts$}  {line}", "", "");
            }
        }
        text
    })
}

/// What an entry is about, in few words.
pub(crate) fn what(event: &Event) -> String {
    let before = event.before.as_ref().filter(|before| event.version.as_ref() != Some(*before));
    let named = match (&event.prompt, &event.version) {
        (Some(id), Some(version)) => match before {
            Some(before) => format!("{id} {before} -> {version}"),
            None => format!("{id} {version}"),
        },
        (Some(id), None) => id.to_string(),
        (None, _) => String::new(),
    };
    match (event.act, &event.environment, event.sequence) {
        ("policy", _, Some(n)) => format!("policy {n}"),
        ("approve" | "reject", Some(env), Some(n)) => format!("{named} as entry {n} of {env}"),
        ("approve" | "reject", None, Some(n)) => format!("policy {n}"),
        ("attest", _, Some(n)) if named.is_empty() => format!("run {n} of a content that nobody released"),
        ("attest", _, Some(n)) => format!("{named}, run {n}"),
        ("release", ..) => named,
        ("unknown", ..) => terminal(&event.tag).into_owned(),
        (_, Some(env), Some(n)) => format!("{named} in {env}, entry {n}"),
        _ => terminal(&event.tag).into_owned(),
    }
}

fn by(event: &Event) -> String {
    let machine = if event.automation == Some(true) { " (automation)" } else { "" };
    format!("{}{machine}", terminal(&event.by))
}

/// By whom (where that does not stand beside it) and why, on whose word, on what evidence; and what refused it.
fn details(event: &Event, signed: bool) -> Vec<(String, bool)> {
    let mut lines = Vec::new();
    let why = event.reason.iter().map(|reason| terminal(reason).into_owned()).next();
    match (by(event), why) {
        (by, Some(why)) if signed && !by.is_empty() => lines.push(format!("by {by}: {why}")),
        (by, None) if signed && !by.is_empty() => lines.push(format!("by {by}")),
        (_, why) => lines.extend(why),
    }
    if !event.approved_by.is_empty() {
        lines.push(format!("approved by {}", terminal(&event.approved_by.join(", "))));
    }
    lines.extend(event.attested.iter().map(|run| format!("evidence: {}", terminal(run))));
    let mut lines: Vec<(String, bool)> = lines.into_iter().map(|line| (line, false)).collect();
    if let Some(refusal) = &event.refusal {
        lines.push((format!("REFUSED {}: {}", refusal.code, terminal(&refusal.detail)), true));
    }
    lines
}

/// A line in pieces of at most `width` characters, cut at blanks; a longer word stays whole, so that it can be copied.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ') {
        // A number stays with what it counts: `entry 5`.
        let number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        match lines.last_mut() {
            Some(last) if number || last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

struct Paint<'a> {
    colour: bool,
    event: &'a Event,
}

impl Paint<'_> {
    /// The act, padded; what takes something back stands out.
    fn act(&self, width: usize) -> String {
        let colour = match self.event.act {
            "promote" => AnsiColor::Green,
            "rollback" | "retire" | "reject" | "unknown" => AnsiColor::Red,
            "hold" | "seal" => AnsiColor::Yellow,
            "policy" => AnsiColor::Magenta,
            _ => AnsiColor::Cyan,
        };
        let padded = format!("{:<width$}", self.event.act);
        self.styled(Style::new().bold().fg_color(Some(colour.into())), &padded)
    }

    fn what(&self, text: &str) -> String {
        match self.event.refusal {
            Some(_) => self.styled(Style::new().strikethrough(), text),
            None => text.to_owned(),
        }
    }

    fn dim(&self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    fn alarm(&self, text: &str) -> String {
        self.styled(Style::new().fg_color(Some(AnsiColor::Red.into())), text)
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_blanks_and_words_stay_whole() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a-word-of-its-own x", 3), ["a-word-of-its-own", "x"]);
        assert_eq!(wrapped("", 7), [""]);
    }
}
