//! Keys, tokens and passwords in a text: well-known formats first, then what looks like nothing but chance.
//!
//! Digests, ids, public keys, placeholders and paths are no secrets. Formats are those that the issuers document.

mod chance;
mod formats;
mod told;

use std::ops::Range;

/// How the two forms of a file that age encrypted begin.
const SEALED: [&[u8]; 2] = [b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----"];

/// Whether age encrypted these bytes: they look like keys, and are none.
pub fn is_encrypted(bytes: &[u8]) -> bool {
    SEALED.iter().any(|beginning| bytes.trim_ascii_start().starts_with(beginning))
}

/// One suspicious place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Where it stands.
    pub at: Range<usize>,
    /// What it looks like, with its article.
    pub what: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// After so many places in one file nobody reads on.
pub(crate) const MOST: usize = 100;

const KEY_HEAD: &str = "PRIVATE KEY";
const KEY_START: &str = "-----BEGIN ";
/// The longest kind of key, as in `BEGIN OPENSSH PRIVATE KEY`.
const LONGEST_KIND: usize = 20;
const ADDRESS_MARK: &str = "://";

const REVOKE: &str = "revoke it where it was issued, then take it out of the file and of the history";
const CLEAR: &str = "take it out if it is a secret; write an obvious placeholder if it is an example";

/// The suspicious places of `text`, in order, none overlapping: the first [`MOST`] of them.
pub fn secrets(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    // To ask whether a text holds another is far cheaper than to look for every place where it does.
    if text.contains(KEY_HEAD) {
        found.extend(private_keys(text));
    }
    found.extend(told::find(text));
    if text.contains(ADDRESS_MARK) {
        found.extend(passwords_in_addresses(text));
    }
    let mut taken: Vec<Range<usize>> = found.iter().map(|secret| secret.at.clone()).collect();
    taken.sort_by_key(|range| range.start);
    let mut taken = taken.into_iter().peekable();
    let mut reach = 0;
    let most = found.len() + MOST;
    for word in words(text) {
        while let Some(range) = taken.next_if(|range| range.start <= word.start) {
            reach = reach.max(range.end);
        }
        if word.start < reach {
            continue;
        }
        if found.len() >= most {
            break;
        }
        if let Some((at, what)) = formats::find(&text[word.clone()]) {
            found.push(Secret { at: word.start + at.start..word.start + at.end, what, remedy: REVOKE });
        } else if let Some(at) = chance::find(text, word) {
            found.push(Secret { at, what: "a password or key", remedy: CLEAR });
        }
    }
    if !found.is_empty() {
        let public = public_blocks(text);
        found.retain(|secret| !public.iter().any(|block| block.contains(&secret.at.start)));
    }
    found.sort_by_key(|secret| secret.at.start);
    let mut end = 0;
    found.retain(|secret| {
        let apart = secret.at.start >= end;
        end = end.max(secret.at.end);
        apart
    });
    found.truncate(MOST);
    found
}

/// Runs of characters that tokens are made of, long enough to be one.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    const SHORTEST: usize = 16;
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && TOKEN[bytes[at] as usize] {
                at += 1;
            }
            let end = at;
            at += 1;
            if end - start >= SHORTEST {
                return Some(start..end);
            }
        }
        None
    })
}

/// Letters, digits and `_ - . / + = ~`.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        let c = b as u8;
        table[b] = c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.' | b'/' | b'+' | b'=' | b'~');
        b += 1;
    }
    table
};

/// OpenPGP public keys, as policy lists them: made to be read by everybody.
fn public_blocks(text: &str) -> Vec<Range<usize>> {
    const HEAD: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";
    let heads = text.match_indices(HEAD).map(|(start, _)| start);
    heads.filter_map(|start| Some(start..start + text[start..].find(END)?)).collect()
}

fn private_keys(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for (middle, _) in text.match_indices(KEY_HEAD) {
        let near = middle.saturating_sub(KEY_START.len() + LONGEST_KIND);
        let near = (near..middle).find(|&at| text.is_char_boundary(at)).unwrap_or(middle);
        let Some(start) = text[near..middle].rfind(KEY_START).map(|at| near + at) else { continue };
        let closed =
            text[middle..].starts_with("PRIVATE KEY-----") || text[middle..].starts_with("PRIVATE KEY BLOCK-----");
        let kind = &text[start + KEY_START.len()..middle];
        if !closed || kind.contains('\n') {
            continue;
        }
        // A key ends where the next one begins: nothing is read twice.
        let next = text[middle..].find(KEY_START).map_or(text.len(), |n| middle + n);
        let end = text[middle..next].find("-----END ").map_or(next, |n| {
            let tail = middle + n;
            text[tail..next].find('\n').map_or(next, |n| tail + n)
        });
        // The head alone, without any key below it, is somebody writing about keys.
        let body = &text[middle..end];
        if body.lines().skip(1).any(|line| line.trim().len() >= 40) || body.contains("\\n") {
            found.push(Secret { at: start..end, what: "a private key", remedy: REVOKE });
        }
    }
    found
}

/// `scheme://user:password@host`.
fn passwords_in_addresses(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for (colon, _) in text.match_indices(ADDRESS_MARK) {
        let rest = &text[colon + 3..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '<' | '>' | ')'))
            .unwrap_or(rest.len());
        let Some((user, _)) = rest[..end].rsplit_once('@') else { continue };
        let Some((_, password)) = user.split_once(':') else { continue };
        if password.len() < 4 || chance::is_placeholder(password) {
            continue;
        }
        let start = colon + 3 + user.len() - password.len();
        found.push(Secret { at: start..start + password.len(), what: "a password in an address", remedy: REVOKE });
    }
    found
}

#[cfg(test)]
mod tests;
