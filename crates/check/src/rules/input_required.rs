//! Callers must pass an input that they did not have to pass, and the version does not say so.

use crate::catalogue::Scope;
use crate::contract::ChangeKind;

pub(super) const ID: &str = "input-required";
pub(super) const SCOPE: Scope =
    Scope::Prompt(|subject, prompt, found| super::bump_too_small::breaking(subject, prompt, ChangeKind::InputRequired, found));
