//! A block or filter that is named by an expression.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "name-computed";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
