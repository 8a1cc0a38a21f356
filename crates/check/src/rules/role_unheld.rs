//! An environment to which nobody may promote.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "role-unheld";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
