//! A suite that is not where its name says, or names a prompt that does not exist.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "suite-misplaced";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
