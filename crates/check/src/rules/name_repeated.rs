//! A name that policy defines twice.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "name-repeated";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
