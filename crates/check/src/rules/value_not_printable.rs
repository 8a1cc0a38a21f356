//! A value other than a text or an integer that is printed as it is.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "value-not-printable";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
