//! A case gives a variable that neither the prompt nor an assertion uses.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "variable-unused";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
