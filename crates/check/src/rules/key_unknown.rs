//! A key that has no meaning where it stands.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "key-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
