//! What a review says, apart from how it looks: blocks of lines, lines of pieces. Each form escapes every piece.

use check::diff::Section;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Running text.
    Plain(String),
    /// What people type or a file holds.
    Code(String),
    /// What the eye should find first.
    Strong(String),
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line(pub(super) Vec<Piece>);

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing stands against it.
    Good,
    /// Somebody should look.
    Look,
    /// It cannot stay so.
    Bad,
    /// Worth knowing.
    Note,
}

/// Whether a text needs its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Titled {
    /// It does.
    Yes,
    /// What stands before is title enough.
    No,
}

/// A part of a report.
#[derive(Debug, Clone)]
pub(super) enum Block {
    /// What it comes to.
    Title(Mark, Line),
    /// What a part is about.
    Heading(Line),
    /// A paragraph.
    Text(Line),
    /// What only some will read.
    Small(Line),
    /// Items, each with a mark where it has one.
    List(Vec<(Option<Mark>, Line)>),
    /// What is to be done, in order: what, and the command.
    Steps(Vec<(Line, Option<String>)>),
    /// Rows below a head.
    Table(Vec<Line>, Vec<Vec<Line>>),
    /// Shown on demand.
    Fold(Line, Vec<Block>),
    /// A text against another, below its title unless what stands before says what it is.
    Diff(Section, Titled),
}

impl Line {
    /// Running text.
    pub(super) fn of(text: impl Into<String>) -> Self {
        Self::default().plain(text)
    }

    /// A clause of ours in which values stand in backticks.
    pub(super) fn clause(text: &str) -> Self {
        let piece = |(at, piece): (usize, &str)| match at % 2 {
            0 => Piece::Plain(piece.to_owned()),
            _ => Piece::Code(piece.to_owned()),
        };
        let pieces = text.split('`').enumerate().map(piece);
        Self(pieces.filter(|piece| !piece.text().is_empty()).collect())
    }

    /// With running text.
    #[must_use]
    pub(super) fn plain(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Plain(text.into()));
        self
    }

    /// With what people type or a file holds.
    #[must_use]
    pub(super) fn code(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Code(text.into()));
        self
    }

    /// With what the eye should find first.
    #[must_use]
    pub(super) fn strong(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Strong(text.into()));
        self
    }

    /// With another line at its end.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Names as code, separated by commas; at most `most` of them, the rest counted.
    pub(super) fn names<T: ToString>(names: impl IntoIterator<Item = T>, most: usize) -> Self {
        let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
        let mut line = Self::default();
        for (at, name) in names.iter().take(most).enumerate() {
            line = if at > 0 { line.plain(", ") } else { line };
            line = line.code(name);
        }
        match names.len().saturating_sub(most) {
            0 => line,
            more => line.plain(format!(" and {more} more")),
        }
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|piece| piece.text().is_empty())
    }

    /// No longer than `most` characters, so that one value cannot fill a report.
    #[must_use]
    pub(super) fn cut(mut self, most: usize) -> Self {
        let mut left = most;
        self.0.retain_mut(|piece| {
            if left == 0 {
                return false;
            }
            let text = piece.text_mut();
            match text.char_indices().nth(left) {
                Some((end, _)) => {
                    text.truncate(end);
                    text.push('…');
                    left = 0;
                }
                None => left -= text.chars().count(),
            }
            true
        });
        self
    }
}

impl Piece {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Code(text) | Self::Strong(text) => text,
        }
    }

    fn text_mut(&mut self) -> &mut String {
        match self {
            Self::Plain(text) | Self::Code(text) | Self::Strong(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_fill_a_report() {
        let line = Line::clause("input `x` takes ").code("é".repeat(500)).plain(" no more").cut(20);
        let text: String = line.0.iter().map(Piece::text).collect();
        assert_eq!(text, format!("input x takes {}…", "é".repeat(6)));
    }
}
