//! Front matter or a YAML file that cannot be parsed.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "yaml-syntax";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
