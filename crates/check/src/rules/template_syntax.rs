//! A template that cannot be parsed.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "template-syntax";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
