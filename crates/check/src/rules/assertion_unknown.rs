//! An assertion of a type that does not exist.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "assertion-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
