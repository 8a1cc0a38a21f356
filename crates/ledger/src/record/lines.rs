//! A record's lines, taken one key after the other: what is missing, unknown, doubled or out of order is said so.

use crate::{Code, Refusal};

/// The `Key: value` lines that are still to be read.
pub(super) struct Lines<'a> {
    rest: Vec<(&'a str, &'a str)>,
    next: usize,
}

impl<'a> Lines<'a> {
    /// Splits a message into its subject and its lines.
    pub(super) fn of(message: &'a str) -> Result<(&'a str, Self), Refusal> {
        let body = message
            .strip_suffix('\n')
            .ok_or_else(|| Refusal::new(Code::RecordMalformed, "the record does not end with a line feed"))?;
        let mut lines = body.split('\n');
        let subject = lines.next().unwrap_or("");
        if lines.next() != Some("") {
            return Err(Refusal::new(Code::RecordMalformed, "the second line is not empty"));
        }
        let rest = lines.map(line).collect::<Result<_, _>>()?;
        Ok((subject, Self { rest, next: 0 }))
    }

    /// The value of the next line, where its key is `key`.
    pub(super) fn optional(&mut self, key: &str) -> Option<&'a str> {
        let (found, value) = self.rest.get(self.next)?;
        if *found != key {
            return None;
        }
        self.next += 1;
        Some(value)
    }

    /// The value of the next line, whose key must be `key`.
    pub(super) fn required(&mut self, key: &'static str) -> Result<&'a str, Refusal> {
        self.optional(key).ok_or_else(|| match self.rest.get(self.next) {
            None => Refusal::new(Code::RecordMalformed, format!("the line `{key}` is missing")),
            Some((found, _)) => {
                Refusal::new(Code::RecordMalformed, format!("the line `{key}` is missing before `{found}`"))
            }
        })
    }

    /// The values of all next lines whose key is `key`.
    pub(super) fn repeated(&mut self, key: &'static str) -> Vec<&'a str> {
        std::iter::from_fn(|| self.optional(key)).collect()
    }

    /// Refuses lines that are left over.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        match self.rest.get(self.next) {
            None => Ok(()),
            Some((key, _)) => Err(Refusal::new(
                Code::RecordMalformed,
                format!("the line `{key}` is unknown, doubled or out of order"),
            )),
        }
    }
}

fn line(text: &str) -> Result<(&str, &str), Refusal> {
    let malformed = |why: &str| Refusal::new(Code::RecordMalformed, format!("the line `{}` {why}", clip(text)));
    let (key, value) = text.split_once(": ").ok_or_else(|| malformed("is not of the form `Key: value`"))?;
    let plain =
        key.starts_with(|c: char| c.is_ascii_uppercase()) && key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    if !plain {
        return Err(malformed("does not start with a key"));
    }
    if value.is_empty() || value.starts_with(' ') || value.ends_with(' ') {
        return Err(malformed("has an empty value or blanks around it"));
    }
    Ok((key, value))
}

/// The start of a text that may be long and hostile, for messages.
pub(super) fn clip(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
