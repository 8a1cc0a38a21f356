//! What git leaves in a file that two people changed: both sides, between lines of markers.

use crate::{Finding, Place, Span, Text};

/// Of a file full of them, so many are told.
const MOST: usize = 20;

/// One for each conflict, at the line that opens it. A row of `=` alone underlines a heading and is none.
pub(super) fn conflicts(text: &Text) -> Vec<Finding> {
    // To ask whether a text holds another is far cheaper than to go through its lines.
    if !text.as_str().contains(OPENS) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut open: Option<Conflict> = None;
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let span = Span::new(at, at + bare.len());
        at += line.len();
        if is_marker(bare, OPENS) {
            open = Some(Conflict { opens: span, base: None, divides: None });
        } else if let Some(conflict) = &mut open {
            if is_marker(bare, BASE) && conflict.divides.is_none() {
                conflict.base = Some(span);
            } else if bare == DIVIDES {
                conflict.divides = Some(span);
            } else if is_marker(bare, CLOSES)
                && let Some(divides) = conflict.divides
            {
                found.push(conflict.finding(text, divides, span));
                open = None;
                if found.len() >= MOST {
                    break;
                }
            }
        }
    }
    found
}

const OPENS: &str = "<<<<<<<";
const BASE: &str = "|||||||";
const DIVIDES: &str = "=======";
const CLOSES: &str = ">>>>>>>";

/// A line that is the marker alone, or the marker, a space and the name of a side.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

struct Conflict {
    opens: Span,
    base: Option<Span>,
    divides: Option<Span>,
}

impl Conflict {
    fn finding(&self, text: &Text, divides: Span, closes: Span) -> Finding {
        let line = |span: Span| text.position(span.start).line;
        let (from, to) = (line(self.opens), line(closes));
        let place = |span| Place::new(text, span);
        let mut finding =
            Finding::new("conflict-marker", place(self.opens), format!("lines {from} to {to} are a merge conflict"));
        if let Some(base) = self.base {
            finding = finding.also(place(base), "what both sides changed");
        }
        finding
            .also(place(divides), "the other side begins here")
            .also(place(closes), "and ends here")
            .help("keep what is right of both sides and delete the marker lines; indent them where they are an example")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RepoPath;

    fn found(content: &str) -> Vec<(u32, u32)> {
        let text = Text::new(RepoPath::new("prompts/a.md").unwrap(), content);
        conflicts(&text).iter().map(|f| (f.at.start().line, f.also.last().unwrap().0.start().line)).collect()
    }

    #[test]
    fn a_conflict_is_an_opening_line_followed_by_the_others() {
        assert_eq!(found("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> theirs\n"), [(2, 6)]);
        assert_eq!(found("<<<<<<< HEAD\r\nb\r\n=======\r\n>>>>>>> x\r\n"), [(1, 4)]);
        assert_eq!(
            found("<<<<<<<\n||||||| 1234\nb\n=======\n>>>>>>>\n<<<<<<< a\n=======\n>>>>>>> b"),
            [(1, 5), (6, 8)]
        );
    }

    #[test]
    fn what_only_looks_like_a_marker_is_text() {
        assert_eq!(found("Heading\n=======\n\ntext\n"), []);
        assert_eq!(found("<<<<<<< HEAD\nb\n"), []);
        assert_eq!(found("    <<<<<<< HEAD\n    =======\n    >>>>>>> x\n"), []);
        assert_eq!(found("<<<<<<<< eight\n=======\n>>>>>>> x\n"), []);
    }
}
