//! Whether one shape lies within another, as a proof: "not proven" is not "refuted".

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::decimal::Decimal;
use super::member::{Oracle, allows, alternative_allows};
use super::read::ENTANGLED;
use super::shape::{Alternative, Arrays, Bound, Kind, Numbers, Objects, Shape, Strings};
use super::single::normal;

/// Looks for proofs, and remembers which keywords stood in the way of one.
pub(crate) struct Prover<'a> {
    oracle: Oracle<'a>,
    steps: Cell<usize>,
    /// Keywords that could not be reasoned about where it mattered.
    pub(crate) obstacles: std::cell::RefCell<BTreeSet<String>>,
}

/// Enough for any schema that people write; hostile ones end as "not proven".
const MAX_STEPS: usize = 200_000;
/// Finite sets up to this size are compared value by value.
const LISTED: usize = 64;

impl<'a> Prover<'a> {
    pub(crate) fn new(oracle: Oracle<'a>) -> Self {
        Self { oracle, steps: Cell::new(MAX_STEPS), obstacles: BTreeSet::new().into() }
    }

    /// Whether every value of `a` is proven to be one of `b`.
    pub(crate) fn within(&self, a: &Shape, b: &Shape) -> bool {
        if matches!(b, Shape::Any) {
            return true;
        }
        a.alternatives().iter().all(|a| self.one_within(a, b, 3))
    }

    fn one_within(&self, a: &Alternative, b: &Shape, splits: u8) -> bool {
        if self.steps.get() == 0 {
            return false;
        }
        self.steps.set(self.steps.get() - 1);
        let Shape::Of(alternatives) = b else { return true };
        if alternatives.iter().any(|b| self.alternative_within(a, b)) {
            return true;
        }
        // No single alternative of `b` holds all of `a`: take `a` apart.
        if let Kind::Number(numbers) = &a.kind
            && let Some(values) = numbers.listed(LISTED)
        {
            // A number that JSON cannot hold was tested against nothing, so it proves nothing.
            let mut values = values.into_iter().map(Decimal::to_json);
            return values.all(|value| value.is_some_and(|value| allows(b, &value, self.oracle) == Some(true)));
        }
        let parts = if splits > 0 { self.parts(a, alternatives) } else { Vec::new() };
        if !parts.is_empty() && parts.iter().all(|part| self.one_within(part, b, splits - 1)) {
            return true;
        }
        let Kind::Object(objects) = &a.kind else { return false };
        splits > 0
            && objects.required.iter().any(|name| {
                let parts = finite(objects.at(name));
                parts.is_some_and(|values| {
                    values.into_iter().all(|value| {
                        let mut part = objects.clone();
                        part.properties.insert(name.clone(), Shape::literal(value));
                        let part = Alternative { kind: normal(Kind::Object(part)), opaque: a.opaque.clone() };
                        self.one_within(&part, b, splits - 1)
                    })
                })
            })
    }

    /// `a` cut along the bounds of `others`, which may hold it jointly; nothing where there is no bound to cut at.
    fn parts(&self, a: &Alternative, others: &[Alternative]) -> Vec<Alternative> {
        let parts: Vec<Kind> = match &a.kind {
            Kind::Number(n) => cut_numbers(n, others).into_iter().map(Kind::Number).collect(),
            Kind::String(s) => {
                let bounds = others
                    .iter()
                    .filter_map(|b| if let Kind::String(b) = &b.kind { Some((b.min, b.max)) } else { None });
                cut((s.min, s.max), bounds).map(|(min, max)| Kind::String(Strings { min, max })).collect()
            }
            Kind::Array(x) => {
                let bounds = others.iter().filter_map(|b| match &b.kind {
                    Kind::Array(b) => Some((b.min, b.longest())),
                    Kind::Literal(Value::Array(items)) => Some((items.len() as u64, Some(items.len() as u64))),
                    _ => None,
                });
                cut((x.min, x.longest()), bounds)
                    .map(|(min, max)| Kind::Array(Arrays { min, max, ..x.clone() }))
                    .collect()
            }
            Kind::Object(o) => {
                let bounds = others.iter().filter_map(|b| match &b.kind {
                    Kind::Object(b) => Some((b.fewest(), b.most())),
                    Kind::Literal(Value::Object(map)) => Some((map.len() as u64, Some(map.len() as u64))),
                    _ => None,
                });
                cut((o.fewest(), o.most()), bounds)
                    .map(|(min, max)| Kind::Object(Objects { min, max, ..o.clone() }))
                    .collect()
            }
            Kind::Literal(_) => Vec::new(),
        };
        let part = |kind| Alternative { kind: normal(kind), opaque: a.opaque.clone() };
        let parts: Vec<_> = parts.into_iter().map(part).filter(|part| !part.kind.is_empty()).collect();
        // One that is all of it is no cut.
        if parts.iter().any(|part| part == a) { Vec::new() } else { parts }
    }

    fn alternative_within(&self, a: &Alternative, b: &Alternative) -> bool {
        if let Kind::Literal(value) = &a.kind {
            return alternative_allows(b, value, self.oracle) == Some(true) || (a == b);
        }
        let kinds = match (&a.kind, &b.kind) {
            (Kind::Number(a), Kind::Number(b)) => numbers_within(a, b),
            (Kind::String(a), Kind::String(b)) => strings_within(*a, *b),
            (Kind::Array(a), Kind::Array(b)) => self.arrays_within(a, b),
            (Kind::Object(a), Kind::Object(b)) => self.objects_within(a, b),
            (Kind::Number(a), Kind::Literal(_)) => {
                return a.listed(LISTED).is_some_and(|all| {
                    let allowed = |value: Value| alternative_allows(b, &value, self.oracle) == Some(true);
                    all.into_iter().all(|n| n.to_json().is_some_and(allowed))
                });
            }
            (Kind::String(Strings { max: Some(0), .. }), Kind::Literal(Value::String(text))) => text.is_empty(),
            _ => false,
        };
        let strange: Vec<_> = b.opaque.iter().filter(|(text, _)| !a.opaque.contains_key(*text)).collect();
        if kinds {
            self.obstacles.borrow_mut().extend(strange.iter().flat_map(|(_, schema)| keywords(schema)));
        }
        kinds && strange.is_empty()
    }

    fn arrays_within(&self, a: &Arrays, b: &Arrays) -> bool {
        let longest = a.longest();
        let unique = !b.unique || a.unique || longest.is_some_and(|n| n <= 1);
        if a.min < b.min || !unique || !at_most(longest, b.max) {
            return false;
        }
        let positions = a.prefix.len().max(b.prefix.len());
        let reached = |i: usize| longest.is_none_or(|n| (i as u64) < n);
        (0..positions).filter(|&i| reached(i)).all(|i| self.within(a.at(i), b.at(i)))
            && (!reached(positions) || self.within(&a.items, &b.items))
    }

    fn objects_within(&self, a: &Objects, b: &Objects) -> bool {
        if a.fewest() < b.min || !at_most(a.most(), b.max) || !b.required.is_subset(&a.required) {
            return false;
        }
        let names: BTreeSet<&String> = a.properties.keys().chain(b.properties.keys()).collect();
        names.into_iter().all(|name| self.within(a.at(name), b.at(name))) && self.within(&a.additional, &b.additional)
    }
}

/// The keywords that keep a schema from being reasoned about.
fn keywords(schema: &Value) -> Vec<String> {
    let Value::Object(map) = schema else { return Vec::new() };
    // Wrapped only to carry its definitions along.
    let wrapped = map.get("allOf").filter(|_| map.contains_key("$defs") || map.contains_key("definitions"));
    if let Some(Value::Array(parts)) = wrapped {
        return parts.iter().flat_map(keywords).collect();
    }
    let tangles = ENTANGLED.iter().chain(&["patternProperties"]);
    let entangled: Vec<String> = tangles.filter(|k| map.contains_key(**k)).map(|k| (*k).to_owned()).collect();
    let tangled = !entangled.is_empty();
    if tangled { entangled } else { map.keys().filter(|key| *key != "then" && *key != "else").cloned().collect() }
}

fn at_most(a: Option<u64>, b: Option<u64>) -> bool {
    b.is_none_or(|b| a.is_some_and(|a| a <= b))
}

fn strings_within(a: Strings, b: Strings) -> bool {
    a.min >= b.min && at_most(a.max, b.max)
}

fn numbers_within(a: &Numbers, b: &Numbers) -> bool {
    let low =
        b.min.is_none_or(|b| a.min.is_some_and(|a| a.at > b.at || (a.at == b.at && (a.exclusive || !b.exclusive))));
    let high =
        b.max.is_none_or(|b| a.max.is_some_and(|a| a.at < b.at || (a.at == b.at && (a.exclusive || !b.exclusive))));
    let step = b.step.is_none_or(|b| a.step.is_some_and(|a| a.is_multiple_of(b)));
    if low && high && step {
        return true;
    }
    // A few numbers may all be multiples even where the steps are not.
    a.listed(LISTED).is_some_and(|all| all.into_iter().all(|n| b.allows(n)))
}

/// More bounds are not cut at.
const MOST_CUTS: usize = 32;

/// The range of counts `whole`, cut where one of `bounds` begins or ends.
fn cut(
    whole: (u64, Option<u64>),
    bounds: impl Iterator<Item = (u64, Option<u64>)>,
) -> impl Iterator<Item = (u64, Option<u64>)> {
    let begins = bounds.flat_map(|(min, max)| [Some(min), max.and_then(|max| max.checked_add(1))]).flatten();
    let inside = begins.filter(|at| *at > whole.0 && whole.1.is_none_or(|max| *at <= max));
    let mut cuts: Vec<u64> = inside.collect::<BTreeSet<_>>().into_iter().take(MOST_CUTS).collect();
    let none = cuts.is_empty();
    cuts.insert(0, whole.0);
    let ends: Vec<Option<u64>> = cuts.iter().skip(1).map(|next| Some(next - 1)).chain([whole.1]).collect();
    cuts.into_iter().zip(ends).filter(move |_| !none)
}

/// The numbers of `a`, cut at the bounds of `others`: below, at and above each.
fn cut_numbers(a: &Numbers, others: &[Alternative]) -> Vec<Numbers> {
    let bounds = others.iter().flat_map(|b| match &b.kind {
        Kind::Number(b) => [b.min, b.max].into_iter().flatten().map(|bound| bound.at).collect(),
        Kind::Literal(Value::Number(n)) => Decimal::of(n).into_iter().collect(),
        _ => Vec::new(),
    });
    let inside = |at: &Decimal| a.min.is_none_or(|min| *at >= min.at) && a.max.is_none_or(|max| *at <= max.at);
    let mut cuts: Vec<Decimal> = bounds.filter(inside).collect();
    cuts.sort();
    cuts.dedup();
    cuts.truncate(MOST_CUTS);
    let mut parts = Vec::new();
    let mut from = a.min;
    for at in cuts {
        let (open, closed) = (Some(Bound { at, exclusive: true }), Some(Bound { at, exclusive: false }));
        parts.push(Numbers { min: from, max: open, step: a.step });
        if a.allows(at) {
            parts.push(Numbers { min: closed, max: closed, step: a.step });
        }
        from = open;
    }
    if !parts.is_empty() {
        parts.push(Numbers { min: from, max: a.max, step: a.step });
    }
    parts.into_iter().map(Numbers::tightened).collect()
}

/// All values of a shape that has only a few.
pub(crate) fn finite(shape: &Shape) -> Option<Vec<Value>> {
    let Shape::Of(alternatives) = shape else { return None };
    let literal = |a: &Alternative| match &a.kind {
        Kind::Literal(value) => Some(value.clone()),
        _ => None,
    };
    (alternatives.len() <= LISTED).then(|| alternatives.iter().map(literal).collect())?
}
