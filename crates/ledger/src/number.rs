//! The numbers of entries: eight digits in a ref name, plain digits in a record, from 1, never reused.

use std::fmt;
use std::str::FromStr;

/// An entry's place in its ledger, 1 to 99,999,999. Displays as plain digits; [`Sequence::n8`] is the ref form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Sequence(u32);

/// Why a text is no sequence number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read `{0}` as an entry number between 1 and 99999999 without leading zeros")]
pub struct SequenceError(pub String);

impl Sequence {
    /// The first entry's number.
    pub const FIRST: Self = Self(1);
    /// The last number that eight digits can write.
    pub const LAST: Self = Self(99_999_999);

    /// The number `n`, where it lies between 1 and 99,999,999.
    pub const fn new(n: u32) -> Option<Self> {
        if n >= Self::FIRST.0 && n <= Self::LAST.0 { Some(Self(n)) } else { None }
    }

    /// The number as an integer.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number after this one; `None` after the last.
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }

    /// The ref form: eight digits.
    pub fn n8(self) -> String {
        format!("{:08}", self.0)
    }

    /// Reads the ref form.
    pub fn from_n8(text: &str) -> Result<Self, SequenceError> {
        let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { text.parse().ok().and_then(Self::new) } else { None };
        number.ok_or_else(|| SequenceError(text.to_owned()))
    }
}

impl FromStr for Sequence {
    type Err = SequenceError;

    fn from_str(text: &str) -> Result<Self, SequenceError> {
        let plain = text.len() <= 8 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        let number = if plain { text.parse().ok().and_then(Self::new) } else { None };
        number.ok_or_else(|| SequenceError(text.to_owned()))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_one_spelling() {
        assert_eq!("42".parse(), Ok(Sequence(42)));
        assert_eq!(Sequence(42).n8(), "00000042");
        assert_eq!(Sequence::from_n8("00000042"), Ok(Sequence(42)));
        for bad in ["", "0", "042", "+42", "100000000", "4 2", "-1"] {
            assert!(bad.parse::<Sequence>().is_err(), "{bad}");
        }
        for bad in ["42", "00000000", "000000042", "+0000042"] {
            assert!(Sequence::from_n8(bad).is_err(), "{bad}");
        }
        assert_eq!(Sequence::LAST.next(), None);
    }
}
