//! An input whose name templates cannot use.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "input-name-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
