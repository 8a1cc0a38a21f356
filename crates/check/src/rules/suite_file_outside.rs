//! A path in a suite that leads out of the repository.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "suite-file-outside";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
