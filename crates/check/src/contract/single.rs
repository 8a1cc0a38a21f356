//! One way to write each set: what holds a single value is that value, and counts that close or fill an object do so.

use serde_json::Value;

use super::decimal::Decimal;
use super::shape::{Alternative, Arrays, Bound, Kind, Numbers, Objects, Shape, Strings, same};

/// Longer lists are left as they are.
const MOST: u64 = 64;

/// The same values in the form that all ways to write them share.
pub(crate) fn normal(kind: Kind) -> Kind {
    match kind {
        Kind::Number(n) => number(&n).map_or(Kind::Number(n), Kind::Literal),
        Kind::String(Strings { min: 0, max: Some(0) }) => Kind::Literal(Value::String(String::new())),
        Kind::Array(a) => array(&a).map_or(Kind::Array(a), Kind::Literal),
        Kind::Object(o) => {
            let o = counted(o);
            object(&o).map_or(Kind::Object(o), Kind::Literal)
        }
        other => other,
    }
}

fn number(n: &Numbers) -> Option<Value> {
    let (min, max) = (n.min?, n.max?);
    (min.at == max.at && n.allows(min.at)).then(|| min.at.to_json())?
}

/// The only value of a shape, where no keyword stands beside it that is not reasoned about.
fn only(shape: &Shape) -> Option<&Value> {
    match shape {
        Shape::Of(alternatives) => match alternatives.as_slice() {
            [Alternative { kind: Kind::Literal(value), opaque }] if opaque.is_empty() => Some(value),
            _ => None,
        },
        Shape::Any => None,
    }
}

fn array(a: &Arrays) -> Option<Value> {
    let length = a.longest().filter(|n| *n == a.min && *n <= MOST)?;
    let items = (0..usize::try_from(length).ok()?).map(|i| only(a.at(i)).cloned()).collect::<Option<Vec<_>>>()?;
    let twice = |(i, item): (usize, &Value)| items[..i].iter().any(|other| same(item, other));
    let refused = a.unique && items.iter().enumerate().any(twice);
    (!refused).then_some(Value::Array(items))
}

/// Where no more properties may stand than are required, there are no others; where as many must stand as can, all are
/// required.
fn counted(mut o: Objects) -> Objects {
    if o.max == Some(o.required.len() as u64) {
        let required = o.required.clone();
        let missing: Vec<_> = required.iter().filter(|name| !o.properties.contains_key(*name)).cloned().collect();
        for name in missing {
            o.properties.insert(name, (*o.additional).clone());
        }
        o.properties.retain(|name, _| required.contains(name));
        o.additional = Box::new(Shape::NONE);
        o.max = None;
    }
    if o.additional.is_empty() {
        o.properties.retain(|_, shape| !shape.is_empty());
        let named = o.properties.len() as u64;
        if o.min == named && o.required.iter().all(|name| o.properties.contains_key(name)) {
            o.required.extend(o.properties.keys().cloned());
        }
        o.max = o.max.filter(|max| *max < named);
    }
    if o.min <= o.required.len() as u64 {
        o.min = 0;
    }
    o
}

fn object(o: &Objects) -> Option<Value> {
    let closed = o.additional.is_empty() && o.properties.len() == o.required.len();
    if !closed || o.max.is_some() || o.min > o.required.len() as u64 {
        return None;
    }
    let property = |name: &String| Some((name.clone(), only(o.properties.get(name)?)?.clone()));
    Some(Value::Object(o.required.iter().map(property).collect::<Option<_>>()?))
}

/// A list, an object, a number or the empty text written as a range again, to see its edges.
pub(crate) fn ranged(kind: &Kind) -> Kind {
    match kind {
        Kind::Literal(Value::Number(n)) => match Decimal::of(n) {
            Some(at) => {
                let bound = Some(Bound { at, exclusive: false });
                Kind::Number(Numbers { min: bound, max: bound, step: None })
            }
            None => kind.clone(),
        },
        Kind::Literal(Value::String(text)) if text.is_empty() => Kind::String(Strings { min: 0, max: Some(0) }),
        Kind::Literal(Value::Array(items)) => Kind::Array(Arrays {
            min: items.len() as u64,
            max: Some(items.len() as u64),
            prefix: items.iter().cloned().map(Shape::literal).collect(),
            items: Box::new(Shape::NONE),
            unique: false,
        }),
        Kind::Literal(Value::Object(map)) => Kind::Object(Objects {
            min: 0,
            max: None,
            required: map.keys().cloned().collect(),
            properties: map.iter().map(|(name, value)| (name.clone(), Shape::literal(value.clone()))).collect(),
            additional: Box::new(Shape::NONE),
        }),
        other => other.clone(),
    }
}
