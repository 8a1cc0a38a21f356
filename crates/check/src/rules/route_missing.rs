//! A prompt without a model, while no default route is given for its risk.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "route-missing";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
