//! RFC 8785 canonical JSON: one sequence of bytes for one value. Digests and recordings are taken over it.

use serde_json::{Number, Value};

/// Why a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// An integer beyond ±(2^53−1) or a number that is not finite.
    #[error("write the number {0} in canonical JSON: integers reach ±9007199254740991, other numbers must be finite")]
    Number(String),
}

/// The canonical bytes of `value`.
pub fn to_string(value: &Value) -> Result<String, CanonicalError> {
    let mut out = String::new();
    write(&mut out, value)?;
    Ok(out)
}

/// `value` with its numbers as the canonical form writes them: 30 where it said `30.0` or `3.0e1`, 0 for `-0.0`. Two values
/// that have the same canonical bytes are equal then.
#[must_use]
pub fn spelled(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(number).map_or_else(|| number.clone(), Number::from)),
        Value::Array(items) => items.iter().map(spelled).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), spelled(value))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// The integer that a double is, where canonical JSON has it as one.
fn whole(number: &Number) -> Option<i64> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    let double = number.as_f64().filter(|n| number.is_f64() && n.fract() == 0.0 && n.abs() <= MOST)?;
    #[expect(clippy::cast_possible_truncation, reason = "doubles of this size are whole numbers that the type holds")]
    Some(double as i64)
}

/// Appends `text` in canonical form, quotes included.
pub fn text(out: &mut String, text: &str) {
    write_text(out, text);
}

/// Appends `value` in canonical form.
pub fn value(out: &mut String, value: &Value) -> Result<(), CanonicalError> {
    write(out, value)
}

/// Appends an object of these members in canonical order; `member` appends the value of one.
pub fn object<'k, T>(
    out: &mut String,
    members: impl IntoIterator<Item = (&'k str, T)>,
    mut member: impl FnMut(&mut String, T) -> Result<(), CanonicalError>,
) -> Result<(), CanonicalError> {
    // A map may keep the order of insertion, depending on what else is built. The order of UTF-16 code units is that
    // of bytes except that characters beyond U+FFFF (first byte 0xF0 and up) come before U+E000–U+FFFF (0xEE, 0xEF).
    let mut sorted: Vec<(&str, T)> = members.into_iter().collect();
    if sorted.iter().any(|(key, _)| key.bytes().any(|b| b >= 0xEE)) {
        sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    } else {
        sorted.sort_by_key(|(key, _)| *key);
    }
    out.push('{');
    for (i, (key, value)) in sorted.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        member(out, value)?;
    }
    out.push('}');
    Ok(())
}

/// The canonical form of the number `value`: as ECMAScript's `Number.prototype.toString` writes it.
pub fn number(value: f64) -> Result<String, CanonicalError> {
    let mut out = String::new();
    write_double(&mut out, value)?;
    Ok(out)
}

fn write(out: &mut String, value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number)?,
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(out, item)?;
            }
            out.push(']');
        }
        Value::Object(members) => object(out, members.iter().map(|(key, value)| (key.as_str(), value)), write)?,
    }
    Ok(())
}

fn write_text(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    while let Some(i) = next_escaped(bytes, plain) {
        out.push_str(&text[plain..i]);
        plain = i + 1;
        match bytes[i] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0C => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            control => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(control >> 4)]));
                out.push(char::from(HEX[usize::from(control & 15)]));
            }
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// The next byte from `from` on that does not stand for itself. Most do: whole chunks are passed over by comparisons
/// that the compiler does many at a time, which takes a third of the time of looking at each byte.
fn next_escaped(bytes: &[u8], from: usize) -> Option<usize> {
    const CHUNK: usize = 16;
    let escaped = |b: u8| (b < 0x20) | (b == b'"') | (b == b'\\');
    let mut at = from;
    for chunk in bytes[from..].chunks_exact(CHUNK) {
        if chunk.iter().fold(false, |any, &b| any | escaped(b)) {
            break;
        }
        at += CHUNK;
    }
    bytes[at..].iter().position(|&b| escaped(b)).map(|n| at + n)
}

fn write_number(out: &mut String, number: &Number) -> Result<(), CanonicalError> {
    const SAFE: u64 = (1 << 53) - 1;
    let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    match (size, number.as_f64()) {
        (Some(size), _) if size > SAFE => Err(CanonicalError::Number(number.to_string())),
        (Some(_), _) => {
            out.push_str(&number.to_string());
            Ok(())
        }
        (None, Some(double)) => write_double(out, double),
        (None, None) => Err(CanonicalError::Number(number.to_string())),
    }
}

/// ECMA-262, Number::toString with radix 10.
///
/// The digits are those of serde_json, the shortest that read back, and the closest and even ones among these. Rust's own
/// formatting gives the shortest but breaks ties upwards: 1424953923781206.3 where ECMAScript says 1424953923781206.2.
fn write_double(out: &mut String, value: f64) -> Result<(), CanonicalError> {
    if value == 0.0 {
        out.push('0'); // −0 too
        return Ok(());
    }
    let Some(written) = Number::from_f64(value.abs()).map(|n| n.to_string()) else {
        return Err(CanonicalError::Number(value.to_string()));
    };
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let both = format!("{whole}{fraction}");
    let significant = both.trim_start_matches('0');
    let digits = significant.trim_end_matches('0');
    // The value is 0.DIGITS × 10^point.
    let size = |text: &str| i32::try_from(text.len()).expect("at most some twenty digits");
    let exponent: i32 = exponent.parse().expect("an exponent is a decimal integer");
    let point = size(whole) + exponent - (size(&both) - size(significant));
    let exponent = point - 1;
    let length = size(digits);
    if value < 0.0 {
        out.push('-');
    }
    let zeros = |n: i32| std::iter::repeat_n('0', usize::try_from(n).unwrap_or(0));
    let at = usize::try_from(point).unwrap_or(0);
    match point {
        _ if length <= point && point <= 21 => {
            out.push_str(digits);
            out.extend(zeros(point - length));
        }
        1..=21 => {
            out.push_str(&digits[..at]);
            out.push('.');
            out.push_str(&digits[at..]);
        }
        -5..=0 => {
            out.push_str("0.");
            out.extend(zeros(-point));
            out.push_str(digits);
        }
        _ => {
            out.push_str(&digits[..1]);
            if length > 1 {
                out.push('.');
                out.push_str(&digits[1..]);
            }
            out.push_str(if exponent < 0 { "e-" } else { "e+" });
            out.push_str(&exponent.abs().to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// RFC 8785, appendix B.
    #[test]
    fn numbers_of_the_rfc() {
        for (bits, text) in [
            (0x0000_0000_0000_0000_u64, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(number(f64::from_bits(bits)).unwrap(), text);
        }
        assert!(number(f64::NAN).is_err() && number(f64::INFINITY).is_err());
    }

    /// RFC 8785, sections 3.2.2 and 3.2.3.
    #[test]
    fn texts_and_order_of_the_rfc() {
        let value = json!({
            "numbers": [333_333_333.333_333_3, 1E30, 4.50, 2e-3, 0.000_000_000_000_000_000_000_000_001],
            "string": "\u{20ac}$\u{f}\nA'B\"\\\\\"/", "literals": [null, true, false]
        });
        let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
                        \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(to_string(&value).unwrap(), expected);
        let value = json!({"\u{20ac}": "Euro", "\r": "CR", "\u{fb33}": "Dalet", "1": "One", "\u{1f600}": "Smile",
                           "\u{80}": "Control", "\u{f6}": "O"});
        let order = "{\"\\r\":\"CR\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"O\",\"€\":\"Euro\",\
                     \"\u{1f600}\":\"Smile\",\"\u{fb33}\":\"Dalet\"}";
        assert_eq!(to_string(&value).unwrap(), order);
    }

    #[test]
    fn integers_that_readers_would_round_are_refused() {
        assert_eq!(to_string(&json!([9007199254740991_i64, -9007199254740991_i64])).unwrap().len(), 36);
        for wide in [json!(9007199254740992_u64), json!(-9007199254740992_i64), json!(u64::MAX)] {
            assert!(to_string(&wide).is_err(), "{wide}");
        }
    }

    proptest! {
        #[test]
        fn doubles_read_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = number(value).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap(), value);
            prop_assert!(!text.contains('e') || value.abs() >= 1e21 || value.abs() < 1e-6);
        }

        #[test]
        fn texts_read_back(text in any::<String>(), key in any::<String>()) {
            let value = json!({ key: text });
            prop_assert_eq!(serde_json::from_str::<Value>(&to_string(&value).unwrap()).unwrap(), value);
        }
    }
}
