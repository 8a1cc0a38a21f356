//! A value that one shape allows and another does not, as small as can be found.
//!
//! Candidates are drawn from the first shape along the edges of the second; a candidate counts only when both have been
//! asked. Finding none proves nothing.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::contain::finite;
use super::decimal::Decimal;
use super::member::{Oracle, allows, alternative_allows};
use super::shape::{Alternative, Arrays, Kind, Numbers, Objects, Shape, Strings, same};
use super::single::ranged;

/// Longer texts and lists are not made up as examples.
const MAX_LENGTH: u64 = 1_000_000;
const MAX_ITEMS: u64 = 10_000;
/// Items that must all differ are made one by one.
const MAX_APART: usize = 300;
const MAX_DEPTH: u8 = 64;
/// What one search may spend: about as many values, or 64 times as many bytes, or a twentieth of calls of the validator.
const BUDGET: usize = 200_000;
const CALL: usize = 20;

/// A value of `a` that is not one of `b`.
pub(crate) fn outside(a: &Shape, b: &Shape, oracle: Oracle<'_>) -> Option<Value> {
    with_budget(oracle, |search| search.outside(a, b, 0))
}

/// Some values of `a`, one of each of its first alternatives.
pub(crate) fn samples(a: &Shape, oracle: Oracle<'_>) -> Vec<Value> {
    with_budget(oracle, |search| a.alternatives().iter().take(64).filter_map(|a| search.sample(a, 0)).collect())
}

fn with_budget<T>(oracle: Oracle<'_>, search: impl FnOnce(&Search<'_>) -> T) -> T {
    let left = Cell::new(BUDGET);
    let counted = |schema: &Value, value: &Value| {
        spend(&left, CALL)?;
        oracle(schema, value)
    };
    search(&Search { oracle: &counted, left: &left })
}

fn spend(left: &Cell<usize>, cost: usize) -> Option<()> {
    let rest = left.get().checked_sub(cost);
    left.set(rest.unwrap_or(0));
    rest.map(|_| ())
}

struct Search<'a> {
    oracle: Oracle<'a>,
    left: &'a Cell<usize>,
}

impl Search<'_> {
    fn outside(&self, a: &Shape, b: &Shape, depth: u8) -> Option<Value> {
        if matches!(b, Shape::Any) || depth > MAX_DEPTH {
            return None;
        }
        spend(self.left, 1)?;
        let alternatives = a.alternatives();
        // A plain example of a type that `b` does not know says most: try all of them before any edge.
        let plain = alternatives.iter().filter_map(|a| self.sample(a, depth));
        plain.filter(|value| allows(b, value, self.oracle) == Some(false)).min_by_key(size).or_else(|| {
            let edges = alternatives.iter().flat_map(|a| {
                let candidates = self.candidates(a, b, depth).into_iter();
                candidates.filter(move |value| alternative_allows(a, value, self.oracle) == Some(true))
            });
            edges.filter(|value| allows(b, value, self.oracle) == Some(false)).min_by_key(size)
        })
    }

    /// One plain value of `a`.
    fn sample(&self, a: &Alternative, depth: u8) -> Option<Value> {
        spend(self.left, 1)?;
        let fits = |value: &Value| alternative_allows(a, value, self.oracle) == Some(true);
        // What stands inside is made once and not along every edge: that would double with every level.
        let least = match &a.kind {
            Kind::Array(x) => self.filled(x, x.min, None, depth),
            Kind::Object(o) => self.least(o, depth).map(Value::Object),
            Kind::Literal(_) | Kind::Number(_) | Kind::String(_) => None,
        };
        least.filter(fits).or_else(|| self.candidates(a, &Shape::NONE, depth).into_iter().find(fits))
    }

    fn sample_of(&self, shape: &Shape, depth: u8) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        match shape {
            Shape::Any => Some(json!("x")),
            Shape::Of(alternatives) => alternatives.iter().find_map(|a| self.sample(a, depth)),
        }
    }

    fn candidates(&self, a: &Alternative, b: &Shape, depth: u8) -> Vec<Value> {
        let others: Vec<Kind> = b.alternatives().iter().map(|b| ranged(&b.kind)).collect();
        let others = || others.iter();
        match &a.kind {
            Kind::Literal(value) => vec![value.clone()],
            Kind::Number(n) => {
                number_edges(n, others().filter_map(|b| if let Kind::Number(b) = b { Some(b) } else { None }))
            }
            Kind::String(s) => {
                self.string_edges(*s, others().filter_map(|b| if let Kind::String(b) = b { Some(b) } else { None }))
            }
            Kind::Array(x) => {
                self.array_edges(x, others().filter_map(|b| if let Kind::Array(b) = b { Some(b) } else { None }), depth)
            }
            Kind::Object(o) => self.object_edges(
                o,
                others().filter_map(|b| if let Kind::Object(b) = b { Some(b) } else { None }),
                depth,
            ),
        }
    }

    fn array_edges<'s>(&self, a: &Arrays, others: impl Iterator<Item = &'s Arrays> + Clone, depth: u8) -> Vec<Value> {
        let fill = |length: u64, given: Option<(usize, Value)>| self.filled(a, length, given, depth);
        let mut found: Vec<_> = [a.min, a.min.max(1)].into_iter().filter_map(|n| fill(n, None)).collect();
        let mut strange: Vec<Value> = Vec::new();
        for b in others {
            let lengths = [b.min.checked_sub(1), b.max.map(|max| max + 1), b.unique.then_some(2)];
            found.extend(lengths.into_iter().flatten().filter_map(|n| fill(n.max(a.min), None)));
            for i in 0..=a.prefix.len().max(b.prefix.len()) {
                let item = self.outside(a.at(i), b.at(i), depth + 1);
                if i >= a.prefix.len() {
                    strange.extend(item.clone());
                }
                found.extend(item.and_then(|item| fill(a.min, Some((i, item)))));
            }
        }
        found.extend(self.mixed(a, strange, depth));
        found
    }

    /// A list that ends in items each of which another alternative refuses.
    fn mixed(&self, a: &Arrays, mut strange: Vec<Value>, depth: u8) -> Option<Value> {
        let mut seen = BTreeSet::new();
        strange.retain(|item| seen.insert(item.to_string()));
        strange.truncate(8);
        if strange.len() < 2 {
            return None;
        }
        let length = a.min.max((a.prefix.len() + strange.len()) as u64);
        let Some(Value::Array(mut items)) = self.filled(a, length, None, depth) else { return None };
        let at = items.len().checked_sub(strange.len())?;
        items.truncate(at);
        items.extend(strange);
        Some(Value::Array(items))
    }

    /// A list of `length` plain items, or as many as it takes to hold the given one at its place.
    fn filled(&self, a: &Arrays, length: u64, given: Option<(usize, Value)>, depth: u8) -> Option<Value> {
        let length = length.max(given.as_ref().map_or(0, |(i, _)| *i as u64 + 1));
        let length = usize::try_from(length).ok().filter(|n| *n as u64 <= MAX_ITEMS)?;
        let mut items: Vec<Value> = Vec::new();
        for i in 0..length {
            let item = match &given {
                Some((at, value)) if *at == i => value.clone(),
                // Beyond the prefix one is like the other.
                Some((at, _)) if i > a.prefix.len() && *at + 1 != i => items[i - 1].clone(),
                None if i > a.prefix.len() => items[i - 1].clone(),
                _ => self.sample_of(a.at(i), depth + 1)?,
            };
            spend(self.left, weight(&item))?;
            items.push(item);
        }
        if a.unique {
            self.tell_apart(a, &mut items, given.as_ref().map(|(i, _)| *i), depth);
        }
        Some(Value::Array(items))
    }

    /// Replaces items that stand there twice by others of their shape, as far as such are found.
    fn tell_apart(&self, a: &Arrays, items: &mut [Value], keep: Option<usize>, depth: u8) {
        for i in 0..items.len().min(MAX_APART) {
            let taken = |value: &Value, items: &[Value]| {
                items.iter().enumerate().any(|(j, other)| j != i && (j < i || Some(j) == keep) && same(other, value))
            };
            if Some(i) == keep || !taken(&items[i], items) {
                continue;
            }
            let others = a.at(i).alternatives().into_iter().flat_map(|alternative| {
                let mut candidates = self.candidates(&alternative, &Shape::NONE, depth + 1);
                let count = items.len();
                candidates.extend((0..count).flat_map(|n| [json!(n), json!(format!("x{n}"))]));
                let fits = move |value: &Value| alternative_allows(&alternative, value, self.oracle) == Some(true);
                candidates.into_iter().filter(fits)
            });
            if let Some(other) = others.into_iter().find(|value| !taken(value, items)) {
                items[i] = other;
            }
        }
    }

    fn object_edges<'s>(
        &self,
        a: &Objects,
        others: impl Iterator<Item = &'s Objects> + Clone,
        depth: u8,
    ) -> Vec<Value> {
        let sample = |name: &String| Some((name.clone(), self.sample_of(a.at(name), depth + 1)?));
        let Some(least) = self.least(a, depth) else { return Vec::new() };
        let full = a.properties.keys().filter_map(sample).collect::<Map<_, _>>();
        let mut starts = vec![least.clone()];
        // A required property with few values often says which alternative the object belongs to.
        for name in &a.required {
            let values = finite(a.at(name)).unwrap_or_default();
            starts.extend(values.into_iter().take(16).map(|value| with(&least, name, value)));
        }
        let mut found = starts.clone();
        found.extend(a.properties.keys().filter_map(sample).map(|(name, value)| with(&least, &name, value)));
        found.push(full);
        // Names that nobody declared: what patterns and rules for names are about.
        found.extend(["other", "x"].iter().filter_map(|name| {
            let value = self.sample_of(a.at(name), depth + 1)?;
            Some(with(&least, name, value))
        }));
        // One property for every alternative to refuse.
        let mut strange: Map<String, Value> = Map::new();
        for b in others {
            let wanted = [b.min.checked_sub(1), b.max.map(|max| max + 1)];
            found.extend(wanted.into_iter().flatten().map(|n| self.padded(a, least.clone(), n, depth)));
            let other = "other".to_owned();
            let names: BTreeSet<&String> = a.properties.keys().chain(b.properties.keys()).chain([&other]).collect();
            let mut refused = false;
            for name in names {
                let Some(value) = self.outside(a.at(name), b.at(name), depth + 1) else { continue };
                if !refused && !strange.contains_key(name) {
                    refused = true;
                    strange.insert(name.clone(), value.clone());
                }
                found.extend(starts.iter().map(|start| with(start, name, value.clone())));
            }
        }
        if strange.len() > 1 {
            let mut whole = least;
            whole.extend(strange);
            found.push(whole);
        }
        found.into_iter().map(Value::Object).collect()
    }

    /// What is required, and as many more as there must be.
    fn least(&self, a: &Objects, depth: u8) -> Option<Map<String, Value>> {
        let sample = |name: &String| Some((name.clone(), self.sample_of(a.at(name), depth + 1)?));
        let least = a.required.iter().map(sample).collect::<Option<Map<_, _>>>()?;
        Some(self.padded(a, least, a.min, depth))
    }

    /// With optional and then made-up properties until it has `count`.
    fn padded(&self, a: &Objects, mut map: Map<String, Value>, count: u64, depth: u8) -> Map<String, Value> {
        let made_up = (1..=MAX_ITEMS).map(|n| format!("other{n}"));
        // What nobody named is alike.
        let mut unnamed = None;
        for name in a.properties.keys().cloned().chain(made_up) {
            if map.len() as u64 >= count.min(MAX_ITEMS) {
                break;
            }
            if map.contains_key(&name) {
                continue;
            }
            let value = match a.properties.contains_key(&name) {
                true => self.sample_of(a.at(&name), depth + 1),
                false => unnamed.get_or_insert_with(|| self.sample_of(&a.additional, depth + 1)).clone(),
            };
            match value {
                Some(value) if spend(self.left, weight(&value)).is_some() => drop(map.insert(name, value)),
                None if a.properties.contains_key(&name) => {}
                _ => break,
            }
        }
        map
    }

    fn string_edges<'s>(&self, a: Strings, others: impl Iterator<Item = &'s Strings>) -> Vec<Value> {
        let mut lengths: BTreeSet<u64> = [a.min, a.min.max(1)].into();
        lengths.extend(a.max.filter(|max| *max <= 20_000));
        for b in others {
            lengths.extend(b.min.checked_sub(1).map(|n| n.max(a.min)));
            lengths.extend(b.max.map(|max| max.saturating_add(1).max(a.min)));
        }
        let text = |n: u64| {
            let n = usize::try_from(n).ok().filter(|_| n <= MAX_LENGTH)?;
            spend(self.left, 1 + n / 64)?;
            Some("x".repeat(n))
        };
        let mut all: Vec<Value> = vec![json!("x")];
        all.extend(lengths.into_iter().filter_map(text).map(Value::from));
        // For patterns and formats there is nothing to reason with: a handful of texts that many of them separate.
        let stock = [
            "X",
            "7",
            " ",
            "-",
            "x y",
            "2026-02-29",
            "2026-11-22",
            "a@example.com",
            "https://example.com",
            "é\n",
            "127.0.0.1",
            "::1",
        ];
        all.extend(stock.into_iter().map(Value::from));
        all
    }
}

fn with(map: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let mut map = map.clone();
    map.insert(name.to_owned(), value);
    map
}

fn size(value: &Value) -> usize {
    value.to_string().len()
}

/// What a copy costs.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / 64,
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(weight).sum::<usize>(),
        _ => 1,
    }
}

fn number_edges<'s>(a: &Numbers, others: impl Iterator<Item = &'s Numbers>) -> Vec<Value> {
    let unit = a.step.unwrap_or(Decimal::ONE);
    let mut points: Vec<Decimal> = [0, 1, -1, 2, 10].map(Decimal::of_int).into();
    let mut steps = vec![unit];
    let bounds = |n: &Numbers| [n.min, n.max].into_iter().flatten().map(|b| b.at).collect::<Vec<_>>();
    points.extend(bounds(a));
    for b in others {
        points.extend(bounds(b));
        steps.extend(b.step);
    }
    let smallest = steps.iter().copied().min().unwrap_or(unit);
    steps.extend(smallest.half());
    let mut all = points.clone();
    for point in points {
        for step in &steps {
            all.extend([point.plus(*step), point.minus(*step)].into_iter().flatten());
        }
    }
    let on_step = |n: Decimal| match a.step {
        Some(step) => [n.floor_to(step), n.ceil_to(step)],
        None => [Some(n), None],
    };
    all.into_iter().flat_map(on_step).flatten().filter_map(Decimal::to_json).collect()
}
