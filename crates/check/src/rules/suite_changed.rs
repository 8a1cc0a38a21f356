//! A suite that asks or grades otherwise than it did.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "suite-changed";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
