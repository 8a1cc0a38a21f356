//! An import of a macro that the block does not define.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "macro-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
