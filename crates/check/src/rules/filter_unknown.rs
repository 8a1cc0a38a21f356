//! A filter outside the template language.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "filter-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
