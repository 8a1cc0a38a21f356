//! An include or import of a block that is not there.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "block-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
