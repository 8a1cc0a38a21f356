//! What an unquoted word means: YAML 1.2's core schema as serde_yaml applies it.

use serde_json::Number;

use super::Kind;

/// Why an unquoted word has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// An integer beyond ±(2^53−1).
    Integer,
    /// `.inf`, `.nan` and numbers too large for a double.
    Infinite,
}

/// The largest integer that every JSON reader keeps: 2^53 − 1.
pub(super) const SAFE: u64 = (1 << 53) - 1;

/// The value of the unquoted word `text`.
pub(super) fn resolve(text: &str) -> Result<Kind, Unfit> {
    match text.as_bytes() {
        [] | b"~" | b"null" | b"Null" | b"NULL" => Ok(Kind::Null),
        b"true" | b"True" | b"TRUE" => Ok(Kind::Bool(true)),
        b"false" | b"False" | b"FALSE" => Ok(Kind::Bool(false)),
        [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => number(text).map(|n| n.unwrap_or_else(|| Kind::Str(text.to_owned()))),
        _ => Ok(Kind::Str(text.to_owned())),
    }
}

/// Whether the unquoted word `text` is text, told by its first letter alone; `false` where [`resolve`] must look.
pub(super) fn is_text(text: &str) -> bool {
    let other = |b: u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F');
    match text.as_bytes().first() {
        None => false,
        Some(&b) => !other(b) || (b.is_ascii_alphabetic() && matches!(resolve(text), Ok(Kind::Str(_)))),
    }
}

fn number(text: &str) -> Result<Option<Kind>, Unfit> {
    let (negative, digits) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.starts_with(['+', '-']) {
        return Ok(None);
    }
    if matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(Unfit::Infinite);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            let sound = !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix));
            return if sound { integer(u64::from_str_radix(rest, radix).ok(), negative).map(Some) } else { Ok(None) };
        }
    }
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        // `012` is text: YAML 1.2 has no such number, and octal to YAML 1.1.
        let padded = digits.len() > 1 && digits.starts_with('0');
        return if padded { Ok(None) } else { integer(digits.parse().ok(), negative).map(Some) };
    }
    // Rust also reads `infinity` and `nan`, which are plain words here.
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Ok(None);
    }
    match digits.parse::<f64>() {
        Err(_) => Ok(None),
        Ok(size) => match Number::from_f64(if negative { -size } else { size }) {
            Some(number) => Ok(Some(Kind::Number(number))),
            None => Err(Unfit::Infinite),
        },
    }
}

fn integer(size: Option<u64>, negative: bool) -> Result<Kind, Unfit> {
    let size = size.filter(|&n| n <= SAFE).ok_or(Unfit::Integer)?;
    let signed = i64::try_from(size).map_err(|_| Unfit::Integer)?;
    Ok(Kind::Number(if negative { Number::from(-signed) } else { Number::from(size) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_words_and_numbers_numbers() {
        let json = |s| super::super::Node { span: crate::Span::default(), kind: resolve(s).unwrap() }.to_json();
        for (text, value) in [
            ("", "null"),
            ("~", "null"),
            ("True", "true"),
            ("yes", "\"yes\""),
            ("12", "12"),
            ("+12", "12"),
            ("-12", "-12"),
            ("012", "\"012\""),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0x", "\"0x\""),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
            ("1_000", "\"1_000\""),
            ("1.2.3", "\"1.2.3\""),
            ("nan", "\"nan\""),
            ("-inf", "\"-inf\""),
            ("--1", "\"--1\""),
            ("-", "\"-\""),
            ("9007199254740991", "9007199254740991"),
        ] {
            assert_eq!(json(text).to_string(), value, "{text}");
        }
        for text in ["9007199254740992", "-9007199254740992", "123456789012345678901234567890", "0xFFFFFFFFFFFFFFFFFF"]
        {
            assert_eq!(resolve(text), Err(Unfit::Integer), "{text}");
        }
        for text in [".inf", "-.INF", ".nan", "1e999", "-1e999"] {
            assert_eq!(resolve(text), Err(Unfit::Infinite), "{text}");
        }
    }
}
