//! The JSON-like objects in a text, read as generously as promptfoo's `contains-json` reads them.
//!
//! From each `{` to the brace that balances it (quotes are not looked at; braces that are missing at the end are added),
//! the text is read as a YAML flow mapping in which `//` begins a comment: `{a: 1}`, `{a}`, a trailing comma and
//! `{"a":1` all count; lists outside an object do not. Work is bounded by the text's length.

mod flow;

use serde_json::Value;

use self::flow::Reader;
use crate::ecma;

/// An object longer than this is cut there.
const LONGEST: usize = 100_000;

/// Deeper nesting is not read.
const DEEPEST: usize = 100;

/// An object in a text.
pub(super) struct Found {
    /// It, with the last value of each key.
    pub(super) value: Value,
    /// Whether a key stands twice in it, or in an object inside.
    pub(super) repeats: bool,
}

/// The objects in `text`, in order, none inside another.
pub(super) fn objects(text: &str) -> Vec<Value> {
    found(text).into_iter().map(|found| found.value).collect()
}

/// The same, with what is doubtful about each.
pub(super) fn found(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let ends = balanced(bytes);
    // Every candidate pays for its length and each step of reading it, so that braces that never balance, each of which
    // would be read to the end, cannot make the work quadratic.
    let mut budget = bytes.len().saturating_mul(16) + (1 << 20);
    let mut found = Vec::new();
    let mut i = 0;
    while let Some(at) = bytes.get(i..).and_then(|b| b.iter().position(|&b| b == b'{')).map(|p| i + p) {
        i = at + 1;
        // As in promptfoo, a brace that ends the text begins nothing.
        if i == bytes.len() {
            break;
        }
        let limit = floor(text, (at + LONGEST).min(text.len()));
        let (end, missing) = match ends.get(&at) {
            Some(&end) if end <= limit => (end, 0),
            _ => (limit, open_braces(&bytes[at..limit])),
        };
        match budget.checked_sub(end - at) {
            Some(left) => budget = left,
            None => break,
        }
        let mut candidate = comments_as_yaml(&text[at..end]);
        candidate.extend(std::iter::repeat_n('}', missing.min(DEEPEST + 1)));
        let mut reader = Reader { text: &candidate, at: 0, budget: &mut budget, repeats: false };
        if let Some(value) = reader.whole() {
            found.push(Found { value, repeats: reader.repeats });
            i = end;
        }
    }
    found
}

/// For each `{` that is balanced, the offset after its `}`.
fn balanced(bytes: &[u8]) -> std::collections::HashMap<usize, usize> {
    let mut open = Vec::new();
    let mut ends = std::collections::HashMap::new();
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'{' => open.push(i),
            b'}' => {
                if let Some(start) = open.pop() {
                    ends.insert(start, i + 1);
                }
            }
            _ => {}
        }
    }
    ends
}

fn open_braces(bytes: &[u8]) -> usize {
    let opened = bytes.iter().filter(|&&b| b == b'{').count();
    opened.saturating_sub(bytes.iter().filter(|&&b| b == b'}').count())
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// `//` outside quotes and outside a `://` becomes `#`.
fn comments_as_yaml(text: &str) -> String {
    if !text.contains("//") {
        return text.to_owned();
    }
    let line = |line: &str| -> String {
        let mut quote = None;
        let mut before = ' ';
        let mut escaped = false;
        for (i, c) in line.char_indices() {
            match quote {
                Some(q) => {
                    if c == q && !escaped {
                        quote = None;
                    }
                    escaped = c == '\\' && !escaped;
                }
                None if c == '"' || (c == '\'' && !before.is_ascii_alphabetic()) => quote = Some(c),
                None if line[i..].starts_with("//") => {
                    let token = line[..i].rfind(ecma::is_space).map_or(0, |p| p + 1);
                    if !line[token..i + 2].contains("://") {
                        return format!("{}#{}", &line[..i], line[i..].trim_start_matches('/'));
                    }
                }
                None => {}
            }
            before = c;
        }
        line.to_owned()
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::objects;
    use serde_json::json;

    #[test]
    fn generous_forms_are_read() {
        for (text, expected) in [
            ("text {\"a\":1} more", vec![json!({"a": 1})]),
            ("{a: 1} {b}", vec![json!({"a": 1}), json!({"b": null})]),
            ("{\"a\":1", vec![json!({"a": 1})]),
            ("{\"a\":[1,{\"b\":null,},],}", vec![json!({"a": [1, {"b": null}]})]),
            ("{ // c\n \"a\":1}", vec![json!({"a": 1})]),
            (
                "{u: http://x/y, s: 'it''s', t: \"\\u00e9\\ud83d\\ude00\"}",
                vec![json!({"u": "http://x/y", "s": "it's", "t": "é😀"})],
            ),
            ("[1,2] {}", vec![json!({})]),
            ("Here it is: {", vec![]),
            // A hyphen begins an item of a list only by itself, and control characters are written as escapes.
            ("{- a} {a: - b} {a: [- b]} {-}", vec![]),
            ("{-a} {a: -1}", vec![json!({"-a": null}), json!({"a": -1})]),
            ("{\"a\": \"x\u{1}y\"} {'a': 'x\u{0}'} {a: \u{b}1} {a: \u{7f}1}", vec![]),
            ("{\"a\": \"x\ty\u{7f}\\u0001\"}", vec![json!({"a": "x\ty\u{7f}\u{1}"})]),
            ("{{x}}", vec![json!({"x": null})]),
            (
                "{a: yes, b: 0x10, c: -1.5e3, d: two words}",
                vec![json!({"a": "yes", "b": 16, "c": -1500.0, "d": "two words"})],
            ),
        ] {
            assert_eq!(objects(text), expected, "{text}");
        }
    }

    #[test]
    fn hostile_text_costs_no_more_than_its_length() {
        for unit in ["{", "{a: [", "{a: {", "{\"", "{a, "] {
            let text = unit.repeat(200_000 / unit.len());
            let _ = objects(&text);
        }
    }
}
