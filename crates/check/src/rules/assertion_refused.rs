//! An assertion type of promptfoo that is not offered, or that runs code.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "assertion-refused";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
