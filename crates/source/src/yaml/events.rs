//! The first reading: parser events into a tree with spans, refusing what has no place in our files.

mod cursor;
mod places;

use std::collections::HashMap;

use cursor::Cursor;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::plain::{self, Unfit};
use super::{Entry, Kind, Limits, Node};
use crate::{Finding, Place, Span, Text};

/// Findings beyond these say nothing new.
const MOST: usize = 100;

/// Mappings with more keys than this look for duplicates in a set.
const FEW: usize = 16;

pub(super) fn read(text: &Text, span: Span, limits: &Limits) -> Result<Node, Vec<Finding>> {
    let source = text.slice(span);
    let mut reader = Reader {
        text,
        source,
        cursor: Cursor::new(source, span.start),
        stack: Vec::new(),
        root: None,
        last_end: 0,
        findings: Vec::new(),
        depth: limits.depth,
    };
    let mut documents = 0;
    // The parser gives up at 255 open brackets and otherwise looks ahead by one line, so depth is judged as it grows.
    for event in Parser::new_from_str(source) {
        let (event, at) = match event {
            Ok(event) => event,
            Err(error) => {
                let finding = reader.syntax(&error);
                reader.findings.push(finding);
                break;
            }
        };
        let start = reader.cursor.byte(at.start.index());
        let end = reader.cursor.byte(at.end.index());
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents == 1 {
                reader.directives(start);
            } else {
                let span = reader.span(start, end);
                let finding = reader.finding("yaml-syntax", span, "a second document starts here");
                reader.findings.push(finding.help("keep one document in a file"));
                break;
            }
        }
        if !reader.take(event, start, end) || reader.findings.len() >= MOST {
            break;
        }
    }
    if reader.findings.is_empty() {
        Ok(reader.root.unwrap_or(Node { span: Span { end: span.start, ..span }, kind: Kind::Null }))
    } else {
        Err(reader.findings)
    }
}

struct Reader<'t> {
    text: &'t Text,
    source: &'t str,
    cursor: Cursor<'t>,
    stack: Vec<Frame>,
    root: Option<Node>,
    /// Where the last token ended, in the source.
    last_end: usize,
    findings: Vec<Finding>,
    depth: usize,
}

/// A collection that is still open.
struct Frame {
    start: usize,
    flow: bool,
    /// Where its last child ended.
    end: usize,
    open: Open,
}

enum Open {
    Seq(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)> },
}

impl Reader<'_> {
    /// Whether reading may go on.
    fn take(&mut self, event: Event<'_>, start: usize, end: usize) -> bool {
        match event {
            Event::Scalar(word, style, anchor, tag) => {
                self.properties(start, anchor != 0, tag.is_some());
                self.scalar(word, style, start, end);
            }
            Event::SequenceStart(anchor, tag) => {
                self.properties(start, anchor != 0, tag.is_some());
                let (start, end) = if end > start { (start, end) } else { [self.sequence_start(start); 2].into() };
                return self.open(Open::Seq(Vec::new()), start, end);
            }
            Event::MappingStart(anchor, tag) => {
                self.properties(start, anchor != 0, tag.is_some());
                return self.open(Open::Map { entries: Vec::new(), key: None }, start, end);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(start),
            Event::Alias(_) => {
                let span = self.span(start, end);
                let word = self.text.slice(span);
                let message = format!("alias `{word}` stands for a value written elsewhere");
                let finding = self.finding("yaml-anchor", span, message);
                self.findings.push(finding.help(super::fault::instead_of_alias(self.text)));
                self.last_end = end;
                self.deliver(Node { span, kind: Kind::Null });
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                self.last_end = self.last_end.max(end)
            }
        }
        true
    }

    fn scalar(&mut self, word: std::borrow::Cow<'_, str>, style: ScalarStyle, start: usize, end: usize) {
        let (start, end) = match style {
            // The parser has such a value reach over the closing bracket and the comment after it.
            ScalarStyle::Plain if word.is_empty() => self.left_out(start),
            ScalarStyle::Plain => (start, end),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => (start, self.quote_end(start, end)),
            ScalarStyle::Literal | ScalarStyle::Folded => (self.block_header(start), end),
        };
        let end = start + self.source[start..end.max(start)].trim_end().len();
        let span = self.span(start, end);
        self.last_end = end.max(self.last_end);
        let kind = match style {
            ScalarStyle::Plain => match plain::resolve(&word) {
                Ok(Kind::Str(_)) => Kind::Str(word.into_owned()),
                Ok(kind) => kind,
                Err(unfit) => {
                    self.number(&word, unfit, span);
                    Kind::Null
                }
            },
            _ => Kind::Str(word.into_owned()),
        };
        if style == ScalarStyle::Plain && matches!(&kind, Kind::Str(word) if word == "<<") && self.awaits_key() {
            let finding = self.finding("yaml-anchor", span, "merge key `<<` stands for keys written elsewhere");
            self.findings.push(finding.help("write the keys out"));
        }
        self.deliver(Node { span, kind });
    }

    fn number(&mut self, word: &str, unfit: Unfit, span: Span) {
        let (message, help) = match unfit {
            Unfit::Integer => (
                format!("integer `{word}` is beyond ±9007199254740991, where JSON readers lose digits"),
                "write it in quotes if it is a name, or use a smaller number",
            ),
            Unfit::Infinite => {
                (format!("number `{word}` is not finite"), "write a finite number, or write it in quotes if it is text")
            }
        };
        let finding = self.finding("number-out-of-range", span, message).help(help);
        self.findings.push(finding);
    }

    fn open(&mut self, open: Open, start: usize, end: usize) -> bool {
        if self.stack.len() >= self.depth {
            let span = self.span(start, end);
            let finding = self.finding("too-complex", span, format!("nested deeper than {} levels", self.depth));
            self.findings.push(finding.help("flatten the value"));
            return false;
        }
        let flow = matches!(self.source.as_bytes().get(start), Some(b'[' | b'{')) && end > start;
        self.last_end = self.last_end.max(end);
        self.stack.push(Frame { start, flow, end, open });
        true
    }

    /// Closes the innermost collection; `at` is where its closing bracket stands, if it has one.
    fn close(&mut self, at: usize) {
        let Some(frame) = self.stack.pop() else { return };
        let end = if frame.flow { at + 1 } else { frame.end };
        let span = self.span(frame.start, end);
        self.last_end = self.last_end.max(end);
        let kind = match frame.open {
            Open::Seq(items) => Kind::Seq(items),
            Open::Map { entries, .. } => {
                self.duplicates(&entries);
                Kind::Map(entries)
            }
        };
        self.deliver(Node { span, kind });
    }

    fn awaits_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { open: Open::Map { key: None, .. }, .. }))
    }

    /// Hands a finished node to the collection it belongs to.
    fn deliver(&mut self, node: Node) {
        let end = (node.span.end - self.cursor.base) as usize;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.end = frame.end.max(end);
        let Open::Map { entries, key } = &mut frame.open else {
            if let Open::Seq(items) = &mut frame.open {
                items.push(node);
            }
            return;
        };
        match (key.take(), node.kind) {
            (Some((name, key_span)), kind) => {
                let value = Node { span: node.span, kind };
                entries.push(Entry { key: name, key_span, value });
                self.duplicate();
            }
            (None, Kind::Str(name)) => *key = Some((name, node.span)),
            (None, kind) => {
                *key = Some((String::new(), node.span));
                self.key_not_text(node.span, &kind);
            }
        }
    }

    fn key_not_text(&mut self, span: Span, kind: &Kind) {
        let word = self.text.slice(span);
        let what = match kind {
            Kind::Seq(_) | Kind::Map(_) => "a key is a collection, not text".to_owned(),
            Kind::Null if word.is_empty() => "a key is empty".to_owned(),
            Kind::Null => format!("key `{word}` is null, not text"),
            Kind::Bool(_) => format!("key `{word}` is a truth value, not text"),
            _ => format!("key `{word}` is a number, not text"),
        };
        let scalar = !word.is_empty() && !matches!(kind, Kind::Seq(_) | Kind::Map(_)) && !word.starts_with('*');
        let mut finding = self.finding("key-not-text", span, what);
        if scalar {
            let quoted = format!("\"{word}\"");
            finding = finding.help(format!("write it in quotes: `{quoted}`")).fix(vec![(span, quoted)]);
        }
        // A number out of range or an alias in the place of a key has been reported as what it is.
        if !self.findings.iter().any(|f| f.at.span == span) {
            self.findings.push(finding);
        }
    }

    /// Reports the last entry of the innermost mapping if its key stood there before.
    fn duplicate(&mut self) {
        let Some(Frame { open: Open::Map { entries, .. }, .. }) = self.stack.last() else { return };
        let Some((last, before)) = entries.split_last() else { return };
        // A key that is no text has been reported, and stands here as the empty text.
        if last.key.is_empty() && !self.findings.is_empty() {
            return;
        }
        if before.len() > FEW {
            return; // Looked for in one pass when the mapping is complete.
        }
        if let Some(first) = before.iter().find(|e| e.key == last.key) {
            let finding = twice(self.text, first, last);
            self.findings.push(finding);
        }
    }

    /// Reports the keys of a large mapping that [`Self::duplicate`] left unjudged.
    fn duplicates(&mut self, entries: &[Entry]) {
        if entries.len() <= FEW + 1 {
            return;
        }
        let mut seen: HashMap<&str, &Entry> = HashMap::with_capacity(entries.len());
        for (i, entry) in entries.iter().enumerate() {
            if self.findings.len() >= MOST {
                return;
            }
            match seen.get(entry.key.as_str()) {
                Some(first) if i > FEW => self.findings.push(twice(self.text, first, entry)),
                Some(_) => {}
                None => drop(seen.insert(&entry.key, entry)),
            }
        }
    }

    /// Reports an anchor or tag written before the node that starts at `start`.
    fn properties(&mut self, start: usize, anchor: bool, tag: bool) {
        for (present, mark, rule) in [(anchor, '&', "yaml-anchor"), (tag, '!', "yaml-tag")] {
            if !present {
                continue;
            }
            let from = self.last_end.min(start);
            let head = &self.source[from..];
            let begin = head.find(mark).map_or(start, |i| from + i);
            let word = self.source[begin..].split([' ', '\t', '\n', '\r', ',', ']', '}']).next().unwrap_or("");
            let span = self.span(begin, begin + word.len());
            let (what, help) = match mark {
                '&' => ("anchor", "remove it and write each value out"),
                _ => ("tag", "remove it; write text in quotes to keep it text"),
            };
            let finding = self.finding(rule, span, format!("{what} `{word}` has no place here")).help(help);
            self.findings.push(finding);
        }
    }

    /// Reports `%YAML` and `%TAG` lines before the document.
    fn directives(&mut self, start: usize) {
        let mut at = 0;
        for line in self.source[..start].split_inclusive('\n') {
            if line.starts_with('%') {
                let span = self.span(at, at + line.trim_end().len());
                let message = format!("directive `{}` has no place here", line.trim_end());
                let finding = self.finding("yaml-syntax", span, message).help("remove the line");
                self.findings.push(finding);
            }
            at += line.len();
        }
    }

    fn syntax(&mut self, error: &ScanError) -> Finding {
        let at = self.cursor.byte(error.marker().index());
        if error.info() == "recursion limit exceeded" {
            let span = self.span(at, at);
            return self.finding("too-complex", span, format!("nested deeper than {} levels", self.depth));
        }
        super::fault::syntax(self.text, self.source, self.cursor.base, at, error.info())
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(start, end).shifted(self.cursor.base)
    }

    fn finding(&self, rule: &'static str, span: Span, message: impl Into<String>) -> Finding {
        Finding::new(rule, Place::new(self.text, span), message)
    }
}

fn twice(text: &Text, first: &Entry, second: &Entry) -> Finding {
    Finding::new("key-duplicate", Place::new(text, second.key_span), format!("key `{}` is given twice", second.key))
        .also(Place::new(text, first.key_span), "first given here")
        .help("keep one of the two")
}
