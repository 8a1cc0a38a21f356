//! Environments of which each must come after the other.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "environment-cycle";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
