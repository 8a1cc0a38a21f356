//! Settings of a gate that contradict one another.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "gate-contradictory";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
