//! A NUL byte in a file.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "file-has-nul";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
