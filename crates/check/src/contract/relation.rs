//! How two JSON Schemas relate: one lies within the other, or a value shows that it does not, or nobody can tell.

use std::cell::Cell;

use serde_json::Value;

use super::contain::Prover;
use super::member::{Oracle, allows};
use super::plain::plain;
use super::read::read;
use super::shape::Shape;
use super::{stock, witness};

/// How often the validator is asked at most, to relate two schemas.
const MAX_CALLS: usize = 20_000;

/// What is known about "every value that `a` accepts, `b` accepts too".
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// It is so: proven.
    Within,
    /// It is not: `a` accepts this value and `b` refuses it, says the validator that judges at run time.
    Outside(Value),
    /// Neither a proof nor a counter-example: the clause says what stands in the way.
    Unknown(String),
}

/// Relates two schemas, each with its own definitions.
pub fn relate(a: &Value, b: &Value, oracle: Oracle<'_>) -> Relation {
    let (a, b) = (&plain(a), &plain(b));
    if a == b {
        return Relation::Within;
    }
    // The validator reads a schema anew for every value: without a bound, patterns in many alternatives take seconds.
    let calls = Cell::new(MAX_CALLS);
    let counted = |schema: &Value, value: &Value| {
        let left = calls.get().checked_sub(1)?;
        calls.set(left);
        oracle(schema, value)
    };
    let (from, to) = match (read(a, &counted), read(b, &counted)) {
        (Ok(from), Ok(to)) => (from, to),
        (from, _) => return unread([a, b], from.ok().as_ref(), oracle),
    };
    let prover = Prover::new(&counted);
    if prover.within(&from, &to) {
        return Relation::Within;
    }
    match witness::outside(&from, &to, &counted) {
        Some(value) if oracle(a, &value) == Some(true) && oracle(b, &value) == Some(false) => Relation::Outside(value),
        _ => {
            let samples = witness::samples(&from, &counted);
            let tells = |value: &Value| counted(a, value) == Some(true) && counted(b, value) == Some(false);
            if let Some(value) = stock::about(b, a, &samples).into_iter().find(tells) {
                return Relation::Outside(value);
            }
            let names: Vec<_> = prover.obstacles.borrow().iter().map(|name| format!("`{name}`")).collect();
            Relation::Unknown(match names.len() {
                0 => "neither a proof nor a counter-example was found".to_owned(),
                _ => format!("{} cannot be compared", names.join(", ")),
            })
        }
    }
}

/// Where a schema is too large to be read as a set: a value may tell the two apart all the same.
fn unread([a, b]: [&Value; 2], from: Option<&Shape>, oracle: Oracle<'_>) -> Relation {
    let mut values = stock::of(a, b);
    values.extend(from.map(|from| witness::samples(from, oracle)).unwrap_or_default());
    let tells = |value: &Value| oracle(a, value) == Some(true) && oracle(b, value) == Some(false);
    match values.into_iter().take(stock::MOST).find(tells) {
        Some(value) => Relation::Outside(value),
        None => Relation::Unknown("the schema is too large".to_owned()),
    }
}

/// Whether `schema` accepts `value` as this module reads it; for tests that hold it to the validator.
pub fn accepts(schema: &Value, value: &Value, oracle: Oracle<'_>) -> Option<bool> {
    allows(&read(schema, oracle).ok()?, value, oracle)
}
