//! A value that has no meaning where it stands: the wrong type, or none of the words that are expected.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "value-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
