//! A public key that cannot be used.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "public-key-malformed";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
