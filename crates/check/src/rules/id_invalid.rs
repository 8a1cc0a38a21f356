//! A path that makes no valid id.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "id-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
