//! A short cut for the YAML that people mostly write, an order of magnitude faster than the event parser.
//!
//! It reads block mappings and sequences, plain and quoted scalars and flow collections of one line, and literal blocks,
//! where nothing about them needs a second thought, and gives up at everything else: the event parser then decides, and
//! says what is wrong. Property tests and a fuzz target hold this reading equal to the event parser's, spans included, and
//! to serde_yaml's.

use super::{Entry, Kind, Node, plain};
use crate::Span;

/// The tree of `source`, whose first byte is at `base`; `None` where the event parser must judge.
pub(super) fn read(source: &str, base: u32, depth: usize) -> Option<Node> {
    if !source.bytes().all(|b| b == b'\n' || b >= b' ') || suspicious(source) {
        return None;
    }
    let mut reader = Quick { source, bytes: source.as_bytes(), base, depth, at: 0 };
    let line = reader.next_line();
    if line.end || line.indent != 0 {
        return None;
    }
    let root = reader.block(0, 1)?;
    reader.next_line().end.then_some(root)
}

/// Characters that YAML 1.1, YAML 1.2 and their readers see differently: controls, other line ends, byte order marks.
fn suspicious(source: &str) -> bool {
    let odd = |c| crate::escape::is_hidden(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    if source.is_ascii() { source.contains('\u{7f}') } else { source.chars().any(|c| c != '\n' && odd(c)) }
}

struct Quick<'s> {
    source: &'s str,
    bytes: &'s [u8],
    base: u32,
    depth: usize,
    at: usize,
}

/// The next line with content, of which `Quick::at` is the first byte that is no space.
struct Line {
    start: usize,
    indent: usize,
    end: bool,
}

impl Quick<'_> {
    fn byte(&self, at: usize) -> u8 {
        // A line end stands for the end of the text.
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    /// From the start of a line to the first byte of content, past blank lines and comments.
    fn next_line(&mut self) -> Line {
        loop {
            let start = self.at;
            while self.bytes.get(self.at) == Some(&b' ') {
                self.at += 1;
            }
            match self.bytes.get(self.at) {
                None => return Line { start: self.at, indent: 0, end: true },
                Some(b'\n') => self.at += 1,
                Some(b'#') => self.at = self.line_end(self.at) + 1,
                Some(_) => return Line { start, indent: self.at - start, end: false },
            }
            self.at = self.at.min(self.bytes.len());
        }
    }

    fn line_end(&self, from: usize) -> usize {
        self.bytes[from..].iter().position(|&b| b == b'\n').map_or(self.bytes.len(), |i| from + i)
    }

    fn node(&self, start: usize, end: usize, kind: Kind) -> Node {
        Node { span: Span::new(start, end).shifted(self.base), kind }
    }

    fn end_of(&self, node: &Node) -> usize {
        (node.span.end - self.base) as usize
    }

    fn dash(&self) -> bool {
        self.byte(self.at) == b'-' && matches!(self.byte(self.at + 1), b' ' | b'\n')
    }

    /// The collection whose first line starts here, at column `indent`.
    fn block(&mut self, indent: usize, depth: usize) -> Option<Node> {
        if depth > self.depth {
            return None;
        }
        if self.dash() { self.sequence(indent, depth) } else { self.mapping(indent, depth) }
    }

    fn mapping(&mut self, indent: usize, depth: usize) -> Option<Node> {
        let start = self.at;
        let mut entries: Vec<Entry> = Vec::with_capacity(8);
        loop {
            let (key_start, key_end) = self.key()?;
            let key = &self.source[key_start..key_end];
            if entries.len() > 64 || entries.iter().any(|e| e.key == key) {
                return None;
            }
            let key_span = Span::new(key_start, key_end).shifted(self.base);
            let key = key.to_owned();
            let value = self.value(indent, true, depth)?;
            entries.push(Entry { key, key_span, value });
            let line = self.next_line();
            if line.end || line.indent < indent {
                self.at = line.start;
                break;
            }
            if line.indent > indent || self.dash() {
                return None;
            }
        }
        let end = entries.last().map(|e| self.end_of(&e.value))?;
        Some(self.node(start, end, Kind::Map(entries)))
    }

    fn sequence(&mut self, indent: usize, depth: usize) -> Option<Node> {
        let start = self.at;
        let mut items = Vec::with_capacity(8);
        loop {
            self.at += 1;
            let mut inner = self.at;
            while self.byte(inner) == b' ' {
                inner += 1;
            }
            let value = if self.starts_key(inner) {
                let column = indent + (inner - self.at) + 1;
                self.at = inner;
                if depth >= self.depth {
                    return None;
                }
                self.mapping(column, depth + 1)?
            } else {
                self.value(indent, false, depth)?
            };
            items.push(value);
            let line = self.next_line();
            if line.end || line.indent < indent || (line.indent == indent && !self.dash()) {
                // For the collection around this one to judge.
                self.at = line.start;
                break;
            }
            if line.indent > indent {
                return None;
            }
        }
        let end = items.last().map(|n| self.end_of(n))?;
        Some(self.node(start, end, Kind::Seq(items)))
    }

    fn starts_key(&self, at: usize) -> bool {
        let end = self.word(at);
        end > at && self.byte(end) == b':' && matches!(self.byte(end + 1), b' ' | b'\n')
    }

    /// The end of the word at `at`, of the letters that keys are made of.
    fn word(&self, at: usize) -> usize {
        if !matches!(self.byte(at), b'a'..=b'z' | b'A'..=b'Z' | b'_') {
            return at;
        }
        let key = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'$');
        self.bytes[at..].iter().position(|b| !key(b)).map_or(self.bytes.len(), |i| at + i)
    }

    /// A key and its colon.
    fn key(&mut self) -> Option<(usize, usize)> {
        let (start, end) = (self.at, self.word(self.at));
        // YAML itself takes no longer one.
        if end - start > 1000 || !self.starts_key(start) || !plain::is_text(&self.source[start..end]) {
            return None;
        }
        self.at = end + 1;
        Some((start, end))
    }

    /// The value after a colon or dash at `self.at - 1`, of a collection at column `indent`; ends at the start of a line.
    fn value(&mut self, indent: usize, of_key: bool, depth: usize) -> Option<Node> {
        let announced = self.at;
        let mut at = announced;
        while self.byte(at) == b' ' {
            at += 1;
        }
        if self.byte(at) == b'\n' || (self.byte(at) == b'#' && at > announced) {
            self.at = (self.line_end(at) + 1).min(self.bytes.len());
            let line = self.next_line();
            let deeper = line.indent > indent || (of_key && line.indent == indent && self.dash());
            if line.end || !deeper {
                self.at = line.start;
                return Some(self.node(announced, announced, Kind::Null));
            }
            return self.block(line.indent, depth + 1);
        }
        if matches!(self.byte(at), b'|') {
            return self.literal(at, indent);
        }
        let node = match self.byte(at) {
            b'[' | b'{' => self.flow(at, depth + 1)?,
            b'"' | b'\'' => self.quoted(at)?,
            _ => self.plain(at)?,
        };
        let mut rest = self.end_of(&node);
        let after = rest;
        while self.byte(rest) == b' ' {
            rest += 1;
        }
        if self.byte(rest) != b'\n' && !(self.byte(rest) == b'#' && rest > after) {
            return None;
        }
        self.at = (self.line_end(rest) + 1).min(self.bytes.len());
        // A line that is indented further would go on with this value.
        let line = self.next_line();
        if !line.end && line.indent > indent {
            return None;
        }
        self.at = line.start;
        Some(node)
    }

    /// A plain scalar of one line.
    fn plain(&self, at: usize) -> Option<Node> {
        if !self.may_start_plain(at) {
            return None;
        }
        let mut end = self.line_end(at);
        for i in at..end {
            match self.bytes[i] {
                b':' if matches!(self.byte(i + 1), b' ' | b'\n') => return None,
                b'#' if self.bytes[i - 1] == b' ' => {
                    end = i;
                    break;
                }
                _ => {}
            }
        }
        let word = self.source[at..end].trim_end_matches(' ');
        Some(self.node(at, at + word.len(), plain::resolve(word).ok()?))
    }

    fn may_start_plain(&self, at: usize) -> bool {
        match self.byte(at) {
            b'-' => self.byte(at + 1).is_ascii_digit(),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'(' | b'.' | b'/' | b'+' | b'$' | b'~' | 0x80.. => true,
            _ => false,
        }
    }

    /// A quoted scalar of one line without escapes.
    fn quoted(&self, at: usize) -> Option<Node> {
        let quote = self.bytes[at];
        let end = at + 1 + self.bytes[at + 1..].iter().position(|&b| b == quote || b == b'\n' || b == b'\\')?;
        if self.bytes[end] != quote || self.byte(end + 1) == quote {
            return None;
        }
        Some(self.node(at, end + 1, Kind::Str(self.source[at + 1..end].to_owned())))
    }

    /// A flow collection of one line.
    fn flow(&self, at: usize, depth: usize) -> Option<Node> {
        if depth > self.depth {
            return None;
        }
        let mapping = self.bytes[at] == b'{';
        let close = if mapping { b'}' } else { b']' };
        let (mut items, mut entries): (Vec<Node>, Vec<Entry>) = (Vec::new(), Vec::new());
        let mut i = self.spaces(at + 1);
        while self.byte(i) != close || !(items.is_empty() && entries.is_empty()) {
            let (mut key, mut key_span) = ("", Span::default());
            if mapping {
                let end = self.word(i);
                key = &self.source[i..end];
                key_span = Span::new(i, end).shifted(self.base);
                let known = entries.len() > 64 || entries.iter().any(|e| e.key == key);
                if key.is_empty() || key.len() > 1000 || !plain::is_text(key) || known || self.byte(end) != b':' {
                    return None;
                }
                if self.byte(end + 1) != b' ' {
                    return None;
                }
                i = self.spaces(end + 1);
            }
            let value = match self.byte(i) {
                b'[' | b'{' => self.flow(i, depth + 1)?,
                b'"' | b'\'' => self.quoted(i)?,
                _ => self.flow_plain(i)?,
            };
            i = self.spaces(self.end_of(&value));
            if mapping {
                entries.push(Entry { key: key.to_owned(), key_span, value });
            } else {
                items.push(value);
            }
            match self.byte(i) {
                b',' => i = self.spaces(i + 1),
                b if b == close => break,
                _ => return None,
            }
            if self.byte(i) == close {
                return None;
            }
        }
        let kind = if mapping { Kind::Map(entries) } else { Kind::Seq(items) };
        Some(self.node(at, i + 1, kind))
    }

    fn flow_plain(&self, at: usize) -> Option<Node> {
        if !self.may_start_plain(at) {
            return None;
        }
        let end = at + self.bytes[at..].iter().position(|b| b",[]{}:#\n\"'?!&*|>%@`".contains(b))?;
        let word = self.source[at..end].trim_end_matches(' ');
        matches!(self.bytes[end], b',' | b']' | b'}')
            .then(|| Some(self.node(at, at + word.len(), plain::resolve(word).ok()?)))?
    }

    fn spaces(&self, mut at: usize) -> usize {
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// A literal block (`|` or `|-`) whose lines are all indented and whose first line is not blank.
    fn literal(&mut self, at: usize, parent: usize) -> Option<Node> {
        let strip = self.byte(at + 1) == b'-';
        let header = at + 1 + usize::from(strip);
        if self.bytes.get(header) != Some(&b'\n') {
            return None;
        }
        let first = header + 1;
        let indent = self.spaces(first) - first;
        if indent <= parent || self.byte(first + indent) == b'\n' {
            return None;
        }
        let (mut text, mut blank, mut line, mut end) = (String::new(), 0, first, first);
        while line < self.bytes.len() {
            let stop = self.line_end(line);
            let content = self.spaces(line);
            if content >= stop {
                if stop - line > indent {
                    return None;
                }
                blank += 1;
            } else if content - line >= indent {
                text.extend(std::iter::repeat_n('\n', blank + usize::from(line > first)));
                text.push_str(&self.source[line + indent..stop]);
                (blank, end) = (0, stop);
            } else if content - line > parent {
                return None;
            } else {
                break;
            }
            if stop == self.bytes.len() {
                return None; // Whether a last line without an end has one is a long story.
            }
            line = stop + 1;
        }
        if !strip {
            text.push('\n');
        }
        self.at = line;
        let end = at + self.source[at..end].trim_end().len();
        Some(self.node(at, end, Kind::Str(text)))
    }
}
