//! `not-` in front of a type whose verdict it would not change.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "negation-ignored";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
