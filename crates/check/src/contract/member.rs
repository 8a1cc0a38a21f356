//! Whether a shape allows a value.

use serde_json::Value;

use super::decimal::Decimal;
use super::shape::{Alternative, Arrays, Kind, Numbers, Objects, Shape, Strings, same};

/// Decides with a real validator whether a JSON Schema accepts a value; `None` where it cannot read the schema.
pub type Oracle<'a> = &'a dyn Fn(&Value, &Value) -> Option<bool>;

/// Whether `shape` allows `value`; `None` where an opaque part cannot be decided.
pub(crate) fn allows(shape: &Shape, value: &Value, oracle: Oracle<'_>) -> Option<bool> {
    let Shape::Of(alternatives) = shape else { return Some(true) };
    any(alternatives.iter().map(|alternative| alternative_allows(alternative, value, oracle)))
}

/// Whether `alternative` allows `value`.
pub(crate) fn alternative_allows(alternative: &Alternative, value: &Value, oracle: Oracle<'_>) -> Option<bool> {
    if !kind_allows(&alternative.kind, value, oracle)? {
        return Some(false);
    }
    all(alternative.opaque.values().map(|schema| oracle(schema, value)))
}

fn kind_allows(kind: &Kind, value: &Value, oracle: Oracle<'_>) -> Option<bool> {
    match (kind, value) {
        (Kind::Literal(literal), _) => Some(same(literal, value)),
        (Kind::Number(numbers), Value::Number(n)) => number_allows(numbers, Decimal::of(n)),
        (Kind::String(strings), Value::String(text)) => Some(string_allows(strings, text)),
        (Kind::Array(arrays), Value::Array(items)) => array_allows(arrays, items, oracle),
        (Kind::Object(objects), Value::Object(map)) => object_allows(objects, map, oracle),
        _ => Some(false),
    }
}

fn number_allows(numbers: &Numbers, n: Option<Decimal>) -> Option<bool> {
    match n {
        Some(n) => Some(numbers.allows(n)),
        None if *numbers == Numbers::default() => Some(true),
        None => None,
    }
}

fn string_allows(strings: &Strings, text: &str) -> bool {
    let length = text.chars().count() as u64;
    length >= strings.min && strings.max.is_none_or(|max| length <= max)
}

fn array_allows(arrays: &Arrays, items: &[Value], oracle: Oracle<'_>) -> Option<bool> {
    let length = items.len() as u64;
    if length < arrays.min || arrays.max.is_some_and(|max| length > max) {
        return Some(false);
    }
    if arrays.unique && items.iter().enumerate().any(|(i, item)| items[..i].iter().any(|other| same(item, other))) {
        return Some(false);
    }
    all(items.iter().enumerate().map(|(i, item)| allows(arrays.at(i), item, oracle)))
}

fn object_allows(objects: &Objects, map: &serde_json::Map<String, Value>, oracle: Oracle<'_>) -> Option<bool> {
    let count = map.len() as u64;
    let counted = count >= objects.min && objects.max.is_none_or(|max| count <= max);
    if !counted || !objects.required.iter().all(|name| map.contains_key(name)) {
        return Some(false);
    }
    all(map.iter().map(|(name, value)| allows(objects.at(name), value, oracle)))
}

/// False as soon as one is false; unknown when none is but one is unknown.
fn all(verdicts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut sum = Some(true);
    for verdict in verdicts {
        match verdict {
            Some(false) => return Some(false),
            Some(true) => {}
            None => sum = None,
        }
    }
    sum
}

fn any(verdicts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(verdicts.map(|verdict| verdict.map(|v| !v))).map(|v| !v)
}
