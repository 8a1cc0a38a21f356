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

/// Values about what `b`, and `a` as well, say that is not reasoned about: objects with the properties that they name, each
/// added to an object which `a` allows, the values that they name, and texts of known formats.
pub(super) fn about(b: &Value, a: &Value, samples: &[Value]) -> Vec<Value> {
    let (theirs, ours) = (Named::of(b), Named::of(a));
    let mut names: Vec<&String> = theirs.names.iter().chain(&ours.names).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    names.truncate(8);
    let mut values: Vec<Value> = vec![json!(1), json!("x"), json!(true)];
    values.extend(theirs.values.iter().chain(&ours.values).take(4).cloned());
    let empty = json!({});
    let starts = || [&empty].into_iter().chain(samples.iter().filter(|value| value.is_object()).take(3));
    let mut all: Vec<Value> = theirs.values.iter().take(16).cloned().collect();
    all.extend(TEXTS.map(Value::from));
    for (start, value) in starts().flat_map(|start| values.iter().take(3).map(move |value| (start, value))) {
        let mut object = start.clone();
        names.iter().for_each(|name| object[name.as_str()] = value.clone());
        all.push(object);
    }
    for (start, value) in starts().flat_map(|start| values.iter().map(move |value| (start, value))) {
        for name in &names {
            let mut object = start.clone();
            object[name.as_str()] = value.clone();
            all.push(object);
        }
    }
    all.truncate(MOST);
    all
}

/// One text of each format that people ask for.
const TEXTS: [&str; 9] = [
    "127.0.0.1",
    "::1",
    "a@example.com",
    "https://example.com",
    "2026-11-22",
    "10:00:00Z",
    "2026-11-22T10:00:00Z",
    "P1D",
    "2f1e4fc0-81fd-41da-9155-02fa0a1f1d5e",
];

/// What a schema names: its enums and constants, and the bounds of its numbers.
#[derive(Default)]
struct Named {
    values: Vec<Value>,
    bounds: Vec<f64>,
    /// Properties, in the order in which they are named.
    names: Vec<String>,
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
                            ("properties" | "dependentSchemas" | "dependentRequired", Value::Object(of)) => {
                                named.names.extend(of.keys().cloned());
                            }
                            ("required", Value::Array(names)) => {
                                named.names.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
                            }
                            _ => {}
                        }
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
