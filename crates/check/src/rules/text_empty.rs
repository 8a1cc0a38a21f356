//! A description, an owner or a tag without any text.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "text-empty";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
