//! Where two requests differ, field by field.

use serde_json::Value;

/// At most so many characters around the first difference of two texts are shown.
const AROUND: usize = 40;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: `messages[1].content`.
    pub field: String,
    /// What stood there; `nothing` where the field is new.
    pub before: String,
    /// What stands there.
    pub now: String,
}

/// The fields in which `now` differs from `before`, in the order of their names, long texts cut around the first
/// difference.
pub fn differences(before: &Value, now: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(String::new(), Some(before), Some(now), &mut found);
    found
}

fn walk(field: String, before: Option<&Value>, now: Option<&Value>, found: &mut Vec<Difference>) {
    match (before, now) {
        (a, b) if a == b => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let inner = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
                walk(inner, a.get(key), b.get(key), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for i in 0..a.len().max(b.len()) {
                walk(format!("{field}[{i}]"), a.get(i), b.get(i), found);
            }
        }
        (Some(Value::String(a)), Some(Value::String(b))) => {
            let same = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
            let cut = |text: &str| excerpt(text, same);
            found.push(Difference { field, before: cut(a), now: cut(b) });
        }
        (a, b) => {
            let text = |v: Option<&Value>| v.map_or_else(|| "nothing".to_owned(), |v| excerpt(&v.to_string(), 0));
            found.push(Difference { field, before: text(a), now: text(b) });
        }
    }
}

/// The part of `text` around its character `at`.
fn excerpt(text: &str, at: usize) -> String {
    let from = at.saturating_sub(AROUND / 2);
    let part: String = text.chars().skip(from).take(AROUND * 2).collect();
    let (head, tail) = (from > 0, text.chars().count() > from + AROUND * 2);
    format!("{}{part}{}", if head { "…" } else { "" }, if tail { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_named_and_long_texts_cut() {
        let text = "a".repeat(100);
        let before = json!({ "messages": [{ "content": format!("{text}old") }], "temperature": 0, "stop": ["x"] });
        let now =
            json!({ "messages": [{ "content": format!("{text}new") }], "temperature": 0.2, "seed": 7, "stop": ["x"] });
        let found = differences(&before, &now);
        let fields: Vec<_> = found.iter().map(|d| (d.field.as_str(), d.before.as_str(), d.now.as_str())).collect();
        let tail = "a".repeat(20);
        assert_eq!(
            fields,
            [
                ("messages[0].content", format!("…{tail}old").as_str(), format!("…{tail}new").as_str()),
                ("seed", "nothing", "7"),
                ("temperature", "0", "0.2"),
            ]
        );
        assert!(differences(&now, &now).is_empty());
    }
}
