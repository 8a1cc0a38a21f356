//! A data file that cannot be read as what its name says.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "data-unreadable";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
