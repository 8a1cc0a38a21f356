//! Object ids and kinds as tag headers spell them. An id is a locator, never an identity.

use std::fmt;
use std::str::FromStr;

/// A git object id: 40 or 64 lower-case hex digits. It says where an object lies, never what was signed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    len: u8,
}

/// Why a text is no object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read `{0}` as an object id of 40 lower-case hex digits")]
pub struct ObjectIdError(pub String);

impl ObjectId {
    /// The id whose bytes these are: 20 (SHA-1) or 32 (SHA-256).
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let len = u8::try_from(bytes.len()).ok().filter(|len| matches!(len, 20 | 32))?;
        let mut all = [0; 32];
        all[..bytes.len()].copy_from_slice(bytes);
        Some(Self { bytes: all, len })
    }

    /// The id's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl FromStr for ObjectId {
    type Err = ObjectIdError;

    fn from_str(text: &str) -> Result<Self, ObjectIdError> {
        let wrong = || ObjectIdError(text.to_owned());
        let nibble = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let pairs = text.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = pairs
            .map(|pair| match pair {
                [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
                _ => None,
            })
            .collect();
        bytes.and_then(|b| Self::from_bytes(&b)).ok_or_else(wrong)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
    /// A file's bytes.
    Blob,
    /// A folder.
    Tree,
}

impl ObjectKind {
    /// The word git uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tag => "tag",
            Self::Blob => "blob",
            Self::Tree => "tree",
        }
    }
}

impl FromStr for ObjectKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Commit, Self::Tag, Self::Blob, Self::Tree].into_iter().find(|k| k.as_str() == text).ok_or(())
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        let hex = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        assert_eq!(hex.parse::<ObjectId>().unwrap().to_string(), hex);
        assert!("ab".repeat(32).parse::<ObjectId>().is_ok());
        for bad in ["", &hex[1..], &hex.to_uppercase(), &"ab".repeat(21), "é"] {
            assert!(bad.parse::<ObjectId>().is_err(), "{bad}");
        }
    }
}
