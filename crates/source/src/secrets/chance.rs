//! Texts that look like chance: many kinds of characters in no order.

use std::ops::Range;

/// The shortest run that is judged; shorter ones are as often names.
const SHORTEST: usize = 24;
/// How far before a run its line is read.
const BEFORE: usize = 2_000;
/// Bits a character, by Shannon. Base64 of random bytes lies near 4.5 at 32 characters; identifiers stay below 4.
const ENTROPY: f64 = 4.1;

/// The part of the run `word` of `text` that looks like chance.
pub(super) fn find(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let run = &text[word.clone()];
    // Names are joined by dots, slashes and equals signs; each part is judged by itself unless it is base64.
    let mut at = word.start;
    for part in run.split(['.', '=', '~']) {
        let range = at..at + part.len();
        at += part.len() + 1;
        if looks_random(part) && !is_public(text, range.start) {
            return Some(range);
        }
    }
    None
}

fn looks_random(part: &str) -> bool {
    if part.len() < SHORTEST || is_placeholder(part) {
        return false;
    }
    let bytes = part.as_bytes();
    let kinds = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit];
    if !kinds.iter().all(|kind| bytes.iter().any(kind)) {
        // Also leaves out hexadecimal digests and UUIDs, which are names of public things.
        return false;
    }
    // Words joined by separators are names and paths, however long.
    let longest = part.split(['-', '_', '/', '+']).map(str::len).max().unwrap_or(0);
    longest >= 16 && is_chance(part)
}

/// All kinds of characters, taking turns and evenly used.
fn is_chance(text: &str) -> bool {
    let bytes = text.as_bytes();
    let kinds = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit];
    kinds.iter().all(|kind| bytes.iter().any(kind))
        && changes(bytes) * 20 >= bytes.len() * 9
        && entropy(bytes) >= ENTROPY
}

/// How often the kind of character changes: random text changes about every other time, `camelCase2Names` rarely.
fn changes(bytes: &[u8]) -> usize {
    let kind = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    bytes.windows(2).filter(|w| kind(w[0]) != kind(w[1])).count()
}

#[expect(clippy::cast_precision_loss, reason = "counts of characters in one word")]
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|b| counts[*b as usize] += 1);
    let total = bytes.len() as f64;
    counts.iter().filter(|n| **n > 0).map(|n| f64::from(*n) / total).map(|p| -p * p.log2()).sum()
}

/// Whether what stands before says that this is meant to be public.
fn is_public(text: &str, start: usize) -> bool {
    // A line may be all of a file.
    let near = (start.saturating_sub(BEFORE)..start).find(|&at| text.is_char_boundary(at)).unwrap_or(start);
    let line = text[near..start].rsplit('\n').next().unwrap_or("");
    let marks = ["ssh-", "ecdsa-", "sk-ssh-", "sha256", "SHA256", "sha512", "sha384", "integrity", "data:", "http"];
    marks.iter().any(|mark| line.contains(mark)) || text[start..].starts_with("AAAA")
}

/// Whether somebody wrote it to stand for a secret.
pub(super) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = [
        "example",
        "placeholder",
        "your",
        "dummy",
        "sample",
        "redacted",
        "changeme",
        "xxxx",
        "test-",
        "****",
        "1234567890",
        "abcdefgh",
        "password",
        "secret",
        "insert",
        "todo",
        "fake",
        "{{",
        "${",
        "<",
    ];
    // So short a word turns up by chance in a long run of random letters.
    let by_chance = |word: &str| matches!(word, "your" | "todo" | "fake") && is_chance(text);
    let distinct = lower.bytes().collect::<std::collections::BTreeSet<_>>().len();
    words.iter().any(|word| lower.contains(word) && !by_chance(word))
        || distinct <= 4.min(lower.len().saturating_sub(1))
}
