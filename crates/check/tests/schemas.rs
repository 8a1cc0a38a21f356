//! What is claimed about two schemas is held against the validator, on schemas and values made at random.

use check::contract::relation::{Relation, accepts, relate};
use check::subject::validator;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Small numbers and few names, so that schemas and values meet often.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![(-3_i64..6).prop_map(Value::from), (-6_i64..12).prop_map(|n| json!(n as f64 / 2.0))]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number(), "[ab]{0,3}".prop_map(Value::from),]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[pqr]", inner, 0..4).prop_map(|m| json!(m)),
        ]
    })
}

fn keyword(inner: BoxedStrategy<Value>) -> impl Strategy<Value = (String, Value)> {
    let kind = prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"]);
    let count = || (0_u64..4).prop_map(Value::from);
    let schemas = prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from);
    let named = prop::collection::btree_map("[pqr]", inner.clone(), 0..3).prop_map(|m| json!(m));
    let names = prop::collection::btree_set("[pqr]", 0..3).prop_map(|s| json!(s));
    let simple = prop_oneof![
        kind.clone().prop_map(|k| ("type", json!(k))),
        prop::collection::btree_set(kind, 1..4).prop_map(|k| ("type", json!(k))),
        prop::collection::vec(value(), 1..4).prop_map(|v| ("enum", json!(v))),
        value().prop_map(|v| ("const", v)),
        number().prop_map(|v| ("minimum", v)),
        number().prop_map(|v| ("maximum", v)),
        number().prop_map(|v| ("exclusiveMinimum", v)),
        number().prop_map(|v| ("exclusiveMaximum", v)),
        prop::sample::select(vec![json!(1), json!(2), json!(3), json!(0.5), json!(1.5)])
            .prop_map(|v| ("multipleOf", v)),
        count().prop_map(|v| ("minLength", v)),
        count().prop_map(|v| ("maxLength", v)),
        prop::sample::select(vec!["^a", "b$", "^[ab]*$"]).prop_map(|v| ("pattern", json!(v))),
        count().prop_map(|v| ("minItems", v)),
        count().prop_map(|v| ("maxItems", v)),
        any::<bool>().prop_map(|v| ("uniqueItems", json!(v))),
        count().prop_map(|v| ("minProperties", v)),
        count().prop_map(|v| ("maxProperties", v)),
        names.prop_map(|v| ("required", v)),
    ];
    let nested = prop_oneof![
        named.prop_map(|v| ("properties", v)),
        inner.clone().prop_map(|v| ("additionalProperties", v)),
        inner.clone().prop_map(|v| ("items", v)),
        schemas.clone().prop_map(|v| ("prefixItems", v)),
        schemas.clone().prop_map(|v| ("allOf", v)),
        schemas.clone().prop_map(|v| ("anyOf", v)),
        schemas.prop_map(|v| ("oneOf", v)),
        inner.clone().prop_map(|v| ("not", v)),
        inner.clone().prop_map(|v| ("contains", v)),
        inner.prop_map(|v| ("if", v)),
    ];
    prop_oneof![3 => simple, 2 => nested].prop_map(|(key, value)| (key.to_owned(), value))
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => Just(json!({})), 1 => any::<bool>().prop_map(Value::from)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop::collection::vec(keyword(inner.boxed()), 1..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
    })
}

/// A schema and a small edit of it: what people compare is rarely unrelated.
fn edited() -> impl Strategy<Value = (Value, Value)> {
    let edit = (schema(), prop::collection::vec(keyword(schema().boxed()), 1..3), any::<bool>());
    let edit = edit.prop_map(|(schema, pairs, swapped)| {
        let mut other = schema.clone();
        if let Some(map) = other.as_object_mut() {
            map.extend(pairs);
        }
        if swapped { (other, schema) } else { (schema, other) }
    });
    prop_oneof![3 => edit, 1 => (schema(), schema())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    /// Narrower never accepts what the wider rejects; a counter-example is one.
    #[test]
    fn claims_hold_for_every_value((a, b) in edited(), values in prop::collection::vec(value(), 40)) {
        match relate(&a, &b, &validator) {
            Relation::Within => {
                for value in &values {
                    let (in_a, in_b) = (validator(&a, value), validator(&b, value));
                    prop_assert!(in_a != Some(true) || in_b == Some(true), "{a} within {b} but {value}");
                }
            }
            Relation::Outside(value) => {
                prop_assert_eq!(validator(&a, &value), Some(true));
                prop_assert_eq!(validator(&b, &value), Some(false));
            }
            Relation::Unknown(_) => {}
        }
    }

    /// Schemas are read as the validator reads them.
    #[test]
    fn schemas_mean_what_the_validator_says(schema in schema(), values in prop::collection::vec(value(), 40)) {
        for value in &values {
            let (ours, theirs) = (accepts(&schema, value, &validator), validator(&schema, value));
            prop_assert!(ours.is_none() || ours == theirs, "{schema} with {value}: {ours:?}, not {theirs:?}");
        }
    }
}

/// How often random pairs are decided, so that "unknown" does not quietly become the answer to everything.
#[test]
fn most_pairs_are_decided() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut within, mut outside, mut unknown) = (0, 0, 0);
    for _ in 0..2_000 {
        let (a, b) = edited().new_tree(&mut runner).unwrap().current();
        match relate(&a, &b, &validator) {
            Relation::Within => within += 1,
            Relation::Outside(_) => outside += 1,
            Relation::Unknown(_) => unknown += 1,
        }
    }
    println!("within {within}, outside {outside}, unknown {unknown} of 2000");
    assert!(unknown < 100, "{unknown} of 2000 pairs are undecided");
}
