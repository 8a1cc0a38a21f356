//! YAML, read so that nothing is guessed: every value with its exact span, and fail-closed.
//!
//! An event reader (saphyr-parser) builds the tree with spans and refuses what has no place in our files: anchors,
//! aliases, merge keys, tags, directives, duplicate keys, keys that are not text, numbers that JSON cannot carry, deep
//! nesting and a second document. Then serde_yaml deserialises the same bytes and every value it finds is held against
//! the tree; where the two readings differ the document is ambiguous and refused. Typed values are deserialised from the
//! tree so confirmed, so that each error knows the bytes it speaks of. No other module touches either parser.
//!
//! The plain YAML that most files are made of has a short cut: where it can read a document, both parsers are known to
//! read the same (property tests and a fuzz target hold the three equal, and debug builds confirm every document), and
//! neither is run: they take eight times as long as it does.

mod confirm;
mod events;
mod fault;
mod node;
mod plain;
mod quick;
mod typed;

use serde::de::DeserializeOwned;

pub use node::{Entry, Kind, Node};

use crate::{Finding, Place, Span, Text};

/// Every rule id that findings of this module carry, sorted, with its meaning.
pub const RULES: &[(&str, &str)] = &[
    ("key-duplicate", "a key is given twice in one mapping"),
    ("key-missing", "a key that must be there is not"),
    ("key-not-text", "a key is a number, a truth value, null or a collection"),
    ("key-unknown", "a key that means nothing here"),
    ("number-out-of-range", "a number that JSON cannot carry without loss"),
    ("too-complex", "a text exceeds a limit that protects the parsers"),
    ("value-invalid", "a value is not of the kind that belongs under its key"),
    ("yaml-ambiguous", "two YAML readers disagree about what is written"),
    ("yaml-anchor", "an anchor, alias or merge key stands for something written elsewhere"),
    ("yaml-syntax", "the text is not YAML, or more than one document"),
    ("yaml-tag", "a tag changes what a value is"),
];

/// How large and how deep a document may be, checked before a parser can be hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Collections inside collections.
    pub depth: usize,
}

/// Commas, and lines: a value takes hundreds of times the bytes of what parts it from the next.
const MOST_PARTS: usize = 1_000_000;

impl Limits {
    /// The front matter of a prompt or block: 64 KiB, 32 deep.
    pub const FRONT_MATTER: Self = Self { bytes: 64 << 10, depth: 32 };
    /// A file that is YAML as a whole (policies, routes, suites): 1 MiB, 32 deep.
    pub const DOCUMENT: Self = Self { bytes: 1 << 20, depth: 32 };
}

/// A document and what it means to us.
#[derive(Debug, Clone)]
pub struct Document<T> {
    /// The typed value.
    pub value: T,
    /// The tree it was taken from, for spans.
    pub root: Node,
}

/// Reads the YAML that `span` covers in `text`; spans in the tree are offsets into the whole of `text`.
///
/// An empty document is [`Kind::Null`]. Findings: `too-complex`, `yaml-syntax`, `yaml-anchor`, `yaml-tag`,
/// `yaml-ambiguous`, `key-duplicate`, `key-not-text`, `number-out-of-range`.
pub fn read(text: &Text, span: Span, limits: &Limits) -> Result<Node, Vec<Finding>> {
    let source = text.slice(span);
    if source.len() > limits.bytes {
        let message = format!("{} bytes of YAML, at most {} are read", source.len(), limits.bytes);
        return Err(vec![Finding::new("too-complex", Place::new(text, Span { end: span.start, ..span }), message)]);
    }
    if [b',', b'\n'].iter().any(|mark| source.bytes().filter(|b| b == mark).nth(MOST_PARTS).is_some()) {
        let message = format!("more than {MOST_PARTS} values or lines");
        let at = Place::new(text, Span { end: span.start, ..span });
        return Err(vec![Finding::new("too-complex", at, message).help("write rows of data as JSONL")]);
    }
    let short_cut = quick::read(source, span.start, limits.depth);
    let everyday = short_cut.is_some();
    let root = match short_cut {
        Some(root) => root,
        None => events::read(text, span, limits)?,
    };
    if everyday && !cfg!(debug_assertions) {
        return Ok(root);
    }
    match confirm::confirm(text, span, &root) {
        None => Ok(root),
        Some(finding) => Err(vec![finding]),
    }
}

/// Reads the YAML that `span` covers in `text` as a `T`.
///
/// Beyond what [`read`] finds: `key-unknown` (every key that a struct does not name, whatever its own attributes say),
/// `key-missing` and `value-invalid`, as many as can be told apart in one pass.
pub fn parse<T: DeserializeOwned>(text: &Text, span: Span, limits: &Limits) -> Result<Document<T>, Vec<Finding>> {
    let root = read(text, span, limits)?;
    let value = from_node(text, &root)?;
    Ok(Document { value, root })
}

/// Takes a `T` out of a tree that [`read`] made from `text`.
pub fn from_node<T: DeserializeOwned>(text: &Text, node: &Node) -> Result<T, Vec<Finding>> {
    typed::deserialise(text, node)
}

/// For tests and fuzzers: reads `source` as a front matter and says whether the outcome holds what this module promises,
/// whatever the text: the readings agree, spans lie inside it on character boundaries, nodes inside their parents, findings
/// carry known rules.
pub fn exercise(source: &str) -> bool {
    let path = crate::RepoPath::new("prompts/a.md").expect("a sound path");
    let text = Text::new(path, source);
    let sound = |span: Span| source.get(span.range()).is_some();
    let whole = Span::new(0, source.len());
    if let Some(root) = quick::read(source, 0, Limits::FRONT_MATTER.depth)
        && !(events::read(&text, whole, &Limits::FRONT_MATTER).is_ok_and(|other| other == root)
            && confirm::confirm(&text, whole, &root).is_none())
    {
        return false;
    }
    match parse::<serde_json::Value>(&text, whole, &Limits::FRONT_MATTER) {
        Ok(document) => holds(&document.root, &sound) && document.value == document.root.to_json(),
        Err(findings) => findings.iter().all(|f| sound(f.at.span) && RULES.iter().any(|(id, _)| *id == f.rule)),
    }
}

fn holds(node: &Node, sound: &dyn Fn(Span) -> bool) -> bool {
    let inside = |span: Span| node.span.start <= span.start && span.end <= node.span.end;
    let items = node.items().iter().all(|n| inside(n.span) && holds(n, sound));
    let entries = node.entries().iter();
    let keys = entries.clone().all(|e| sound(e.key_span) && inside(e.key_span) && e.key_span.end <= e.value.span.start);
    sound(node.span) && items && keys && entries.clone().all(|e| inside(e.value.span) && holds(&e.value, sound))
}

#[cfg(test)]
mod tests;
