//! Two cases ask and assert the same.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "case-repeated";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
