//! What two shapes both allow.

use super::member::{Oracle, alternative_allows};
use super::shape::{Alternative, Arrays, Bound, Kind, Numbers, Objects, Shape, Strings};
use super::single::normal;

/// Why a schema is not reasoned about: it has too many alternatives or numbers too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooComplex;

/// More alternatives than people write; enums count one each.
const MAX_ALTERNATIVES: usize = 2_000;
const MAX_PAIRS: usize = 60_000;

/// The values that both allow.
pub(crate) fn meet(a: &Shape, b: &Shape, oracle: Oracle<'_>) -> Result<Shape, TooComplex> {
    let (a, b) = match (a, b) {
        (Shape::Any, other) | (other, Shape::Any) => return Ok(other.clone()),
        (Shape::Of(a), Shape::Of(b)) => (a, b),
    };
    if a.len() * b.len() > MAX_PAIRS {
        return Err(TooComplex);
    }
    let mut both = Vec::new();
    for a in a {
        for b in b {
            if let Some(alternative) = meet_alternatives(a, b, oracle)? {
                both.push(alternative);
            }
        }
    }
    union([Shape::Of(both)])
}

/// The values that any of `shapes` allows, nothing said twice.
pub(crate) fn union(shapes: impl IntoIterator<Item = Shape>) -> Result<Shape, TooComplex> {
    let mut all: Vec<Alternative> = Vec::new();
    for shape in shapes {
        let Shape::Of(alternatives) = shape else { return Ok(Shape::Any) };
        if all.len() + alternatives.len() > MAX_ALTERNATIVES {
            return Err(TooComplex);
        }
        for mut alternative in alternatives {
            alternative.kind = normal(alternative.kind);
            if !alternative.kind.is_empty() && !all.contains(&alternative) {
                all.push(alternative);
            }
        }
    }
    Ok(Shape::Of(all))
}

fn meet_alternatives(a: &Alternative, b: &Alternative, oracle: Oracle<'_>) -> Result<Option<Alternative>, TooComplex> {
    let literal = match (&a.kind, &b.kind) {
        (Kind::Literal(value), _) => Some((value, &a.opaque, b)),
        (_, Kind::Literal(value)) => Some((value, &b.opaque, a)),
        _ => None,
    };
    let mut opaque = a.opaque.clone();
    opaque.extend(b.opaque.iter().map(|(text, schema)| (text.clone(), schema.clone())));
    if let Some((value, own, other)) = literal {
        let kind = Kind::Literal(value.clone());
        return Ok(match alternative_allows(other, value, oracle) {
            Some(false) => None,
            Some(true) => Some(Alternative { kind, opaque: own.clone() }),
            None => Some(Alternative { kind, opaque }),
        });
    }
    let kind = match (&a.kind, &b.kind) {
        (Kind::Number(a), Kind::Number(b)) => Kind::Number(meet_numbers(a, b)?),
        (Kind::String(a), Kind::String(b)) => {
            Kind::String(Strings { min: a.min.max(b.min), max: smaller(a.max, b.max) })
        }
        (Kind::Array(a), Kind::Array(b)) => Kind::Array(meet_arrays(a, b, oracle)?),
        (Kind::Object(a), Kind::Object(b)) => Kind::Object(meet_objects(a, b, oracle)?),
        _ => return Ok(None),
    };
    Ok((!kind.is_empty()).then_some(Alternative { kind, opaque }))
}

fn meet_numbers(a: &Numbers, b: &Numbers) -> Result<Numbers, TooComplex> {
    let step = match (a.step, b.step) {
        (Some(a), Some(b)) => Some(a.common_multiple(b).ok_or(TooComplex)?),
        (a, b) => a.or(b),
    };
    let min = tighter(a.min, b.min, |a, b| a.at > b.at);
    let max = tighter(a.max, b.max, |a, b| a.at < b.at);
    Ok(Numbers { min, max, step }.tightened())
}

fn tighter(a: Option<Bound>, b: Option<Bound>, stricter: fn(&Bound, &Bound) -> bool) -> Option<Bound> {
    match (a, b) {
        (Some(a), Some(b)) if a.at == b.at => Some(Bound { at: a.at, exclusive: a.exclusive || b.exclusive }),
        (Some(a), Some(b)) => Some(if stricter(&a, &b) { a } else { b }),
        (a, b) => a.or(b),
    }
}

fn smaller(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn meet_arrays(a: &Arrays, b: &Arrays, oracle: Oracle<'_>) -> Result<Arrays, TooComplex> {
    let positions = a.prefix.len().max(b.prefix.len());
    Ok(Arrays {
        min: a.min.max(b.min),
        max: smaller(a.max, b.max),
        prefix: (0..positions).map(|i| meet(a.at(i), b.at(i), oracle)).collect::<Result<_, _>>()?,
        items: Box::new(meet(&a.items, &b.items, oracle)?),
        unique: a.unique || b.unique,
    })
}

fn meet_objects(a: &Objects, b: &Objects, oracle: Oracle<'_>) -> Result<Objects, TooComplex> {
    let mut properties = std::collections::BTreeMap::new();
    for name in a.properties.keys().chain(b.properties.keys()) {
        if !properties.contains_key(name) {
            properties.insert(name.clone(), meet(a.at(name), b.at(name), oracle)?);
        }
    }
    Ok(Objects {
        min: a.min.max(b.min),
        max: smaller(a.max, b.max),
        required: a.required.union(&b.required).cloned().collect(),
        properties,
        additional: Box::new(meet(&a.additional, &b.additional, oracle)?),
    })
}
