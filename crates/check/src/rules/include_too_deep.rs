//! A block that lies more than 16 includes away from the prompt.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "include-too-deep";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
