//! Front matter without a closing `---` line.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "front-matter-unclosed";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
