//! A reference to a variable that the case does not define.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "variable-undefined";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
