//! Where a case stands: in a text that is at hand, or in a row of a file that is too long to hold.

use std::sync::{Arc, OnceLock};

use source::{Bytes, Place, RepoPath, Span, Text};

/// Where a case stands.
#[derive(Debug, Clone)]
pub enum At {
    /// In a text.
    Text(Place),
    /// In this file, which is read again where a person is to be shown the place.
    Row(Arc<RowFile>, Span),
}

/// A long file of rows.
#[derive(Debug)]
pub struct RowFile {
    path: RepoPath,
    bytes: Bytes,
    text: OnceLock<Text>,
}

impl RowFile {
    pub(crate) fn new(path: RepoPath, bytes: Bytes) -> Self {
        Self { path, bytes, text: OnceLock::new() }
    }

    /// What it holds.
    pub(crate) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl At {
    /// The file.
    pub fn path(&self) -> &RepoPath {
        match self {
            Self::Text(place) => place.path(),
            Self::Row(file, _) => &file.path,
        }
    }

    /// The bytes meant.
    pub const fn span(&self) -> Span {
        match self {
            Self::Text(place) => place.span,
            Self::Row(_, span) => *span,
        }
    }

    /// The place, with the text around it.
    pub fn place(&self) -> Place {
        match self {
            Self::Text(place) => place.clone(),
            Self::Row(file, span) => {
                let read = || Text::new(file.path.clone(), String::from_utf8_lossy(&file.bytes));
                let text = file.text.get_or_init(read);
                let raw = text.slice(*span);
                let blank = raw.len() - raw.trim_start_matches(['\r', '\n']).len();
                let end = span.start as usize + raw.trim_end_matches(['\r', '\n']).len();
                Place::new(text, Span::new((span.start as usize + blank).min(end), end))
            }
        }
    }
}
