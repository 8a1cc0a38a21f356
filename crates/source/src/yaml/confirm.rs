//! The second reading: serde_yaml deserialises the same bytes, and each value it finds must be the one in the tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{Entry, Kind, Node, fault, plain};
use crate::{Finding, Place, Span, Text};

/// Begins the message with which a difference travels through serde_yaml's error, followed by `start..end`.
const DIFFERS: &str = "readings differ at ";

/// A finding where serde_yaml reads something else than `root`.
pub(super) fn confirm(text: &Text, span: Span, root: &Node) -> Option<Finding> {
    let source = text.slice(span);
    let error = Same(root).deserialize(serde_yaml::Deserializer::from_str(source)).err()?;
    let said = error.to_string();
    if let Some(found) = said.find(DIFFERS).and_then(|i| place(&said[i + DIFFERS.len()..])) {
        let finding = Finding::new("yaml-ambiguous", Place::new(text, found), "YAML readers disagree about this value");
        return Some(finding.help("write it as one line in double quotes"));
    }
    let at = error.location().map_or(0, |l| offset(source, l.line(), l.column()));
    let info = said.split(" at line ").next().unwrap_or(&said);
    Some(fault::syntax(text, source, span.start, at, info))
}

fn place(said: &str) -> Option<Span> {
    let (start, rest) = said.split_once("..")?;
    let end: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(Span::new(start.parse().ok()?, end.parse().ok()?))
}

/// The byte offset of a line and column, both from 1, the column in characters.
fn offset(source: &str, line: usize, column: usize) -> usize {
    let start: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &source[start..];
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(i, _)| i)
}

/// Deserialises to nothing, if what is read is this node.
struct Same<'n>(&'n Node);

impl Same<'_> {
    fn check<E: Error>(&self, same: bool) -> Result<(), E> {
        if same { Ok(()) } else { Err(differ(self.0.span)) }
    }
}

#[cold]
fn differ<E: Error>(span: Span) -> E {
    E::custom(format_args!("{DIFFERS}{}..{} ", span.start, span.end))
}

impl<'de> DeserializeSeed<'de> for Same<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        match &self.0.kind {
            // A word that can only be text need not be tried as a number, which is half of the work.
            Kind::Str(word) if plain::is_text(word) => d.deserialize_str(self),
            _ => d.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Same<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What serde's default methods put into their errors: a tag or a number beyond 64 bits, say.
        write!(f, "{DIFFERS}{}..{} ", self.0.span.start, self.0.span.end)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.check(self.0.kind == Kind::Null)
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.check(self.0.kind == Kind::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.check(matches!(&self.0.kind, Kind::Number(n) if *n == Number::from(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.check(matches!(&self.0.kind, Kind::Number(n) if *n == Number::from(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.check(matches!(&self.0.kind, Kind::Number(n) if n.is_f64() && n.as_f64() == Some(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.check(matches!(&self.0.kind, Kind::Str(s) if s == value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Kind::Seq(items) = &self.0.kind else { return Err(differ(self.0.span)) };
        for item in items {
            seq.next_element_seed(Same(item))?.ok_or_else(|| differ(item.span))?;
        }
        match seq.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(differ(self.0.span)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Kind::Map(entries) = &self.0.kind else { return Err(differ(self.0.span)) };
        for entry in entries {
            map.next_key_seed(SameKey(entry))?.ok_or_else(|| differ(entry.key_span))?;
            map.next_value_seed(Same(&entry.value))?;
        }
        match map.next_key::<serde::de::IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(differ(self.0.span)),
        }
    }
}

/// Deserialises to nothing, if what is read is this key.
struct SameKey<'n>(&'n Entry);

impl<'de> DeserializeSeed<'de> for SameKey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        if plain::is_text(&self.0.key) { d.deserialize_str(self) } else { d.deserialize_any(self) }
    }
}

impl Visitor<'_> for SameKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DIFFERS}{}..{} ", self.0.key_span.start, self.0.key_span.end)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        if self.0.key == value { Ok(()) } else { Err(differ(self.0.key_span)) }
    }
}
