//! A key that must be there and is not.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "key-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
