//! What is claimed about two schemas is held against the validator, on schemas and values made at random.

use check::contract::relation::{Relation, accepts, relate};
use check::subject::validator;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Small numbers and few names, so that schemas and values meet often.
fn number() -> impl Strategy<Value = Value> {
    let large = prop::sample::select(vec![1e3, 1e6, 9_007_199_254_740_993.0, 1e15, 1e19, 1e20, -1e20, 0.1, 1e-7]);
    prop_oneof![
        6 => (-3_i64..6).prop_map(Value::from),
        4 => (-6_i64..12).prop_map(|n| json!(n as f64 / 2.0)),
        1 => large.prop_map(|n| json!(n)),
        1 => prop::sample::select(vec![i64::MAX, i64::MIN, 1_000]).prop_map(Value::from),
    ]
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
    let count = || prop_oneof![6 => 0_u64..4, 1 => prop::sample::select(vec![9_u64, 65, 130])].prop_map(Value::from);
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
        names.clone().prop_map(|v| ("required", v)),
        prop::collection::btree_map("[pqr]", names, 1..3).prop_map(|m| ("dependentRequired", json!(m))),
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
        inner.clone().prop_map(|v| ("propertyNames", v)),
        inner.clone().prop_map(|v| ("patternProperties", json!({ "^p": v }))),
        prop::collection::btree_map("[pqr]", inner.clone(), 1..3).prop_map(|m| ("dependentSchemas", json!(m))),
        inner.clone().prop_map(|v| ("unevaluatedProperties", v)),
        inner.clone().prop_map(|v| ("unevaluatedItems", v)),
    ];
    // Keywords that mean something only together; a part of a schema keeps them apart in an `allOf`.
    let together = prop_oneof![
        (inner.clone(), inner.clone(), any::<bool>())
            .prop_map(|(test, then, yes)| json!([{ "if": test, (if yes { "then" } else { "else" }): then }])),
        (inner.clone(), 0_u64..3, 1_u64..4)
            .prop_map(|(of, min, max)| json!([{ "contains": of, "minContains": min, "maxContains": max }])),
        (inner.clone(), inner).prop_map(|(a, b)| json!([{ "if": a, "then": b, "else": false }])),
        Just(json!([{ "$ref": "#/$defs/shared" }])),
    ];
    prop_oneof![6 => simple, 4 => nested, 1 => together.prop_map(|v| ("allOf", v))]
        .prop_map(|(key, value)| (key.to_owned(), value))
}

/// The definition that every schema here may refer to, entered once at the top.
fn whole(mut schema: Value) -> Value {
    if let Some(map) = schema.as_object_mut() {
        let shared =
            json!({ "type": ["string", "integer", "object"], "maxLength": 2, "maxProperties": 1, "minimum": 0 });
        map.insert("$defs".to_owned(), json!({ "shared": shared }));
    }
    schema
}

/// Values that `schema` was written about: what it names, along its edges, and objects and lists built of those.
fn instances(schema: &Value, depth: u8) -> Vec<Value> {
    let Some(map) = schema.as_object().filter(|_| depth < 4) else {
        return vec![json!("a"), json!(1), json!({}), json!([])];
    };
    let mut found =
        vec![json!(null), json!(true), json!(0), json!(1), json!(0.5), json!(""), json!("ab"), json!([]), json!({})];
    found.extend(map.get("enum").and_then(Value::as_array).into_iter().flatten().cloned());
    found.extend(map.get("const").cloned());
    for key in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"] {
        let bound = map.get(key).and_then(Value::as_f64);
        found.extend(map.get(key).cloned());
        found
            .extend(bound.into_iter().flat_map(|n| [json!(n + 1.0), json!(n - 1.0), json!(n * 2.0), json!(n.floor())]));
    }
    let count =
        |key: &str| map.get(key).and_then(Value::as_u64).into_iter().flat_map(|n| [n, n + 1, n.saturating_sub(1)]);
    found.extend(count("minLength").chain(count("maxLength")).map(|n| json!("a".repeat(n as usize))));
    for key in ["allOf", "anyOf", "oneOf"] {
        let parts = map.get(key).and_then(Value::as_array).into_iter().flatten();
        found.extend(parts.flat_map(|part| instances(part, depth + 1)).take(24));
    }
    for key in ["if", "then", "else", "not", "contains"] {
        found.extend(map.get(key).into_iter().flat_map(|part| instances(part, depth + 1)).take(12));
    }
    let items = map
        .get("items")
        .or_else(|| map.get("contains"))
        .map_or_else(|| vec![json!(1), json!("b")], |i| instances(i, depth + 1));
    for n in count("minItems").chain(count("maxItems")).chain([1, 2]) {
        found.push(items.iter().cycle().take(n as usize).cloned().collect());
        found.push((0..n).map(|i| json!(i)).collect());
    }
    found.extend(items.iter().take(12).map(|item| json!([item])));
    if let Some(prefix) = map.get("prefixItems").and_then(Value::as_array) {
        let firsts =
            |at: usize| prefix.iter().map(|p| instances(p, depth + 1).get(at).cloned().unwrap_or(json!(1))).collect();
        found.extend((0..6).map(firsts));
    }
    let named: Vec<(String, Vec<Value>)> = map
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), instances(schema, depth + 1)))
        .collect();
    let of = |name: &str| {
        named.iter().find(|(n, _)| n == name).map_or_else(|| vec![json!(1), json!("a")], |(_, v)| v.clone())
    };
    for names in [&["p"][..], &["q"], &["r"], &["p", "q"], &["p", "q", "r"]] {
        for at in [0, 2, 6, 9, 11] {
            let value = |name: &&str| {
                let all = of(name);
                ((*name).to_owned(), all[at % all.len()].clone())
            };
            found.push(Value::Object(names.iter().map(value).collect()));
        }
    }
    for n in count("minProperties").chain(count("maxProperties")) {
        found.push(Value::Object((0..n).map(|i| (format!("x{i}"), json!(i))).collect()));
    }
    found
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
    prop_oneof![3 => edit, 1 => (schema(), schema())].prop_map(|(a, b)| (whole(a), whole(b)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    /// Narrower never accepts what the wider rejects; a counter-example is one.
    #[test]
    fn claims_hold_for_every_value((a, b) in edited(), values in prop::collection::vec(value(), 40)) {
        match relate(&a, &b, &validator) {
            Relation::Within => {
                for value in values.iter().chain(&instances(&a, 0)).chain(&instances(&b, 0)) {
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
        let schema = whole(schema);
        for value in values.iter().chain(&instances(&schema, 0)) {
            let (ours, theirs) = (accepts(&schema, value, &validator), validator(&schema, value));
            prop_assert!(ours.is_none() || ours == theirs, "{schema} with {value}: {ours:?}, not {theirs:?}");
        }
    }
}

/// Keywords outside the documented subset: what they leave undecided is undecided by design.
const OUTSIDE: [&str; 6] = [
    "propertyNames",
    "patternProperties",
    "dependentSchemas",
    "unevaluatedProperties",
    "unevaluatedItems",
    "minContains",
];

/// How often random pairs are decided, so that "unknown" does not quietly become the answer to everything.
#[test]
fn most_pairs_are_decided() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut within, mut outside, mut unknown) = (0, 0, 0);
    while within + outside + unknown < 2_000 {
        let (a, b) = edited().new_tree(&mut runner).unwrap().current();
        let text = format!("{a}{b}");
        if OUTSIDE.iter().any(|keyword| text.contains(keyword)) {
            continue;
        }
        match relate(&a, &b, &validator) {
            Relation::Within => within += 1,
            Relation::Outside(_) => outside += 1,
            Relation::Unknown(_) => unknown += 1,
        }
    }
    println!("within {within}, outside {outside}, unknown {unknown} of 2000");
    assert!(unknown < 100, "{unknown} of 2000 pairs are undecided");
}
