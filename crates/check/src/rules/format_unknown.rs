//! A document in a format that this version does not read.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "format-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Policy);
