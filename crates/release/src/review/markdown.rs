//! A review as the comment of a pull request: found again by its marker, never longer than a comment may be.

use check::diff::{Section, markdown as diff};
use source::escape;

use super::Review;
use super::form::{Block, Line, Mark, Piece, Titled};
use super::page::{Depth, page};

/// GitHub refuses comments of more than 65,536 characters. Bytes are counted here, of which no text has fewer.
pub const LIMIT: usize = 65_000;
/// So many lines of one text are shown.
const LINES: usize = 160;
/// A line that is new as a whole is shown up to so many characters.
const LONG: usize = 1_600;
/// Items of one list.
const ITEMS: usize = 25;

/// The first line of a comment, by which the comment is found again: hidden, one for each prompt root.
pub fn marker(root: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    match root {
        "" | "." => "<!-- promptuary:review -->".to_owned(),
        // Two hyphens would end the comment.
        root if root.chars().all(plain) && !root.contains("--") => format!("<!-- promptuary:review {root} -->"),
        root => format!("<!-- promptuary:review {} -->", source::Digest::of(root.as_bytes()).short16()),
    }
}

/// The comment, at most [`LIMIT`] bytes. What did not fit is said at the end.
pub fn markdown(review: &Review) -> String {
    let blocks = page(review, Depth { items: ITEMS, diffs: true });
    let parts: Vec<(String, Weight)> = blocks.iter().map(|block| (written(block), Weight::of(block))).collect();
    let start = format!("{}\n", marker(&review.root));
    let kept = fitting(&parts, LIMIT - start.len() - 400);
    let mut out = start;
    for ((text, _), _) in parts.iter().zip(&kept).filter(|(_, kept)| **kept) {
        out.push_str(text);
        out.push('\n');
    }
    let left = kept.iter().filter(|kept| !**kept).count();
    if left > 0 {
        let line = Line::of(format!("{left} parts are left out, as a comment holds 65,536 characters. All of it: "));
        let line = line.code(super::page::command(review, " --format html"));
        out.push_str(&format!("\n{}\n", inline(&line, false)));
    }
    out
}

/// What goes first where not all of it fits. Ordered from what stays longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Said to everybody.
    Open,
    /// Shown on demand.
    Folded,
    /// Texts line by line.
    Texts,
}

impl Weight {
    fn of(block: &Block) -> Self {
        match block {
            Block::Fold(_, body) if body.iter().any(|block| matches!(block, Block::Diff(..))) => Self::Texts,
            Block::Fold(..) => Self::Folded,
            Block::Diff(..) => Self::Texts,
            _ => Self::Open,
        }
    }
}

/// Which parts are shown so that together they take at most `room` bytes: the weightier first, then the earlier.
fn fitting(parts: &[(String, Weight)], room: usize) -> Vec<bool> {
    let mut kept = vec![false; parts.len()];
    let mut order: Vec<usize> = (0..parts.len()).collect();
    // The last line says what was compared: it goes with the title.
    order.sort_by_key(|at| (parts[*at].1, at + 1 != parts.len(), *at));
    let mut used = 0;
    for at in order {
        let size = parts[at].0.len() + 1;
        kept[at] = used + size <= room;
        used += if kept[at] { size } else { 0 };
    }
    kept
}

/// One block, ending with a line end.
fn written(block: &Block) -> String {
    match block {
        Block::Title(mark, line) => format!("### {} {}\n", sign(*mark), inline(line, false)),
        Block::Heading(line) => format!("#### {}\n", inline(line, false)),
        Block::Text(line) => format!("{}\n", inline(line, false)),
        Block::Small(line) => format!("<sub>{}</sub>\n", inline(line, false)),
        Block::List(items) => items.iter().map(|(mark, line)| item(*mark, line)).collect(),
        Block::Steps(steps) => {
            let steps: String = steps.iter().enumerate().map(|(at, step)| numbered(at, step)).collect();
            format!("#### To do\n\n{steps}")
        }
        Block::Table(head, rows) => table(head, rows),
        Block::Fold(line, body) => {
            let body: String = body.iter().map(|block| format!("{}\n", written(block))).collect();
            format!("<details><summary>{}</summary>\n\n{body}</details>\n", summary(line))
        }
        Block::Diff(section, titled) => text(&cut(section), *titled == Titled::Yes || is_long(section)),
    }
}

fn text(section: &Section, titled: bool) -> String {
    if titled { diff::section(section) } else { format!("{}\n", diff::fence(section)) }
}

const fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "✅",
        Mark::Look => "⚠️",
        Mark::Bad => "❌",
        Mark::Note => "ℹ️",
    }
}

fn item(mark: Option<Mark>, line: &Line) -> String {
    match mark {
        Some(mark) => format!("- {} {}\n", sign(mark), inline(line, false)),
        None => format!("- {}\n", inline(line, false)),
    }
}

fn numbered(at: usize, (line, command): &(Line, Option<String>)) -> String {
    let command = command.as_ref().map(|c| format!(": {}", code(c, false))).unwrap_or_default();
    format!("{}. {}{command}\n", at + 1, inline(line, false))
}

fn table(head: &[Line], rows: &[Vec<Line>]) -> String {
    let row = |cells: &[Line]| {
        let cells: Vec<_> = cells.iter().map(|cell| inline(cell, true)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    let rows: String = rows.iter().map(|cells| row(cells)).collect();
    format!("{}{rule}{rows}", row(head))
}

/// A line; `in_table` where `|` would end a cell even inside code.
fn inline(line: &Line, in_table: bool) -> String {
    let mut out = String::new();
    for piece in &line.0 {
        let begins = out.is_empty();
        match piece {
            // Blanks at the ends of a piece part it from its neighbours.
            Piece::Plain(text) => out.push_str(&spaced(text, |text| prose(text, begins))),
            Piece::Strong(text) => out.push_str(&spaced(text, |text| format!("**{}**", prose(text, false)))),
            Piece::Code(text) => out.push_str(&code(text, in_table)),
        }
    }
    out.trim().to_owned()
}

/// Text as Markdown. What would begin a list or a rule means nothing behind other text, and is left as it is there.
fn prose(text: &str, begins: bool) -> String {
    if begins { escape::markdown(text) } else { escape::markdown(&format!("x{text}")).split_off(1) }
}

fn spaced(text: &str, write: impl Fn(&str) -> String) -> String {
    let (trimmed, blank) = (text.trim_matches(' '), |there: bool| if there { " " } else { "" });
    if trimmed.is_empty() {
        return blank(!text.is_empty()).to_owned();
    }
    format!("{}{}{}", blank(text.starts_with(' ')), write(trimmed), blank(text.ends_with(' ')))
}

fn code(text: &str, in_table: bool) -> String {
    let code = escape::markdown_code(text);
    // Each `|` carries exactly one backslash that only tables take off again.
    if in_table { code } else { code.replace("\\|", "|") }
}

/// The line of a fold is HTML, in which Markdown means nothing.
fn summary(line: &Line) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Plain(text) => escape::html(text).replace('@', "@&#8203;"),
        Piece::Strong(text) => format!("<b>{}</b>", escape::html(text).replace('@', "@&#8203;")),
        Piece::Code(text) => format!("<code>{}</code>", escape::html(text)),
    };
    line.0.iter().map(piece).collect()
}

fn is_long(section: &Section) -> bool {
    section.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>() > LINES
}

/// A text of no more lines than a comment bears; what is left out is counted in its title.
fn cut(section: &Section) -> Section {
    let mut cut = section.clone();
    let (mut left, mut lost) = (LINES, 0);
    for hunk in &mut cut.hunks {
        lost += hunk.lines.len().saturating_sub(left);
        hunk.lines.truncate(left);
        left -= hunk.lines.len();
        for line in &mut hunk.lines {
            let mut room = LONG;
            line.parts.retain_mut(|part| {
                match part.text.char_indices().nth(room) {
                    Some((end, _)) => {
                        part.text.truncate(end);
                        part.text.push('…');
                        room = 0;
                    }
                    None => room -= part.text.chars().count(),
                }
                !part.text.is_empty()
            });
        }
    }
    cut.hunks.retain(|hunk| !hunk.lines.is_empty());
    if lost > 0 {
        cut.title = format!("{} (the first {LINES} lines; {lost} more are left out)", cut.title);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_holds_nothing_that_ends_it() {
        assert_eq!(marker("."), "<!-- promptuary:review -->");
        assert_eq!(marker("services/ai"), "<!-- promptuary:review services/ai -->");
        for root in ["a--b", "a b", "-->", "é"] {
            let marker = marker(root);
            assert!(marker.len() == 43 && !marker["<!--".len()..marker.len() - 3].contains("--"), "{marker}");
        }
    }

    #[test]
    fn what_everybody_reads_is_kept_before_texts() {
        let part = |weight, size: usize| ("x".repeat(size), weight);
        let parts = [
            part(Weight::Open, 10),
            part(Weight::Texts, 50),
            part(Weight::Texts, 20),
            part(Weight::Folded, 30),
            part(Weight::Open, 10),
        ];
        assert_eq!(fitting(&parts, 200), [true; 5]);
        assert_eq!(fitting(&parts, 80), [true, false, true, true, true]);
        assert_eq!(fitting(&parts, 30), [true, false, false, false, true]);
    }
}
