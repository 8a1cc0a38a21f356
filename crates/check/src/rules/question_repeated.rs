//! Several cases ask the model one question.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "question-repeated";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Eval);
