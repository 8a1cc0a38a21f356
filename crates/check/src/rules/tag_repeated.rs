//! A tag that stands twice.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "tag-repeated";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
