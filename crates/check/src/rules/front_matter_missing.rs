//! A prompt that does not start with front matter.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "front-matter-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
