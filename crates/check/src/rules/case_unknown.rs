//! A case id in `must_pass` or in quarantine, or a stratum, that no case has.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "case-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
