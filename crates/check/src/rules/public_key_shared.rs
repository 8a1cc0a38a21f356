//! A public key that belongs to two principals.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "public-key-shared";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
