//! A tag such as `!!str` or `!custom` in YAML.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "yaml-tag";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
