//! The raw objects of a repository and the refs that name them, as something above may ask for them.
//!
//! An object id is a locator, never an identity: what is trusted is linked by SHA-256. The trait here lets the ledger
//! read a repository without knowing git, and the resolver and the maintainers' flows share one reading of it.

use std::fmt;
use std::str::FromStr;

use crate::{Files, RepoPath};

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

    /// The first 12 hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// A raw object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its bytes, without git's own header.
    pub bytes: Vec<u8>,
}

/// Why the repository could not be read at all. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read the repository: {0}")]
pub struct Unreadable(pub String);

/// The repository's refs and objects.
///
/// Implementations read raw: no replacement objects, no grafts, no lazy fetching.
pub trait Objects {
    /// Every ref whose whole name starts with `prefix`, with the id it holds, sorted by name.
    fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, Unreadable>;

    /// The object `id`, of at most `limit` bytes; `None` where it is not here.
    ///
    /// A larger object is returned cut after `limit` + 1 bytes, so that the caller sees that it is too large.
    fn object(&self, id: &ObjectId, limit: usize) -> Result<Option<Object>, Unreadable>;

    /// Whether what the tag of this full name cites would be here if the remote had it: the remote was asked for every
    /// ledger tag when it showed this one or later, or there is no remote.
    ///
    /// Then an entry that cites what nobody has is made up; otherwise the rest may just not be here.
    fn is_complete(&self, tag: &str) -> bool;

    /// The files of `commit` below the folder `root` (`None`: the top), each read raw when it is asked for; `None`
    /// where the commit or its trees are not here.
    fn files(&self, commit: &ObjectId, root: Option<&RepoPath>) -> Result<Option<Box<dyn Files + '_>>, Unreadable>;
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
