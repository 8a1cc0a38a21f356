//! A file that is not UTF-8.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "file-not-utf8";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
