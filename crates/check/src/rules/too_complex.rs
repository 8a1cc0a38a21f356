//! A file, a nesting, a tag or a statement beyond the limits that protect the parsers.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "too-complex";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
