//! A suite, a data file or a scenario without any case.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "tests-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
