//! An assertion that measures, without a threshold.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "threshold-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
