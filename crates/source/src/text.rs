//! A text that was read, and places in it.

use std::sync::{Arc, OnceLock};

use crate::secrets::{Secret, secrets};
use crate::{RepoPath, redact};

/// A half-open range of byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to but not including `end`.
    pub fn new(start: usize, end: usize) -> Self {
        let fit = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: fit(start), end: fit(end.max(start)) }
    }

    /// The same range, for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Moved towards the end by `by` bytes.
    #[must_use]
    pub fn shifted(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }
}

/// A line and a column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// A file's whole content with the path it was read from. Cheap to clone.
#[derive(Clone)]
pub struct Text(Arc<Inner>);

struct Inner {
    path: RepoPath,
    content: Box<str>,
    line_starts: OnceLock<Vec<u32>>,
    secrets: OnceLock<Vec<Secret>>,
    masked: OnceLock<Option<Box<str>>>,
}

impl Text {
    /// Wraps `content` as read from `path`.
    pub fn new(path: RepoPath, content: impl Into<Box<str>>) -> Self {
        let (line_starts, secrets, masked) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { path, content: content.into(), line_starts, secrets, masked }))
    }

    /// The same, of which `more` is not to be shown either.
    #[must_use]
    pub fn hiding(&self, more: impl IntoIterator<Item = Secret>) -> Self {
        let mut all: Vec<Secret> = self.secrets().iter().cloned().chain(more).collect();
        all.sort_by_key(|secret| (secret.at.start, std::cmp::Reverse(secret.at.end)));
        let mut end = 0;
        all.retain(|secret| {
            let apart = secret.at.start >= end;
            end = end.max(secret.at.end);
            apart
        });
        let hiding = Self::new(self.path().clone(), self.as_str());
        let _ = hiding.0.secrets.set(all);
        hiding
    }

    /// Where it was read from.
    pub fn path(&self) -> &RepoPath {
        &self.0.path
    }

    /// All of it, exactly as read.
    pub fn as_str(&self) -> &str {
        &self.0.content
    }

    /// All of it as it may be shown: its secrets blotted out, byte for byte, so that spans hold.
    pub fn shown(&self) -> &str {
        let masked = self.0.masked.get_or_init(|| redact::masked(self.as_str(), self.secrets()));
        masked.as_deref().unwrap_or(self.as_str())
    }

    /// The keys, tokens and passwords in it.
    pub fn secrets(&self) -> &[Secret] {
        self.0.secrets.get_or_init(|| secrets(self.as_str()))
    }

    /// What `span` covers; empty where the span lies outside or splits a character.
    pub fn slice(&self, span: Span) -> &str {
        self.0.content.get(span.range()).unwrap_or("")
    }

    /// The line and column of a byte offset; offsets past the end mean the end.
    pub fn position(&self, offset: u32) -> Position {
        let starts = self.line_starts();
        let offset = offset.min(u32::try_from(self.0.content.len()).unwrap_or(u32::MAX));
        let line = starts.partition_point(|&s| s <= offset).max(1);
        let start = starts[line - 1] as usize;
        let before = &self.0.content.as_bytes()[start..offset as usize];
        // Continuation bytes are 0b10xxxxxx; the others each begin a character.
        let column = before.iter().filter(|&&b| b & 0xC0 != 0x80).count() + 1;
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// The span of line `line` (from 1) without its line end; an empty span at the end where there is no such line.
    pub fn line_span(&self, line: u32) -> Span {
        let starts = self.line_starts();
        let len = self.0.content.len();
        let Some(&start) = (line as usize).checked_sub(1).and_then(|i| starts.get(i)) else {
            return Span::new(len, len);
        };
        let end = starts.get(line as usize).map_or(len, |&s| s as usize);
        let body = self.0.content[start as usize..end].trim_end_matches(['\n', '\r']);
        Span::new(start as usize, start as usize + body.len())
    }

    fn line_starts(&self) -> &[u32] {
        self.0.line_starts.get_or_init(|| {
            let ends = self.0.content.bytes().enumerate().filter(|&(_, b)| b == b'\n');
            std::iter::once(0).chain(ends.map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX))).collect()
        })
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({}, {} bytes)", self.0.path, self.0.content.len())
    }
}

/// A span in a text: what a finding points at.
#[derive(Debug, Clone)]
pub struct Place {
    /// The text.
    pub text: Text,
    /// The bytes meant.
    pub span: Span,
}

impl Place {
    /// `span` in `text`; a span that reaches beyond the text or splits a character is cut to one that does not.
    pub fn new(text: &Text, span: Span) -> Self {
        let content = text.as_str();
        let whole = |at: u32| {
            let at = (at as usize).min(content.len());
            (0..=at).rev().find(|&i| content.is_char_boundary(i)).unwrap_or(0)
        };
        Self { text: text.clone(), span: Span::new(whole(span.start), whole(span.end)) }
    }

    /// The first byte of `text`, for what concerns a file as a whole.
    pub fn whole(text: &Text) -> Self {
        Self::new(text, Span::default())
    }

    /// A place in a file of which there is no text (missing, unreadable, not UTF-8).
    pub fn file(path: &RepoPath) -> Self {
        Self::whole(&Text::new(path.clone(), ""))
    }

    /// The path.
    pub fn path(&self) -> &RepoPath {
        self.text.path()
    }

    /// Where it starts.
    pub fn start(&self) -> Position {
        self.text.position(self.span.start)
    }

    /// Where it ends.
    pub fn end(&self) -> Position {
        self.text.position(self.span.end)
    }
}

/// Shown as `{path, line, column}`.
impl serde::Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let start = self.start();
        let mut shown = s.serialize_struct("Place", 3)?;
        shown.serialize_field("path", self.path())?;
        shown.serialize_field("line", &start.line)?;
        shown.serialize_field("column", &start.column)?;
        shown.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let t = Text::new(RepoPath::new("a").unwrap(), "é\r\nxyz\n");
        assert_eq!(t.position(2), Position { line: 1, column: 2 });
        assert_eq!(t.position(5), Position { line: 2, column: 2 });
        assert_eq!(t.position(99), Position { line: 3, column: 1 });
        assert_eq!(t.slice(t.line_span(1)), "é");
        assert_eq!(t.slice(t.line_span(2)), "xyz");
        assert_eq!(t.slice(t.line_span(9)), "");
    }
}
