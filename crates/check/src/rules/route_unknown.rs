//! A prompt that names a route which `prompts/routes.yaml` does not have.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "route-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
