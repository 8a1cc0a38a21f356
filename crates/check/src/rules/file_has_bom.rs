//! A file that starts with a byte order mark.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "file-has-bom";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
