//! Whether a signature is right for the key inside it: arithmetic over one tag's bytes, done once for each tag.

use std::sync::OnceLock;

use super::ssh;
use super::sshsig::Sshsig;
use crate::Refusal;

/// The verdict, once somebody asked. It belongs to one payload and one signature, neither of which can change.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnKey(OnceLock<Result<(), Refusal>>);

impl OwnKey {
    pub(super) fn verdict(&self, payload: &[u8], parts: &Sshsig<'_>) -> Result<(), Refusal> {
        self.0.get_or_init(|| ssh::verify_parts(payload, parts)).clone()
    }
}

/// What was computed of a tag is no part of what it is.
impl PartialEq for OwnKey {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for OwnKey {}
