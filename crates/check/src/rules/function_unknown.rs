//! A call of something that is no function, macro or method of the template language.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "function-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
