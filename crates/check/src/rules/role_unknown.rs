//! A marker that names a role other than system, user and assistant.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "role-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
