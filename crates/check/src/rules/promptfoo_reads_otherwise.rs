//! Something that promptfoo reads in another way.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "promptfoo-reads-otherwise";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
