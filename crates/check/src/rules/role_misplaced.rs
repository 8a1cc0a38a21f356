//! A `role` or `turns` marker that does not stand alone on its line, outside of every statement.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "role-misplaced";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
