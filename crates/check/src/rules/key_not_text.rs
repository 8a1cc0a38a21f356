//! A key that is not a text: a number, a list, `true`.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "key-not-text";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Yaml);
