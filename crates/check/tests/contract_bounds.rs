//! Contract comparison at its bounds: numbers and sizes that people seldom write, and what it may cost at most.

use std::cell::Cell;

use check::contract::{Relation, relate};
use check::subject::validator;
use serde_json::{Value, json};

#[track_caller]
fn outside(a: &Value, b: &Value) -> Value {
    match relate(a, b, &validator) {
        Relation::Outside(value) => {
            assert_eq!((validator(a, &value), validator(b, &value)), (Some(true), Some(false)));
            value
        }
        other => panic!("{a} against {b}: {other:?}"),
    }
}

#[test]
fn numbers_beyond_64_bits_prove_nothing_by_their_absence() {
    let one = |n: f64| json!({ "type": "integer", "minimum": n, "maximum": n });
    outside(&one(1e19), &json!({ "type": "string" }));
    outside(&one(1e25), &json!({ "type": "string" }));
    outside(&one(-1e19), &json!({ "enum": ["x"] }));
    outside(&one(1e19), &json!({ "type": "integer", "maximum": 5 }));
    assert_eq!(relate(&one(1e19), &json!({ "type": "number" }), &validator), Relation::Within);
}

#[test]
fn large_sizes_are_told_apart_by_an_example() {
    let text = |key: &str, n: u64| json!({ "type": "string", key: n });
    assert_eq!(outside(&text("maxLength", 50_000), &text("maxLength", 30_000)).as_str().unwrap().len(), 30_001);
    outside(&text("minLength", 20_001), &text("minLength", 20_002));
    let list = |key: &str, n: u64| json!({ "type": "array", key: n });
    assert_eq!(outside(&list("maxItems", 200), &list("maxItems", 100)).as_array().unwrap().len(), 101);
    outside(&list("minItems", 70), &list("minItems", 71));
    let unique =
        |n: u64| json!({ "type": "array", "items": { "type": "integer" }, "uniqueItems": true, "maxItems": n });
    outside(&unique(200), &unique(100));
    let object = |n: u64| json!({ "type": "object", "maxProperties": n });
    assert_eq!(outside(&object(200), &object(100)).as_object().unwrap().len(), 101);
}

#[test]
fn deep_nesting_is_followed() {
    let nested = |levels: usize, most: u64| {
        (0..levels).fold(json!({ "type": "string", "maxLength": most }), |inner, level| match level % 2 {
            0 => json!({ "type": "object", "properties": { "a": inner }, "required": ["a"] }),
            _ => json!({ "type": "array", "items": inner, "minItems": 1 }),
        })
    };
    for levels in [9, 12, 20, 30] {
        outside(&nested(levels, 100), &nested(levels, 50));
    }
}

#[test]
fn a_schema_too_large_to_read_is_still_tried() {
    outside(&json!({ "type": "number" }), &json!({ "type": "number", "minimum": 1e300 }));
    let many: Vec<String> = (0..2_001).map(|n| format!("v{n}")).collect();
    outside(&json!({ "type": "string" }), &json!({ "enum": many }));
    outside(&json!({ "enum": many }), &json!({ "enum": many[1..] }));
    assert!(matches!(
        relate(&json!({ "enum": many[1..] }), &json!({ "enum": many }), &validator),
        Relation::Unknown(_)
    ));
}

/// No example lies within the budget, so that the search goes on for as long as it may.
#[test]
fn a_hostile_schema_asks_the_validator_so_often_and_no_more() {
    let part = |from: usize, end: &str| {
        let all: Vec<Value> = (0..200)
            .map(|n| {
                let of = |m: usize| json!({ "type": "string", "pattern": format!("^p{}{end}", from + n * 3 + m) });
                json!({ "type": "object", "properties": { "a": of(0), "b": of(1), "c": of(2) }, "required": ["a", "b", "c"] })
            })
            .collect();
        json!({ "anyOf": all })
    };
    let calls = Cell::new(0_usize);
    let counting = |schema: &Value, value: &Value| {
        calls.set(calls.get() + 1);
        validator(schema, value)
    };
    let relation = relate(&part(0, "x"), &part(7, "y"), &counting);
    assert!(matches!(relation, Relation::Unknown(_)), "{relation:?}");
    assert!(calls.get() <= 20_500, "{} calls", calls.get());
}
