//! Two schemas that cannot be compared, and the version does not announce a break.

use crate::catalogue::Scope;
use crate::contract::ChangeKind;

pub(super) const ID: &str = "schema-incomparable";
pub(super) const SCOPE: Scope =
    Scope::Prompt(|subject, prompt, found| super::bump_too_small::breaking(subject, prompt, ChangeKind::SchemaIncomparable, found));
