//! A prompt that was asked for by its id and is not there.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "prompt-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
