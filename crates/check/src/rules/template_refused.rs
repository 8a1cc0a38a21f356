//! A reference with filters, calls or statements.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "template-refused";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
