//! Values to try on two schemas that nobody can reason about: what they name themselves, and a few of every type.

use serde_json::{Value, json};

/// How many are tried: the validator reads both schemas for each.
pub(super) const MOST: usize = 200;

/// How many parts of a schema are looked at.
const PARTS: usize = 20_000;

/// Values that may be allowed by `a` and not by `b`: what only `a` names comes first, then edges, then plain ones.
pub(super) fn of(a: &Value, b: &Value) -> Vec<Value> {
    let (ours, theirs) = (Named::of(a), Named::of(b));
    let known: std::collections::HashSet<String> = theirs.values.iter().map(Value::to_string).collect();
    let mut all: Vec<Value> =
        ours.values.iter().filter(|value| !known.contains(&value.to_string())).take(MOST / 2).cloned().collect();
    all.extend([json!("x"), json!(0), json!(true), json!(false), json!(null), json!([]), json!({}), json!("")]);
    for bound in theirs.bounds.iter().chain(&ours.bounds).take(16) {
        all.extend([json!(bound), json!(bound - 1.0), json!(bound + 1.0), json!(bound / 2.0), json!(bound * 2.0)]);
    }
    all.extend([
        json!(1),
        json!(-1),
        json!(0.5),
        json!(1e9),
        json!(-1e9),
        json!("2026-11-22"),
        json!("a b"),
        json!("7"),
    ]);
    all.extend([json!([0]), json!(["x"]), json!(["x", "x"]), json!({ "x": 0 }), json!({ "x": "x" })]);
    all.extend(theirs.values.into_iter().take(16));
    all
}

/// What a schema names: its enums and constants, and the bounds of its numbers.
#[derive(Default)]
struct Named {
    values: Vec<Value>,
    bounds: Vec<f64>,
}

impl Named {
    fn of(schema: &Value) -> Self {
        let mut named = Self::default();
        let mut next = vec![schema];
        for _ in 0..PARTS {
            match next.pop() {
                Some(Value::Object(map)) => {
                    for (key, value) in map {
                        match (key.as_str(), value) {
                            ("enum", Value::Array(values)) => named.values.extend(values.iter().cloned()),
                            ("const", value) => named.values.push(value.clone()),
                            (_, Value::Number(n)) => named.bounds.extend(n.as_f64().filter(|n| n.is_finite())),
                            _ => next.push(value),
                        }
                    }
                }
                Some(Value::Array(items)) => next.extend(items),
                Some(_) => {}
                None => break,
            }
        }
        named
    }
}
