//! A block that sets a variable at its top level.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "block-set-leaks";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
