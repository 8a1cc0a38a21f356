//! Lines that are too long to look at: prompts are prose, and a paragraph is often one line.

use unicode_width::UnicodeWidthChar as _;

use super::{Line, Mark, Part};

/// So much of what did not change stands on each side of what did.
const AROUND: usize = 48;

/// The parts of a line of more than `long` columns without the stretches that did not change: of a changed line what stands
/// around the change, of an unchanged one its start. A line that is new as a whole stays whole.
pub(crate) fn shortened(line: &Line, long: usize) -> Vec<Part> {
    let columns: usize = line.parts.iter().map(|part| width(&part.text)).sum();
    if columns <= long {
        return line.parts.clone();
    }
    if line.mark == Mark::Same {
        let text: String = line.parts.iter().map(|part| part.text.as_str()).collect();
        return vec![plain(format!("{} …", first(&text, long.saturating_sub(2))))];
    }
    if !line.parts.iter().any(|part| part.changed) {
        return line.parts.clone();
    }
    let last = line.parts.len() - 1;
    let part = |(at, part): (usize, &Part)| match part.changed {
        true => part.clone(),
        false => plain(match (at == 0, at == last) {
            (true, _) => ends(&part.text, 0, AROUND),
            (_, true) => ends(&part.text, AROUND, 0),
            _ => ends(&part.text, AROUND, AROUND),
        }),
    };
    line.parts.iter().enumerate().map(part).collect()
}

/// `parts` in pieces of at most `columns`, cut after a space where there is one. Never empty.
pub(crate) fn wrapped(parts: &[Part], columns: usize) -> Vec<Vec<Part>> {
    let chars: Vec<(char, bool)> = parts.iter().flat_map(|p| p.text.chars().map(move |c| (c, p.changed))).collect();
    let mut pieces = Vec::new();
    let mut rest = chars.as_slice();
    loop {
        let (piece, after) = rest.split_at(cut(rest, columns.max(8)));
        pieces.push(joined(piece));
        if after.is_empty() {
            return pieces;
        }
        rest = after;
    }
}

/// Neighbours that are alike in one part.
pub(crate) fn joined(chars: &[(char, bool)]) -> Vec<Part> {
    let runs = chars.chunk_by(|a, b| a.1 == b.1);
    runs.map(|run| Part { text: run.iter().map(|(c, _)| c).collect(), changed: run[0].1 }).collect()
}

/// How many characters go on the first line.
fn cut(chars: &[(char, bool)], columns: usize) -> usize {
    let (mut used, mut space) = (0, None);
    for (at, (c, _)) in chars.iter().enumerate() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return space.unwrap_or(at.max(1));
        }
        if *c == ' ' {
            space = Some(at + 1);
        }
    }
    chars.len()
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

fn plain(text: String) -> Part {
    Part { text, changed: false }
}

/// The first columns of `text`, up to a space where there is one near.
fn first(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > columns
    });
    let kept = end.map_or(text, |(at, _)| &text[..at]);
    let word = if kept.len() < text.len() { kept.rfind(' ').filter(|at| *at * 2 > kept.len()) } else { None };
    &kept[..word.unwrap_or(kept.len())]
}

/// The last columns of `text`, from a space on where there is one near.
fn last(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let start = text.char_indices().rev().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > columns
    });
    let kept = start.map_or(text, |(at, c)| &text[at + c.len_utf8()..]);
    let word = if kept.len() < text.len() { kept.find(' ').filter(|at| *at * 2 < kept.len()) } else { None };
    &kept[word.map_or(0, |at| at + 1)..]
}

/// The first and last columns of `text`, with an ellipsis where anything is left out.
fn ends(text: &str, front: usize, back: usize) -> String {
    if width(text) <= front + back + 3 {
        return text.to_owned();
    }
    let (front, back) = (first(text, front), last(text, back));
    let blank = |there: bool| if there { " " } else { "" };
    format!("{front}{}…{}{back}", blank(!front.is_empty()), blank(!back.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Section;

    fn text(parts: &[Part]) -> String {
        parts.iter().map(|p| p.text.as_str()).collect()
    }

    #[test]
    fn a_long_line_is_shown_around_its_change() {
        let paragraph =
            |word: &str| format!("{}{word} {}\n", "before it some words ".repeat(20), "and after ".repeat(20));
        let section = Section::compare("m", Some(&paragraph("kind")), Some(&paragraph("brief")));
        let shown = text(&shortened(&section.hunks[0].lines[0], 160));
        assert!(shown.starts_with("… ") && shown.ends_with(" …") && shown.contains("words kind and after"), "{shown}");
        assert!(shown.chars().count() < 120, "{shown}");
    }

    #[test]
    fn nothing_is_lost_where_a_line_is_wrapped() {
        for columns in [8, 13, 40] {
            let parts = vec![plain("Say hello to 日本語の ".repeat(4)), Part { text: "x".repeat(50), changed: true }];
            let pieces = wrapped(&parts, columns);
            assert_eq!(pieces.iter().map(|p| text(p)).collect::<String>(), text(&parts));
            assert!(pieces.iter().all(|p| width(text(p).trim_end()) <= columns), "{pieces:?}");
        }
        assert_eq!(wrapped(&[], 10), [vec![]]);
    }
}
