//! A name in policy that refers to nothing that is defined.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "name-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
