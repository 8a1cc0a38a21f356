//! A value, threshold or key that the assertion type does not take.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "assertion-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
