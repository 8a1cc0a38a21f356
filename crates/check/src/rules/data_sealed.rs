//! A data file is encrypted, and cannot be opened here.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "data-sealed";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
