//! A character that changes the direction of the text around it.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "character-bidi";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
