//! A threshold that everything or nothing can satisfy.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "threshold-vacuous";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
