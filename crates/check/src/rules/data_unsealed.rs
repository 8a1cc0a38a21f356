//! A data file is named as encrypted, and is not.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "data-unsealed";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
