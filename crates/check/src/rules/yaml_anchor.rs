//! An anchor, an alias or a merge key in YAML.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "yaml-anchor";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
