//! A document of policy that is not there.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "policy-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
