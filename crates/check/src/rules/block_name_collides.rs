//! A name that an included block defines and that the message uses for something else.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "block-name-collides";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
