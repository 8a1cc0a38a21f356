//! A reason: one line a person wrote, safe to print anywhere.

use std::fmt;

/// One line of UTF-8, 1 to 1,024 bytes, no control, bidi or invisible characters, no blank at either end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason(String);

/// Why a text is no reason. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("take the reason: {0}")]
pub struct ReasonError(pub &'static str);

impl Reason {
    /// The most bytes.
    pub const LIMIT: usize = 1024;

    /// Takes `text` as a reason.
    pub fn new(text: &str) -> Result<Self, ReasonError> {
        if text.is_empty() {
            return Err(ReasonError("it is empty"));
        }
        if text.len() > Self::LIMIT {
            return Err(ReasonError("it has more than 1024 bytes"));
        }
        if text.chars().any(is_unprintable) {
            return Err(ReasonError(
                "it holds a line break, a control character, or one that is invisible or turns text",
            ));
        }
        if text.trim() != text {
            return Err(ReasonError("it starts or ends with a blank"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

/// Controls (C0, DEL, C1), line and paragraph separators, bidi marks and overrides, zero-width and tag characters.
///
/// Joiners (U+200C, U+200D) stay: Persian and emoji need them.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_printable_line() {
        for good in ["x", "answers drift: آن‌ها", "👩‍👩‍👧", "-----BEGIN SSH SIGNATURE-----", &"x".repeat(1024)]
        {
            assert!(Reason::new(good).is_ok(), "{good:?}");
        }
        let long = "x".repeat(1025);
        for bad in
            ["", " x", "x ", "a\nb", "a\rb", "a\tb", "a\0", "a\u{202e}b", "a\u{85}b", "a\u{2028}b", "\u{a0}x", &long]
        {
            assert!(Reason::new(bad).is_err(), "{bad:?}");
        }
    }
}
