//! Typed values out of a tree, with every error at the bytes it speaks of.

mod variant;

use std::cell::RefCell;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use variant::Variant;

use super::fault::{Fault, What, only_meant, unknown_key};
use super::{Entry, Kind, Node};
use crate::{Finding, Place, Span, Text, nearest};

/// serde stops at the first error. To find the others, the value at fault is left out and the rest read again, at most
/// this often.
const ROUNDS: usize = 50;

/// Of a document of keys that mean nothing, the first ones say enough.
const MOST_UNKNOWN: usize = 100;

pub(super) fn deserialise<T: DeserializeOwned>(text: &Text, root: &Node) -> Result<T, Vec<Finding>> {
    let mut context = Context { text, unknown: RefCell::default(), left_out: Vec::new() };
    let mut findings = Vec::new();
    for round in 0..ROUNDS {
        let read = T::deserialize(De { node: root, label: None, root: true, context: &context });
        let unknown = std::mem::take(context.unknown.get_mut());
        findings.extend(unknown.into_iter().filter(|f| round == 0 || !told(&findings, f)).collect::<Vec<_>>());
        match read {
            Ok(value) if findings.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(fault) => {
                let (mut node, mut span) = fault.at.unwrap_or((address(root), root.span));
                let mut known = false;
                // What cannot do without a value left out (a variant, say) is left out in its turn.
                while node != address(root) && context.left_out.iter().any(|&(at, _)| at == node) {
                    known = true;
                    let above = parent(root, node).unwrap_or(root);
                    (node, span) = (address(above), above.span);
                }
                let misspelt = is_misspelt(&fault.what, node, root, &findings);
                if !known && !misspelt && !context.follows(node, span, &fault.what, root) {
                    let shown = fault.shown.unwrap_or(span);
                    findings.push(fault.what.finding(text, shown));
                }
                if node == address(root) {
                    break;
                }
                context.left_out.push((node, span));
            }
        }
    }
    // A space that is none took a key out of its mapping: what else is wrong there follows from that.
    if findings.iter().any(|f| f.rule == "yaml-syntax") {
        findings.retain(|f| f.rule == "yaml-syntax");
    }
    Err(findings)
}

/// Whether a key is missing because another one, already found to be unknown, was meant to be it.
fn is_misspelt(what: &What, node: usize, root: &Node, findings: &[Finding]) -> bool {
    let What::Missing { key } = what else { return false };
    let meant = |f: &Finding| {
        f.rule == "key-unknown" && nearest(f.at.text.slice(f.at.span).trim_matches(['"', '\'']), [*key]).is_some()
    };
    let entries = find(root, node).map_or(&[][..], Node::entries);
    findings.iter().any(|f| meant(f) && entries.iter().any(|e| e.key_span == f.at.span))
}

fn told(findings: &[Finding], new: &Finding) -> bool {
    findings.iter().any(|f| f.rule == new.rule && f.at.span == new.at.span)
}

fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

struct Context<'t> {
    text: &'t Text,
    /// Keys that the struct they stand in does not name.
    unknown: RefCell<Vec<Finding>>,
    /// Values at fault, by address and span.
    left_out: Vec<(usize, Span)>,
}

impl Context<'_> {
    fn is_left_out(&self, node: &Node) -> bool {
        !self.left_out.is_empty() && self.left_out.iter().any(|&(at, _)| at == address(node))
    }

    /// Whether a fault only follows from a value inside having been left out.
    fn follows(&self, node: usize, span: Span, what: &What, root: &Node) -> bool {
        let inside = |&(at, s): &(usize, Span)| at != node && span.start <= s.start && s.end <= span.end;
        if !self.left_out.iter().any(inside) {
            return false;
        }
        match what {
            What::Missing { key } => find(root, node).and_then(|n| n.get(key)).is_some_and(|n| self.is_left_out(n)),
            _ => true,
        }
    }
}

/// The node at an address, in the tree below `node`.
fn find(node: &Node, wanted: usize) -> Option<&Node> {
    if address(node) == wanted {
        return Some(node);
    }
    let mut below = node.items().iter().chain(node.entries().iter().map(|e| &e.value));
    below.find_map(|n| find(n, wanted))
}

/// The collection that holds the node at an address.
fn parent(node: &Node, wanted: usize) -> Option<&Node> {
    let mut below = node.items().iter().chain(node.entries().iter().map(|e| &e.value));
    below.find_map(|n| if address(n) == wanted { Some(node) } else { parent(n, wanted) })
}

/// Reads one node.
#[derive(Clone, Copy)]
struct De<'n> {
    node: &'n Node,
    /// The key it stands under.
    label: Option<Span>,
    root: bool,
    context: &'n Context<'n>,
}

impl<'n> De<'n> {
    fn inside(self, node: &'n Node, label: Option<Span>) -> Self {
        Self { node, label, root: false, context: self.context }
    }

    /// Says where a fault happened, unless something further inside has said so.
    fn locate<V>(self, read: Result<V, Fault>) -> Result<V, Fault> {
        read.map_err(|mut fault| {
            if fault.at.is_none() {
                fault.at = Some((address(self.node), self.node.span));
                fault.shown = Some(self.shown(&fault.what));
            }
            fault
        })
    }

    /// The bytes to point at: what is wrong, or the key that introduces it where that has many lines or none.
    fn shown(self, what: &What) -> Span {
        let span = self.node.span;
        match what {
            What::Key { key, .. } => self.node.entry(key).map_or(span, |e| e.key_span),
            What::Twice { key } => self.node.entry(key).map_or(span, |e| e.key_span),
            What::Missing { .. } => self.head(),
            What::Type { scalar: true, .. } | What::Variant { .. } => {
                // Content that serde buffered (an internally tagged enum) has lost its place: find it by its words.
                let given = match what {
                    What::Variant { given, .. } => Some(given.as_str()),
                    _ => None,
                };
                let hit = self.node.entries().iter().find(|e| given.is_some() && e.value.as_str() == given);
                hit.map_or_else(|| self.head(), |e| e.value.span)
            }
            _ => self.head(),
        }
    }

    /// The value where it stands on one line, else the key that introduces it, else its own first key.
    fn head(self) -> Span {
        let span = self.node.span;
        let shown = self.context.text.slice(span);
        let first = self.node.entries().first().map(|e| e.key_span);
        let block = matches!(&self.node.kind, Kind::Map(_) | Kind::Seq(_)) && !shown.starts_with(['{', '[']);
        if shown.is_empty() || block { self.label.or(first).unwrap_or(span) } else { span }
    }

    fn map<V: Visitor<'n>>(self, known: Option<&'static [&'static str]>, visitor: V) -> Result<V::Value, Fault> {
        let empty: &'n [Entry] = &[];
        let entries = match &self.node.kind {
            Kind::Map(entries) => entries.as_slice(),
            Kind::Null if self.root => empty,
            // What serde derives would take a list for a struct, key by position.
            _ if known.is_some() => {
                let (found, wanted) = (found(self.node), "a mapping".to_owned());
                return self.locate(Err(Fault::new(What::Type { found, wanted, scalar: false })));
            }
            _ => return self.any(visitor),
        };
        if let Some(known) = known {
            let room = MOST_UNKNOWN.saturating_sub(self.context.unknown.borrow().len());
            for entry in entries.iter().filter(|e| !known.contains(&e.key.as_str())).take(room) {
                let place = Place::new(self.context.text, entry.key_span);
                let mut finding = unknown_key(place, &entry.key, known);
                if finding.fix.is_none()
                    && let Some(meant) = only_meant(&entry.key, entries, known)
                {
                    finding = finding.fix(vec![(entry.key_span, meant.to_owned())]);
                }
                self.context.unknown.borrow_mut().push(finding);
            }
        }
        self.locate(visitor.visit_map(Entries { entries, value: None, known, de: self }))
    }

    fn any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        let read = match &self.node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(b) => visitor.visit_bool(*b),
            Kind::Number(n) => match (n.as_u64(), n.as_i64(), n.as_f64()) {
                (Some(n), _, _) => visitor.visit_u64(n),
                (_, Some(n), _) => visitor.visit_i64(n),
                (_, _, n) => visitor.visit_f64(n.unwrap_or(f64::NAN)),
            },
            Kind::Str(s) => visitor.visit_borrowed_str(s),
            Kind::Seq(items) => visitor.visit_seq(Items { items: items.iter(), de: self }),
            Kind::Map(_) => return self.map(None, visitor),
        };
        self.locate(read)
    }
}

macro_rules! as_any {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.any(visitor)
        })*
    };
}

impl<'n> Deserializer<'n> for De<'n> {
    type Error = Fault;

    as_any! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_seq deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.kind {
            Kind::Null => self.locate(visitor.visit_none()),
            _ => self.locate(visitor.visit_some(self)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'n>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'n>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.locate(visitor.visit_newtype_struct(self))
    }

    fn deserialize_tuple<V: Visitor<'n>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'n>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.any(visitor)
    }

    fn deserialize_map<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.map(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'n>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.map(Some(known), visitor)
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let read = match &self.node.kind {
            Kind::Str(name) => visitor.visit_enum(Variant { name, value: None, span: self.node.span, de: self }),
            Kind::Map(entries) if entries.len() == 1 => {
                let entry = &entries[0];
                let value = Some(self.inside(&entry.value, Some(entry.key_span)));
                visitor.visit_enum(Variant { name: &entry.key, value, span: entry.key_span, de: self })
            }
            _ => {
                let wanted = super::fault::listed(known);
                Err(Fault::new(What::Type { found: found(self.node), wanted, scalar: false }))
            }
        };
        self.locate(read)
    }

    fn deserialize_ignored_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

struct Items<'n> {
    items: std::slice::Iter<'n, Node>,
    de: De<'n>,
}

impl<'n> SeqAccess<'n> for Items<'n> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'n>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let context = self.de.context;
        let item = self.items.find(|item| !context.is_left_out(item));
        // What a type refuses in a text (`custom`) comes without a place: it is the item's.
        item.map(|item| {
            let inside = self.de.inside(item, None);
            inside.locate(seed.deserialize(inside))
        })
        .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'n> {
    entries: &'n [Entry],
    value: Option<&'n Entry>,
    known: Option<&'static [&'static str]>,
    de: De<'n>,
}

impl<'n> MapAccess<'n> for Entries<'n> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'n>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        while let Some((entry, rest)) = self.entries.split_first() {
            self.entries = rest;
            let unknown = self.known.is_some_and(|known| !known.contains(&entry.key.as_str()));
            if unknown || self.de.context.is_left_out(&entry.value) {
                continue;
            }
            self.value = Some(entry);
            let key: StrDeserializer<'_, Fault> = entry.key.as_str().into_deserializer();
            return match seed.deserialize(key) {
                Ok(key) => Ok(Some(key)),
                Err(mut fault) => {
                    fault.at = Some((address(&entry.value), entry.value.span));
                    fault.shown = Some(entry.key_span);
                    Err(fault)
                }
            };
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let entry = self.value.take().expect("serde asks for a value after its key");
        let inside = self.de.inside(&entry.value, Some(entry.key_span));
        inside.locate(seed.deserialize(inside))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

fn found(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "nothing".to_owned(),
        Kind::Bool(b) => format!("`{b}`"),
        Kind::Number(n) => format!("the number `{n}`"),
        Kind::Str(s) => format!("the text `{s}`"),
        Kind::Seq(_) => "a list".to_owned(),
        Kind::Map(_) => "a mapping".to_owned(),
    }
}
