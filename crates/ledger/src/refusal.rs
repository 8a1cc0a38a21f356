//! A refusal: which way to fail, the particulars, and the tag it is about.

use std::fmt;

use crate::code::{Class, Code};

/// Why the ledger says no. Displays as `code: particulars (tag)`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Refusal {
    /// Which way to fail.
    pub code: Code,
    /// The particulars: one lower-case clause. It may quote hostile text; escape it where it is shown.
    pub detail: String,
    /// The tag it is about, without `refs/tags/`.
    pub tag: Option<String>,
}

impl Refusal {
    /// A refusal about no particular tag yet.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), tag: None }
    }

    /// The same, about `tag`, unless it already names one.
    #[must_use]
    pub fn about(mut self, tag: impl fmt::Display) -> Self {
        self.tag.get_or_insert_with(|| tag.to_string());
        self
    }

    /// What to do, with the tag's name where the table says `NAME`.
    pub fn remedy(&self) -> String {
        let remedy = self.code.entry().remedy;
        let plain = |tag: &&String| tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/@+-".contains(&b));
        match self.tag.as_ref().filter(plain) {
            Some(tag) => remedy.replace("NAME", tag),
            None => remedy.to_owned(),
        }
    }

    /// What it means for a verifier.
    pub fn class(&self) -> Class {
        self.code.class()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)?;
        self.tag.as_ref().map_or(Ok(()), |tag| write!(f, " ({tag})"))
    }
}

impl std::error::Error for Refusal {}
