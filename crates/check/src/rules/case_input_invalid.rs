//! A case that does not fit the inputs of its prompt.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "case-input-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
