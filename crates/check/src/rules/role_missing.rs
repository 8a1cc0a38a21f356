//! Text that stands where no role applies to it.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "role-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
