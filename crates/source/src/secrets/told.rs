//! Secrets that are known by what stands before them: a header, a keyword, the address of a service.

use std::ops::Range;

use super::{CLEAR, REVOKE, Secret, chance};

/// What leads to a secret, what it is made of and how long it is, and what it is.
struct Lead {
    mark: &'static str,
    rest: fn(u8) -> bool,
    length: (usize, usize),
    what: &'static str,
}

const LEADS: [Lead; 5] = [
    Lead { mark: "hooks.slack.com/services/T", rest: path, length: (30, 100), what: "a Slack webhook" },
    Lead { mark: "discord.com/api/webhooks/", rest: path, length: (60, 120), what: "a Discord webhook" },
    Lead { mark: "&sig=", rest: escaped, length: (40, 120), what: "a shared access signature" },
    Lead { mark: "?sig=", rest: escaped, length: (40, 120), what: "a shared access signature" },
    Lead { mark: "Bearer ", rest: token, length: (24, 1_000), what: "a bearer token" },
];

/// What people call a secret, at the end of a key.
const KEYWORDS: [&str; 7] = ["api_key", "apikey", "api-key", "token", "secret", "password", "passwd"];
/// How far after a keyword its value may begin.
const GAP: usize = 8;
/// As many hexadecimal digits as keys have; fewer are as often names of commits.
const HEX: Range<usize> = 32..129;

/// The secrets of `text` that something leads to.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for lead in &LEADS {
        for (at, _) in text.match_indices(lead.mark) {
            let from = at + lead.mark.len();
            let length = run(text, from, lead.rest, lead.length.1);
            let value = &text[from..from + length];
            let fits = (lead.length.0..=lead.length.1).contains(&length);
            if fits && !chance::is_placeholder(value) && is_mixed(value) {
                found.push(Secret { at: from..from + length, what: lead.what, remedy: REVOKE });
            }
        }
    }
    found.extend(text.match_indices(['=', ':']).filter_map(|(at, _)| assigned(text, at)));
    found
}

/// The value behind the `=` or `:` at `at`, where what stands before it says that it is secret.
fn assigned(text: &str, at: usize) -> Option<Secret> {
    let bytes = text.as_bytes();
    let quoted = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b' ');
    let end = at - bytes[..at].iter().rev().take(3).take_while(|b| quoted(b)).count();
    let named = |word: &str| {
        let tail = end.checked_sub(word.len()).map(|start| &bytes[start..end]);
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(word.as_bytes()))
    };
    if !KEYWORDS.iter().any(|word| named(word)) {
        return None;
    }
    let from = at + 1 + bytes[at + 1..].iter().take(GAP).take_while(|b| quoted(b)).count();
    let length = run(text, from, |b| b.is_ascii_hexdigit(), HEX.end);
    let whole = bytes.get(from + length).is_none_or(|b| !token(*b));
    let value = &text[from..from + length];
    let secret =
        HEX.contains(&length) && whole && !chance::is_placeholder(value) && variety(value) >= 8 && is_mixed(value);
    secret.then(|| Secret { at: from..from + length, what: "a key behind its name", remedy: CLEAR })
}

fn run(text: &str, from: usize, rest: fn(u8) -> bool, most: usize) -> usize {
    text.as_bytes()[from..].iter().take(most + 1).take_while(|b| rest(**b)).count()
}

/// Letters and digits both: names of things have few digits, and numbers no letters.
fn is_mixed(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    digits >= 3 && value.bytes().any(|b| b.is_ascii_alphabetic()) && variety(value) >= 8
}

fn variety(value: &str) -> usize {
    value.bytes().collect::<std::collections::BTreeSet<_>>().len()
}

fn token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'~' | b'+' | b'/' | b'=')
}

fn path(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/')
}

fn escaped(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'%' | b'+' | b'/' | b'=' | b'-' | b'_')
}
