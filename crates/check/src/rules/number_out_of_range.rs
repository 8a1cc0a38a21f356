//! A number that JSON cannot carry exactly.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "number-out-of-range";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
