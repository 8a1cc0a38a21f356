//! An input that is used in a way its schema rules out.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "input-misused";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
