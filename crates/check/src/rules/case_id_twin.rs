//! Two cases with one id.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "case-id-twin";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
