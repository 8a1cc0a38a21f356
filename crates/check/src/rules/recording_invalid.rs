//! A line of a recording that is none, stands twice or out of order.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "recording-invalid";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
