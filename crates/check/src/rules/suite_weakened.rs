//! A suite that asks less than it did.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "suite-weakened";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
