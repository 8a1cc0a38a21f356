//! The answer is of another format, and the version does not say so.

use crate::catalogue::Scope;
use crate::contract::ChangeKind;

pub(super) const ID: &str = "output-format-changed";
pub(super) const SCOPE: Scope =
    Scope::Prompt(|subject, prompt, found| super::bump_too_small::breaking(subject, prompt, ChangeKind::OutputFormatChanged, found));
