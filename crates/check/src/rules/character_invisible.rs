//! A character that nobody can see and the model reads.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "character-invisible";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
