//! A weight below 0.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "weight-negative";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
