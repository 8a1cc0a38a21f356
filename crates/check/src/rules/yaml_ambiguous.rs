//! A YAML value that two parsers read differently.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "yaml-ambiguous";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
