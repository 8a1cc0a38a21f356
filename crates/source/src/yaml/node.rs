//! The tree of a YAML document, each value with the bytes it was read from.

use serde_json::{Number, Value};

use crate::Span;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes it was written with, quotes and brackets included; empty (right after the colon) for a value left out.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a value is. Every number is one that canonical JSON can carry.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer within ±(2^53−1) or a finite double.
    Number(Number),
    /// Text, escapes and folding resolved.
    Str(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping, in the order of the file; keys are unique.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The bytes of the key, quotes included.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The entry of a mapping under `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of a mapping under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value at the end of `path`: keys of mappings, and decimal positions (from 0) in sequences.
    pub fn at(&self, path: &[impl AsRef<str>]) -> Option<&Node> {
        path.iter().try_fold(self, |node, step| match &node.kind {
            Kind::Seq(items) => items.get(step.as_ref().parse::<usize>().ok()?),
            _ => node.get(step.as_ref()),
        })
    }

    /// The bytes of the last key of `path`; of the item itself where the path ends in a sequence.
    pub fn key_span_at(&self, path: &[impl AsRef<str>]) -> Option<Span> {
        let (last, above) = path.split_last()?;
        let parent = self.at(above)?;
        match &parent.kind {
            Kind::Seq(_) => Some(parent.at(std::slice::from_ref(last))?.span),
            _ => Some(parent.entry(last.as_ref())?.key_span),
        }
    }

    /// The entries of a mapping; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Seq(items) => items,
            _ => &[],
        }
    }

    /// The text of a text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The same value without spans.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(n) => Value::Number(n.clone()),
            Kind::Str(s) => Value::String(s.clone()),
            Kind::Seq(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(entries) => Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect()),
        }
    }
}
