//! Blocks that include each other in a circle.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "include-cycle";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
