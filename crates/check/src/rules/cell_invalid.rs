//! A cell of a CSV file that is no assertion or no number.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "cell-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
