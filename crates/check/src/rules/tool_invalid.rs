//! A tool whose name is not valid or stands twice, or whose parameters are not those of an object.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "tool-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
