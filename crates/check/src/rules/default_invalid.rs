//! A default that the input's own schema refuses.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "default-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
