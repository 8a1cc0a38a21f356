//! An include or import that names no file below `blocks/`.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "block-name-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
