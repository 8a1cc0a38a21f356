//! A declared input that no message and no block uses.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "input-unused";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
