//! A file that a suite names and that is missing, or is no regular file.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "suite-file-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
