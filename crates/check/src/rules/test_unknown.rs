//! A test, the word after `is`, outside the template language.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "test-unknown";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
