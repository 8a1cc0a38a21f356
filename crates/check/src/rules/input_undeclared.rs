//! A template that uses a variable which is no declared input.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "input-undeclared";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
