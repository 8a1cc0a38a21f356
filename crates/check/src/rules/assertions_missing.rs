//! A case without any assertion.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "assertions-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
