//! Comparison of schemas: the narrower never accepts what the wider refuses, a counter-example is one, and schemas mean
//! what the validator says. Schemas and values are built from the bytes.

#![no_main]

use arbitrary::{Result, Unstructured};
use check::contract::relation::{Relation, accepts, relate};
use check::subject::validator;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

fuzz_target!(|bytes: &[u8]| {
    // Text as it is, too: schemas that people type are odder than those that we build.
    if let Ok(text) = std::str::from_utf8(bytes) {
        let read = |part: &str| serde_json::from_str::<Value>(part).ok();
        let [a, b, values] = fuzz::parts(text);
        if let (Some(a), Some(b)) = (read(a), read(b)) {
            let values = match read(values) {
                Some(Value::Array(values)) => values,
                _ => Vec::new(),
            };
            return hold(&a, &b, &values);
        }
    }
    let mut bytes = Unstructured::new(bytes);
    let _ = built(&mut bytes);
});

fn built(bytes: &mut Unstructured<'_>) -> Result<()> {
    let a = schema(bytes, 3)?;
    let mut b = if bytes.ratio(1, 4)? { schema(bytes, 3)? } else { a.clone() };
    if let Some(map) = b.as_object_mut() {
        for _ in 0..bytes.int_in_range(0..=2)? {
            let (key, value) = keyword(bytes, 2)?;
            map.insert(key.to_owned(), value);
        }
    }
    let mut values = Vec::new();
    while !bytes.is_empty() && values.len() < 40 {
        values.push(value(bytes, 2)?);
    }
    hold(&a, &b, &values);
    hold(&b, &a, &values);
    Ok(())
}

fn hold(a: &Value, b: &Value, values: &[Value]) {
    match relate(a, b, &validator) {
        Relation::Within => {
            for value in values {
                let (in_a, in_b) = (validator(a, value), validator(b, value));
                assert!(in_a != Some(true) || in_b != Some(false), "{a} within {b}, but {value}");
            }
        }
        Relation::Outside(value) => {
            assert_eq!(validator(a, &value), Some(true), "{a} does not accept its own witness {value}");
            assert_eq!(validator(b, &value), Some(false), "{b} accepts the witness {value}");
        }
        Relation::Unknown(_) => {}
    }
    for value in values {
        if let (Some(ours), Some(theirs)) = (accepts(a, value, &validator), validator(a, value)) {
            assert_eq!(ours, theirs, "{a} with {value}");
        }
    }
}

fn number(bytes: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match bytes.int_in_range(0..=7)? {
        0..=3 => json!(bytes.int_in_range(-3..=6)?),
        4..=5 => json!(f64::from(bytes.int_in_range(-6..=12)?) / 2.0),
        6 => json!(bytes.arbitrary::<i64>()?),
        _ => serde_json::Number::from_f64(bytes.arbitrary()?).map_or(Value::Null, Value::Number),
    })
}

fn word(bytes: &mut Unstructured<'_>) -> Result<String> {
    let length = bytes.int_in_range(0..=3)?;
    (0..length).map(|_| Ok(*bytes.choose(&['a', 'b', 'é', '😀'])?)).collect()
}

fn value(bytes: &mut Unstructured<'_>, depth: u8) -> Result<Value> {
    let most = if depth == 0 { 3 } else { 5 };
    Ok(match bytes.int_in_range(0..=most)? {
        0 => Value::Null,
        1 => Value::Bool(bytes.arbitrary()?),
        2 => number(bytes)?,
        3 => Value::String(word(bytes)?),
        4 => (0..bytes.int_in_range(0..=3)?).map(|_| value(bytes, depth - 1)).collect::<Result<_>>()?,
        _ => {
            let count = bytes.int_in_range(0..=3)?;
            let entries = (0..count).map(|_| Ok((name(bytes)?, value(bytes, depth - 1)?)));
            Value::Object(entries.collect::<Result<Map<_, _>>>()?)
        }
    })
}

fn name(bytes: &mut Unstructured<'_>) -> Result<String> {
    Ok((*bytes.choose(&["p", "q", "r"])?).to_owned())
}

fn schema(bytes: &mut Unstructured<'_>, depth: u8) -> Result<Value> {
    if depth == 0 || bytes.ratio(1, 8)? {
        return Ok(if bytes.ratio(1, 4)? { Value::Bool(bytes.arbitrary()?) } else { json!({}) });
    }
    let mut map = Map::new();
    for _ in 0..bytes.int_in_range(1..=4)? {
        let (key, value) = keyword(bytes, depth - 1)?;
        map.insert(key.to_owned(), value);
    }
    if bytes.ratio(1, 16)? {
        map.insert("$defs".to_owned(), json!({ "d": schema(bytes, depth - 1)? }));
    }
    Ok(Value::Object(map))
}

fn keyword(bytes: &mut Unstructured<'_>, depth: u8) -> Result<(&'static str, Value)> {
    const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let count = |bytes: &mut Unstructured<'_>| Ok(json!(bytes.int_in_range(0..=4)?));
    let schemas = |bytes: &mut Unstructured<'_>| -> Result<Value> {
        (0..bytes.int_in_range(1..=3)?).map(|_| schema(bytes, depth)).collect()
    };
    let names = |bytes: &mut Unstructured<'_>| -> Result<Value> {
        let set: std::collections::BTreeSet<String> =
            (0..bytes.int_in_range(0..=3)?).map(|_| name(bytes)).collect::<Result<_>>()?;
        Ok(json!(set))
    };
    let named = |bytes: &mut Unstructured<'_>| -> Result<Value> {
        let entries = (0..bytes.int_in_range(0..=3)?).map(|_| Ok((name(bytes)?, schema(bytes, depth)?)));
        Ok(Value::Object(entries.collect::<Result<_>>()?))
    };
    Ok(match bytes.int_in_range(0..=32)? {
        0..=2 => ("type", json!(bytes.choose(&TYPES)?)),
        3 => {
            let kinds: std::collections::BTreeSet<&str> =
                (0..bytes.int_in_range(1..=3)?).map(|_| bytes.choose(&TYPES).copied()).collect::<Result<_>>()?;
            ("type", json!(kinds))
        }
        4 => ("enum", (0..bytes.int_in_range(1..=4)?).map(|_| value(bytes, 2)).collect::<Result<_>>()?),
        5 => ("const", value(bytes, 2)?),
        6 => ("minimum", number(bytes)?),
        7 => ("maximum", number(bytes)?),
        8 => ("exclusiveMinimum", number(bytes)?),
        9 => ("exclusiveMaximum", number(bytes)?),
        10 => ("multipleOf", bytes.choose(&[json!(1), json!(2), json!(3), json!(0.5), json!(1.5), json!(0.1)])?.clone()),
        11 => ("minLength", count(bytes)?),
        12 => ("maxLength", count(bytes)?),
        13 => ("pattern", json!(bytes.choose(&["^a", "b$", "^[ab]*$", "^(a|ab)*b$"])?)),
        14 => ("minItems", count(bytes)?),
        15 => ("maxItems", count(bytes)?),
        16 => ("uniqueItems", json!(bytes.arbitrary::<bool>()?)),
        17 => ("minProperties", count(bytes)?),
        18 => ("maxProperties", count(bytes)?),
        19 => ("required", names(bytes)?),
        20..=21 => ("properties", named(bytes)?),
        22 => ("additionalProperties", schema(bytes, depth)?),
        23 => ("items", schema(bytes, depth)?),
        24 => ("prefixItems", schemas(bytes)?),
        25 => ("allOf", schemas(bytes)?),
        26 => ("anyOf", schemas(bytes)?),
        27 => ("oneOf", schemas(bytes)?),
        28 => ("not", schema(bytes, depth)?),
        29 => ("contains", schema(bytes, depth)?),
        30 => ("patternProperties", json!({ "^[pq]$": schema(bytes, depth)? })),
        31 => ("$ref", json!(bytes.choose(&["#", "#/$defs/d", "#/properties/p"])?)),
        _ => ("propertyNames", schema(bytes, depth)?),
    })
}
