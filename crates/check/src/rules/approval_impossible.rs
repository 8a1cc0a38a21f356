//! A demand in policy that nobody could ever meet.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "approval-impossible";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
