//! The model may call a function in ways that callers do not know, and the version does not say so.

use crate::catalogue::Scope;
use crate::contract::ChangeKind;

pub(super) const ID: &str = "tool-widened";
pub(super) const SCOPE: Scope =
    Scope::Prompt(|subject, prompt, found| super::bump_too_small::breaking(subject, prompt, ChangeKind::ToolWidened, found));
