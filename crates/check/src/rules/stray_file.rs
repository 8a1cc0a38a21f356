//! A file under `prompts/` that is neither prompt, block nor routes.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "stray-file";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
