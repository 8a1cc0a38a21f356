//! How two JSON Schemas relate: one lies within the other, or a value shows that it does not, or nobody can tell.

use serde_json::Value;

use super::contain::Prover;
use super::meet::TooComplex;
use super::member::{Oracle, allows};
use super::read::read;
use super::witness;

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
    if a == b {
        return Relation::Within;
    }
    let (from, to) = match (read(a, oracle), read(b, oracle)) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(TooComplex), _) | (_, Err(TooComplex)) => return Relation::Unknown("the schema is too large".to_owned()),
    };
    let prover = Prover::new(oracle);
    if prover.within(&from, &to) {
        return Relation::Within;
    }
    match witness::outside(&from, &to, oracle) {
        Some(value) if oracle(a, &value) == Some(true) && oracle(b, &value) == Some(false) => Relation::Outside(value),
        _ => {
            let names: Vec<_> = prover.obstacles.borrow().iter().map(|name| format!("`{name}`")).collect();
            Relation::Unknown(match names.len() {
                0 => "neither a proof nor a counter-example was found".to_owned(),
                _ => format!("{} cannot be compared", names.join(", ")),
            })
        }
    }
}

/// Whether `schema` accepts `value` as this module reads it; for tests that hold it to the validator.
pub fn accepts(schema: &Value, value: &Value, oracle: Oracle<'_>) -> Option<bool> {
    allows(&read(schema, oracle).ok()?, value, oracle)
}
