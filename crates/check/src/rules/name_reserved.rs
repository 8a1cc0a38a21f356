//! A template that assigns to a name which the language keeps for itself.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "name-reserved";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
