//! In which other ways a text may be spelled, and what a text says with the usual escapes undone.

use std::ops::Range;

/// Shorter parts of base64 are met by chance.
const SHORTEST: usize = 8;

/// One way to spell a value.
pub(super) struct Spelled {
    /// What is looked for.
    pub(super) text: String,
    /// Whether a character of base64 before it holds the first bits of the value.
    before: bool,
    /// Whether one after it holds the last ones, or fills up.
    after: bool,
}

impl Spelled {
    /// `range` of `bytes`, where it was found, with the characters beside it that hold a part of the value.
    pub(super) fn whole(&self, bytes: &[u8], range: Range<usize>) -> Range<usize> {
        let is_part = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(b));
        let (mut start, mut end) = (range.start, range.end);
        if self.before && start > 0 && is_part(start - 1) {
            start -= 1;
        }
        if self.after {
            end += usize::from(is_part(end));
            end += bytes[end..].iter().take(2).take_while(|b| **b == b'=').count();
        }
        start..end
    }
}

/// `value` itself, in hexadecimal, and in base64 (RFC 4648, both alphabets) wherever in a longer text it begins.
pub(super) fn spellings(value: &str) -> Vec<Spelled> {
    let exact = |text: String| Spelled { text, before: false, after: false };
    let hex = value.bytes().map(|b| format!("{b:02x}")).collect();
    let mut all = vec![exact(value.to_owned()), exact(hex)];
    for ahead in 0..3 {
        // Of so many bytes ahead of it nothing is known; characters that hold a bit of them are left out.
        let bits = (ahead * 8, (ahead + value.len()) * 8);
        let (first, end) = (bits.0.div_ceil(6), bits.1 / 6);
        let text: String = base64(ahead, value.as_bytes()).skip(first).take(end - first).collect();
        if text.len() < SHORTEST {
            continue;
        }
        let (before, after) = (bits.0 % 6 != 0, bits.1 % 6 != 0);
        let for_addresses: String = text
            .chars()
            .map(|c| {
                if c == '+' {
                    '-'
                } else if c == '/' {
                    '_'
                } else {
                    c
                }
            })
            .collect();
        if for_addresses != text {
            all.push(Spelled { text: for_addresses, before, after });
        }
        all.push(Spelled { text, before, after });
    }
    all
}

/// The characters of base64, without padding, of `ahead` zeros and then `value`.
fn base64(ahead: usize, value: &[u8]) -> impl Iterator<Item = char> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = std::iter::repeat_n(0, ahead).chain(value.iter().copied()).collect();
    let bit = move |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let length = ((ahead + value.len()) * 8).div_ceil(6);
    (0..length).map(move |at| {
        let six = (0..6).fold(0, |six, n| six << 1 | bit(at * 6 + n));
        char::from(ALPHABET[usize::from(six)])
    })
}

/// A text with percent-encoding, the escapes of HTML and JSON, and the ends of lines undone.
pub(super) struct Plain {
    /// What it says; it need not be UTF-8.
    pub(super) bytes: Vec<u8>,
    marks: Vec<Mark>,
}

/// From this byte of what a text says on, and up to the next mark, it stood so in the text.
#[derive(Clone, Copy)]
struct Mark {
    said: usize,
    at: usize,
    /// Whether byte for byte; else all of it stands for what is said.
    same: bool,
}

impl Plain {
    /// What `text` says; none where it has nothing to undo.
    pub(super) fn of(text: &str) -> Option<Self> {
        let source = text.as_bytes();
        let special = |b: &u8| matches!(b, b'%' | b'&' | b'\\' | b'\r' | b'\n');
        let first = source.iter().position(special)?;
        let mut this = Self { bytes: source[..first].to_vec(), marks: vec![Mark { said: 0, at: 0, same: true }] };
        let mut at = first;
        let mut buffer = [0; 4];
        while at < source.len() {
            let rest = &source[at..];
            let undone: Option<(usize, &[u8])> = match rest[0] {
                b'\r' | b'\n' => Some((1, &[])),
                b'%' => hexadecimal(rest.get(1..3)).and_then(|n| u8::try_from(n).ok()).map(|byte| {
                    buffer[0] = byte;
                    (3, &buffer[..1])
                }),
                b'&' => entity(rest).map(|(length, c)| (length, c.encode_utf8(&mut buffer).as_bytes())),
                b'\\' => escaped(rest).map(|(length, c)| (length, c.encode_utf8(&mut buffer).as_bytes())),
                _ => None,
            };
            match undone {
                Some((length, said)) => {
                    this.marks.push(Mark { said: this.bytes.len(), at, same: false });
                    this.bytes.extend_from_slice(said);
                    at += length;
                    this.marks.push(Mark { said: this.bytes.len(), at, same: true });
                }
                None => {
                    // Up to what may be an escape again.
                    let plain = rest[1..].iter().position(special).map_or(rest.len(), |n| n + 1);
                    this.bytes.extend_from_slice(&rest[..plain]);
                    at += plain;
                }
            }
        }
        (this.marks.len() > 1).then_some(this)
    }

    /// Where in the text what is said in `range`, which is not empty, stands.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        let first = self.mark(range.start);
        let start = if first.0.same { first.0.at + range.start - first.0.said } else { first.0.at };
        let last = self.mark(range.end - 1);
        let end = if last.0.same { last.0.at + range.end - last.0.said } else { last.1 };
        start..end
    }

    /// The mark that says the byte at `said`, and where in the text the next one begins.
    fn mark(&self, said: usize) -> (Mark, usize) {
        let next = self.marks.partition_point(|mark| mark.said <= said);
        (self.marks[next - 1], self.marks.get(next).map_or(0, |mark| mark.at))
    }
}

fn hexadecimal(digits: Option<&[u8]>) -> Option<u32> {
    let digits = digits.filter(|d| !d.is_empty() && d.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The character reference that `rest` begins with, and its length: those by number, and by name what keys may hold.
fn entity(rest: &[u8]) -> Option<(usize, char)> {
    const LONGEST: usize = 12;
    const NAMES: [(&[u8], char); 14] = [
        (b"amp", '&'),
        (b"lt", '<'),
        (b"gt", '>'),
        (b"quot", '"'),
        (b"apos", '\''),
        (b"sol", '/'),
        (b"bsol", '\\'),
        (b"plus", '+'),
        (b"equals", '='),
        (b"lowbar", '_'),
        (b"period", '.'),
        (b"colon", ':'),
        (b"commat", '@'),
        (b"percnt", '%'),
    ];
    let end = rest.iter().take(LONGEST).position(|b| *b == b';')?;
    let name = &rest[1..end];
    let c = match name {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hexadecimal(Some(digits))?)?,
        [b'#', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
            char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?
        }
        _ => NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?.1,
    };
    Some((end + 1, c))
}

/// The escape of JSON, or of a programming language, that `rest` begins with, and its length.
fn escaped(rest: &[u8]) -> Option<(usize, char)> {
    match rest.get(1)? {
        b'/' => Some((2, '/')),
        b'u' => Some((6, char::from_u32(hexadecimal(rest.get(2..6))?)?)),
        b'x' => Some((4, char::from_u32(hexadecimal(rest.get(2..4))?)?)),
        _ => None,
    }
}
