//! A message or a block without any text.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "message-empty";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
