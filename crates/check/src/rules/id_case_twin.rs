//! Two files whose paths differ only in case.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "id-case-twin";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
