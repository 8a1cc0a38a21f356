//! A merge conflict that nobody resolved.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "conflict-marker";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
