//! The answer may be what it could not be, and the version does not say so.

use crate::catalogue::Scope;
use crate::contract::ChangeKind;

pub(super) const ID: &str = "output-widened";
pub(super) const SCOPE: Scope =
    Scope::Prompt(|subject, prompt, found| super::bump_too_small::breaking(subject, prompt, ChangeKind::OutputWidened, found));
