//! Front matter by meaning: a lowered temperature is a sentence, not a hunk.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use source::Veil;

/// One thing that the front matter says differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The key, dotted where it lies deeper.
    pub key: String,
    /// A clause, values in backticks: "went down from `0.7` to `0`".
    pub says: String,
}

/// What front matter says, top-level keys in the order in which people write them.
pub(crate) type Sheet = Vec<(&'static str, Value)>;

/// What `new` says differently from `old`, in the order of the keys.
pub(crate) fn facts(old: &Sheet, new: &Sheet) -> Vec<Fact> {
    let mut facts = Vec::new();
    let before: BTreeMap<_, _> = old.iter().map(|(key, value)| (*key, value)).collect();
    for (key, value) in new {
        compare(key, before.get(key).copied(), Some(value), &mut facts);
    }
    for (key, value) in old.iter().filter(|(key, _)| new.iter().all(|(k, _)| k != key)) {
        compare(key, Some(value), None, &mut facts);
    }
    facts
}

/// What a sheet says, where there is nothing to hold it against: `is` or `was`. What it leaves empty is left out.
pub(crate) fn stated(sheet: &Sheet, verb: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut veil = Veil::default();
    let mut state = |key: String, value: &Value| {
        let says = format!("{verb} {}", shown(&veil.over_value(last(&key), value)));
        facts.push(Fact { key, says });
    };
    for (key, value) in sheet {
        match value {
            Value::Null => {}
            Value::Array(items) if items.is_empty() => {}
            Value::Object(map) => map.iter().for_each(|(name, value)| state(format!("{key}.{name}"), value)),
            value => state((*key).to_owned(), value),
        }
    }
    facts
}

/// The last part of a dotted key.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn compare(key: &str, old: Option<&Value>, new: Option<&Value>, facts: &mut Vec<Fact>) {
    if old == new {
        return;
    }
    // One veil for both: where a secret changed, its names differ.
    let mut veil = Veil::default();
    let mut over = |value: Option<&Value>| value.map(|value| veil.over_value(last(key), value));
    let says = match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                compare(&format!("{key}.{name}"), old.get(name), new.get(name), facts);
            }
            return;
        }
        _ => says(over(old).as_ref(), over(new).as_ref()),
    };
    facts.push(Fact { key: key.to_owned(), says });
}

fn says(old: Option<&Value>, new: Option<&Value>) -> String {
    match (old, new) {
        (Some(Value::Array(old)), Some(Value::Array(new))) if plain(old) && plain(new) => members(old, new),
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            let down = b.as_f64() < a.as_f64();
            format!("went {} from `{a}` to `{b}`", if down { "down" } else { "up" })
        }
        (Some(old), Some(new)) => format!("went from {} to {}", shown(old), shown(new)),
        (None, Some(new)) => format!("is new: {}", shown(new)),
        (Some(old), None) => format!("is gone; it was {}", shown(old)),
        (None, None) => String::new(),
    }
}

/// Lists of texts and numbers are compared as sets.
fn plain(items: &[Value]) -> bool {
    items.iter().all(|item| !item.is_object() && !item.is_array())
}

fn members(old: &[Value], new: &[Value]) -> String {
    let without = |a: &[Value], b: &[Value]| a.iter().filter(|x| !b.contains(x)).map(shown).collect::<Vec<_>>();
    let (gained, lost) = (without(new, old), without(old, new));
    match (gained.is_empty(), lost.is_empty()) {
        (false, false) => format!("gained {} and lost {}", gained.join(", "), lost.join(", ")),
        (false, true) => format!("gained {}", gained.join(", ")),
        (true, false) => format!("lost {}", lost.join(", ")),
        (true, true) => "stands in another order".to_owned(),
    }
}

/// A value in backticks, cut where it would fill the page.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// So many characters of a value are shown.
const LONG: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_read_as_sentences() {
        let old = vec![
            ("owner", json!("ml")),
            ("parameters", json!({ "temperature": 0.7, "max_tokens": 400 })),
            ("tags", json!(["a", "b"])),
        ];
        let new = vec![
            ("parameters", json!({ "temperature": 0, "max_tokens": 400, "seed": 7 })),
            ("tags", json!(["b", "c"])),
            ("model", json!("fast")),
        ];
        let said: Vec<_> = facts(&old, &new).into_iter().map(|f| format!("{} {}", f.key, f.says)).collect();
        assert_eq!(
            said,
            [
                "parameters.seed is new: `7`",
                "parameters.temperature went down from `0.7` to `0`",
                "tags gained `c` and lost `a`",
                "model is new: `fast`",
                "owner is gone; it was `ml`",
            ]
        );
    }
}
