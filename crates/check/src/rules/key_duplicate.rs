//! A key that stands twice in one mapping.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "key-duplicate";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
