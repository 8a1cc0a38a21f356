//! What a principal may be allowed to sign.

use std::fmt;

/// One kind of signed act. What each needs of environment and prompt is said beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A policy entry. Maintainers; no environment, no prompt.
    PublishPolicy,
    /// An approval (or rejection) of a policy entry. Maintainers; no environment, no prompt.
    ApprovePolicy,
    /// A release of a prompt. Releasers; no environment.
    Release,
    /// A pointer that makes a release live. Promoters.
    Promote,
    /// A pointer back to a release that was live. Promoters and operators.
    Rollback,
    /// A pointer that stops automation. Promoters and operators.
    Hold,
    /// A pointer that takes a prompt out of an environment. Promoters.
    Retire,
    /// A pointer that confirms a tip whose key was revoked. Promoters, and maintainers as part of a policy change.
    Seal,
    /// An approval (or rejection) of a pointer. Approvers, never automation.
    Approve,
    /// Evidence of an eval run. Attesters; no environment, no prompt.
    Attest,
}

impl Action {
    /// The verb as people read it: `promote`, `publish policy`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PublishPolicy => "publish policy",
            Self::ApprovePolicy => "approve policy",
            Self::Release => "release",
            Self::Promote => "promote",
            Self::Rollback => "roll back",
            Self::Hold => "hold",
            Self::Retire => "retire",
            Self::Seal => "seal",
            Self::Approve => "approve",
            Self::Attest => "attest",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
