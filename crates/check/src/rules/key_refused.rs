//! A key of promptfoo that would run code, reach the network or is not offered.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "key-refused";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
