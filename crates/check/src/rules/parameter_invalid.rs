//! A sampling parameter outside its range.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "parameter-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
