//! The model may call a function that callers do not know, and the version does not say so.

use crate::catalogue::Scope;
use crate::contract::ChangeKind;

pub(super) const ID: &str = "tool-added";
pub(super) const SCOPE: Scope =
    Scope::Prompt(|subject, prompt, found| super::bump_too_small::breaking(subject, prompt, ChangeKind::ToolAdded, found));
