//! What values a JSON Schema allows, in a form that can be reasoned about: a union of alternatives, each of one JSON type.
//!
//! Keywords outside the documented subset are kept as *opaque* conjuncts: equal ones cancel out, a single value can be
//! tested against them, and nothing else is claimed about them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::decimal::Decimal;

/// A set of JSON values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// All of them.
    Any,
    /// Those that at least one alternative allows; with no alternative, none.
    Of(Vec<Alternative>),
}

/// Values of one JSON type, or one single value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alternative {
    pub(crate) kind: Kind,
    /// Schemas that must hold as well, by their canonical text.
    pub(crate) opaque: BTreeMap<String, Arc<Value>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Exactly this value; null, true and false are always written so.
    Literal(Value),
    Number(Numbers),
    String(Strings),
    Array(Arrays),
    Object(Objects),
}

/// Numbers in a range, all multiples of `step` where there is one; integers have a step of 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Numbers {
    pub(crate) min: Option<Bound>,
    pub(crate) max: Option<Bound>,
    pub(crate) step: Option<Decimal>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bound {
    pub(crate) at: Decimal,
    /// Whether `at` itself is left out.
    pub(crate) exclusive: bool,
}

/// Strings of a length in characters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Strings {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
}

/// Arrays: the first items by position, then any number of further ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arrays {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) prefix: Vec<Shape>,
    pub(crate) items: Box<Shape>,
    pub(crate) unique: bool,
}

/// Objects: named properties, and what every other property may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Objects {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) required: BTreeSet<String>,
    pub(crate) properties: BTreeMap<String, Shape>,
    pub(crate) additional: Box<Shape>,
}

impl Default for Arrays {
    fn default() -> Self {
        Self { min: 0, max: None, prefix: Vec::new(), items: Box::new(Shape::Any), unique: false }
    }
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            min: 0,
            max: None,
            required: BTreeSet::new(),
            properties: BTreeMap::new(),
            additional: Box::new(Shape::Any),
        }
    }
}

impl From<Kind> for Alternative {
    fn from(kind: Kind) -> Self {
        Self { kind, opaque: BTreeMap::new() }
    }
}

impl Shape {
    /// No value at all.
    pub(crate) const NONE: Self = Self::Of(Vec::new());

    pub(crate) fn literal(value: Value) -> Self {
        Self::Of(vec![Kind::Literal(value).into()])
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Of(alternatives) if alternatives.is_empty())
    }

    /// The alternatives, `Any` written out by JSON type.
    pub(crate) fn alternatives(&self) -> Vec<Alternative> {
        match self {
            Self::Of(alternatives) => alternatives.clone(),
            Self::Any => every_kind().into_iter().map(Alternative::from).collect(),
        }
    }
}

/// All JSON values, by type.
pub(crate) fn every_kind() -> Vec<Kind> {
    vec![
        Kind::Literal(Value::Null),
        Kind::Literal(Value::Bool(false)),
        Kind::Literal(Value::Bool(true)),
        Kind::Number(Numbers::default()),
        Kind::String(Strings::default()),
        Kind::Array(Arrays::default()),
        Kind::Object(Objects::default()),
    ]
}

impl Arrays {
    /// What the item at `index` may be.
    pub(crate) fn at(&self, index: usize) -> &Shape {
        self.prefix.get(index).unwrap_or(&self.items)
    }

    /// How many items there can be at most, counting that an item which nothing satisfies cannot stand.
    pub(crate) fn longest(&self) -> Option<u64> {
        let stop = self.prefix.iter().position(Shape::is_empty);
        let stop = stop.or_else(|| self.items.is_empty().then_some(self.prefix.len()));
        match (stop.map(|n| n as u64), self.max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

impl Objects {
    /// What the property `name` may be.
    pub(crate) fn at(&self, name: &str) -> &Shape {
        self.properties.get(name).unwrap_or(&self.additional)
    }

    /// How many properties there can be at most.
    pub(crate) fn most(&self) -> Option<u64> {
        let named = self.properties.values().filter(|shape| !shape.is_empty()).count() as u64;
        let closed = self.additional.is_empty().then_some(named);
        match (closed, self.max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    pub(crate) fn fewest(&self) -> u64 {
        self.min.max(self.required.len() as u64)
    }
}

impl Numbers {
    /// With bounds moved onto the nearest multiple of the step, so that equal sets look equal.
    pub(crate) fn tightened(mut self) -> Self {
        let Some(step) = self.step else { return self };
        let inwards = |bound: Bound, up: bool| {
            let to = if up { bound.at.ceil_to(step) } else { bound.at.floor_to(step) }?;
            let at = match (bound.exclusive && to == bound.at, up) {
                (false, _) => to,
                (true, true) => to.plus(step)?,
                (true, false) => to.minus(step)?,
            };
            Some(Bound { at, exclusive: false })
        };
        self.min = self.min.map(|b| inwards(b, true).unwrap_or(b));
        self.max = self.max.map(|b| inwards(b, false).unwrap_or(b));
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        match (self.min, self.max) {
            (Some(min), Some(max)) => min.at > max.at || (min.at == max.at && (min.exclusive || max.exclusive)),
            _ => false,
        }
    }

    pub(crate) fn allows(&self, n: Decimal) -> bool {
        self.min.is_none_or(|b| n > b.at || (n == b.at && !b.exclusive))
            && self.max.is_none_or(|b| n < b.at || (n == b.at && !b.exclusive))
            && self.step.is_none_or(|step| n.is_multiple_of(step))
    }

    /// Every number in it, where they are few.
    pub(crate) fn listed(&self, most: usize) -> Option<Vec<Decimal>> {
        let (Some(min), Some(max), Some(step)) = (self.min, self.max, self.step) else { return None };
        let mut all = Vec::new();
        let mut n = min.at.ceil_to(step)?;
        while n <= max.at {
            if self.allows(n) {
                all.push(n);
            }
            if all.len() > most {
                return None;
            }
            n = n.plus(step)?;
        }
        Some(all)
    }
}

impl Kind {
    /// Whether nothing satisfies it; `false` where that is not plain to see.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Number(n) => n.is_empty(),
            Self::String(s) => s.max.is_some_and(|max| max < s.min),
            Self::Array(a) => a.longest().is_some_and(|max| max < a.min),
            Self::Object(o) => {
                o.most().is_some_and(|max| max < o.fewest()) || o.required.iter().any(|name| o.at(name).is_empty())
            }
        }
    }
}

/// Whether two JSON values are the same to JSON Schema, to which 1 and 1.0 are one number.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (Decimal::of(a), Decimal::of(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
