//! Lists in variables: one case for each combination of their texts.

use serde_json::{Map, Value};

/// About what a value takes.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 16,
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 16,
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>() + 16,
        _ => 16,
    }
}

/// The values that each variable takes: the texts of a list one by one, anything else as it is.
pub(super) fn choices(vars: &[(String, Value)], whole: bool) -> impl Iterator<Item = &[Value]> {
    vars.iter().map(move |(_, value)| match value {
        Value::Array(items) if !whole && items.first().is_some_and(Value::is_string) => items.as_slice(),
        single => std::slice::from_ref(single),
    })
}

/// One set of variables for each combination of the texts in lists.
pub(super) fn expand(vars: &[(String, Value)], whole: bool) -> Vec<Map<String, Value>> {
    let mut combinations = vec![Map::new()];
    for ((name, _), choices) in vars.iter().zip(choices(vars, whole)) {
        let with = |map: &Map<String, Value>, choice: &Value| {
            let mut map = map.clone();
            map.insert(name.clone(), choice.clone());
            map
        };
        combinations = combinations.iter().flat_map(|map| choices.iter().map(move |c| with(map, c))).collect();
    }
    combinations
}
