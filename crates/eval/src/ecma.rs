//! ECMAScript's notions of white space, numbers, text and length, because suites and their reference answers come from
//! a program that has them.
//!
//! Numbers: ECMA-262, `Number::toString`. White space: its `WhiteSpace` and `LineTerminator` productions, which hold
//! U+FEFF and lack U+0085, unlike Rust's.

use serde_json::Value;

/// Whether `\s` and `trim` take `c` for white space.
pub(crate) fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

/// `text.trim()`.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `text.trim().split(/\s+/)` without empty words.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|w| !w.is_empty())
}

/// `String(number)`.
pub(crate) fn number(n: f64) -> String {
    if n == 0.0 {
        return "0".to_owned();
    }
    let shortest = format!("{n:e}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else { return shortest };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |m| ("-", m));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let at = |i: i32| usize::try_from(i).unwrap_or(0);
    let body = if count <= point && point <= 21 {
        format!("{digits}{}", "0".repeat(at(point - count)))
    } else if 0 < point && point <= 21 {
        format!("{}.{}", &digits[..at(point)], &digits[at(point)..])
    } else if -6 < point && point <= 0 {
        format!("0.{}{digits}", "0".repeat(at(-point)))
    } else {
        let e = point - 1;
        let fraction = if count == 1 { String::new() } else { format!(".{}", &digits[1..]) };
        format!("{}{fraction}e{}{}", &digits[..1], if e < 0 { '-' } else { '+' }, e.abs())
    };
    format!("{sign}{body}")
}

/// `String(value)` of a scalar; `None` for arrays and objects, whose form nobody means.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(n) => Some(json_number(n)),
        Value::String(s) => Some(s.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// `JSON.stringify(value)`, keys in the map's order.
pub(crate) fn json_text(value: &Value) -> String {
    let mut out = String::new();
    write_json(&mut out, value);
    out
}

/// What a model's output is as text: itself where it is text, its JSON otherwise.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => json_text(other),
    }
}

/// Strict deep equality of JSON values; numbers are equal when their doubles are.
pub(crate) fn deep_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| deep_equal(a, b)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| deep_equal(v, w)))
        }
        _ => a == b,
    }
}

/// `Number(text)`; `None` for NaN.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    let text = trim(text);
    if text.is_empty() {
        return Some(0.0);
    }
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok();
    match text.get(..2) {
        Some("0x" | "0X") => return radix(&text[2..], 16).map(as_double),
        Some("0o" | "0O") => return radix(&text[2..], 8).map(as_double),
        Some("0b" | "0B") => return radix(&text[2..], 2).map(as_double),
        _ => {}
    }
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if plain { text.parse().ok() } else { None }
}

#[expect(clippy::cast_precision_loss, reason = "a JavaScript number is a double")]
fn as_double(n: u64) -> f64 {
    n as f64
}

fn json_number(n: &serde_json::Number) -> String {
    if n.is_f64() { n.as_f64().map_or_else(|| n.to_string(), number) } else { n.to_string() }
}

fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Number(n) => out.push_str(&json_number(n)),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(out, &Value::String(key.clone()));
                out.push(':');
                write_json(out, item);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_a_browser() {
        for (n, text) in [
            (1.0, "1"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1.5e-7, "1.5e-7"),
            (0.000_001, "0.000001"),
            (-123.25, "-123.25"),
            (1.234e25, "1.234e+25"),
        ] {
            assert_eq!(number(n), text);
        }
    }

    #[test]
    fn white_space_is_that_of_ecmascript() {
        assert_eq!(trim("\u{feff}\u{a0} a\u{85}"), "a\u{85}");
        assert_eq!(words(" a\tb\u{3000}c ").count(), 3);
    }
}
