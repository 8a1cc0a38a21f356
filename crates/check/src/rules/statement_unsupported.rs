//! A statement or an operator outside the template language.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "statement-unsupported";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
