//! A JSON Schema that is not valid, uses a keyword that does not exist, or refers outside of itself.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "schema-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
