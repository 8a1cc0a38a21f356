//! Canonical JSON and SHA-256, written from RFC 8785 and FIPS 180-4 for this test alone.

use serde_json::Value;

/// RFC 8785. Numbers beyond 2^53 arrive here as integers where they have no fraction, and are doubles all the same.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => match n.as_i64().filter(|i| i.unsigned_abs() < 1 << 53) {
            Some(integer) => integer.to_string(),
            None => double(n.as_f64().unwrap()),
        },
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(key, _)| key.encode_utf16().collect::<Vec<_>>());
            let member = |(k, v): (&String, &Value)| format!("{}:{}", quoted(k), canonical(v));
            format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
    }
}

fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\u{8}' => out += "\\b",
            '\t' => out += "\\t",
            '\n' => out += "\\n",
            '\u{c}' => out += "\\f",
            '\r' => out += "\\r",
            c if c < ' ' => out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// ECMA-262 Number::toString, from the digits of Rust's shortest scientific form.
fn double(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let shown = format!("{:e}", value.abs());
    let (mantissa, exponent) = shown.split_once('e').unwrap();
    let digits = mantissa.replace('.', "");
    let (k, n) = (i32::try_from(digits.len()).unwrap(), exponent.parse::<i32>().unwrap() + 1);
    let at = |i: i32| usize::try_from(i).unwrap();
    let sign = if value < 0.0 { "-" } else { "" };
    let body = if k <= n && n <= 21 {
        digits.clone() + &"0".repeat(at(n - k))
    } else if 0 < n && n <= 21 {
        format!("{}.{}", &digits[..at(n)], &digits[at(n)..])
    } else if -6 < n && n <= 0 {
        format!("0.{}{digits}", "0".repeat(at(-n)))
    } else {
        let rest = if k > 1 { format!(".{}", &digits[1..]) } else { String::new() };
        format!("{}{rest}e{}{}", &digits[..1], if n > 0 { "+" } else { "-" }, (n - 1).abs())
    };
    format!("{sign}{body}")
}

/// FIPS 180-4. The constants are the fractions of cube and square roots of primes, as the standard defines them.
pub(crate) fn sha256(message: &[u8]) -> String {
    let primes: Vec<u64> = (2..312).filter(|n| (2..*n).all(|d| n % d != 0)).collect();
    let k: Vec<u32> = primes.iter().map(|&p| root_fraction(p, 3)).collect();
    let mut h: Vec<u32> = primes[..8].iter().map(|&p| root_fraction(p, 2)).collect();
    assert_eq!((primes.len(), k[0], h[0]), (64, 0x428a_2f98, 0x6a09_e667));
    let mut data = message.to_vec();
    data.push(0x80);
    while data.len() % 64 != 56 {
        data.push(0);
    }
    data.extend((message.len() as u64 * 8).to_be_bytes());
    for chunk in data.chunks_exact(64) {
        let mut w: Vec<u32> = chunk.chunks_exact(4).map(|b| u32::from_be_bytes(b.try_into().unwrap())).collect();
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = h.clone();
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let first = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(k[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(first);
            v[0] = first.wrapping_add(s0.wrapping_add(majority));
        }
        h.iter_mut().zip(v).for_each(|(h, v)| *h = h.wrapping_add(v));
    }
    h.iter().map(|word| format!("{word:08x}")).collect()
}

/// The first 32 bits of the fraction of a prime's square or cube root, by bisection over integers.
fn root_fraction(prime: u64, degree: u32) -> u32 {
    // floor(root * 2^32): the largest r with r^degree <= prime * 2^(32 * degree).
    let target = u128::from(prime) << (32 * degree);
    let (mut low, mut high) = (0u128, 1u128 << 37);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if middle.checked_pow(degree).is_some_and(|p| p <= target) { low = middle } else { high = middle }
    }
    u32::try_from(low & 0xFFFF_FFFF).unwrap()
}

#[test]
fn known_answers() {
    assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(sha256(&[b'a'; 119])[..8], *"31eba51c");
    assert_eq!(double(1e21), "1e+21");
    assert_eq!(double(123e-9), "1.23e-7");
    assert_eq!(double(0.000_001), "0.000001");
}
