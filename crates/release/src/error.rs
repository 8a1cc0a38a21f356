//! Why a maintainer's command did not do what was asked, each with its exit class.

use ledger::Refusal;
use ledger::demand::Demand;
use source::{PromptId, Report, Version};

use crate::approvals::Approved;
use crate::pointers::Moved;
use crate::rejection::Rejection;

/// The result of this crate's work.
pub type Result<T> = std::result::Result<T, Error>;

/// Which line of the table of exit codes a failure belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 1: findings, a failed gate, demands of policy that are not met.
    Unmet,
    /// 2: usage or configuration.
    Usage,
    /// 4: the remote.
    Infrastructure,
    /// 6: a recording is missing.
    Recording,
    /// 7: verification refused.
    Refused,
    /// 8: cannot verify.
    CannotVerify,
    /// 9: somebody else was first.
    Race,
    /// 130.
    Interrupted,
}

/// Why the command stopped; nothing was written. Displays as a fragment that fits after "could not …".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The repository, git or the disk.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// Nobody has begun a ledger here, and there is no remote that may hold one.
    #[error("find a ledger: no policy was published here yet")]
    NoLedger,
    /// The ledger says no.
    #[error("trust the ledger: {0}")]
    Refused(#[from] Refusal),
    /// The signing key is not one that may sign now, or what was asked for is not what is there.
    #[error("{what}: {refusal}")]
    Denied {
        /// What was asked for: `promote`.
        what: String,
        /// Why not.
        refusal: Refusal,
    },
    /// The entry would not bring what policy demands.
    #[error("{what}: {} of policy {} not met", count(.demands), are(.demands))]
    Unmet {
        /// What was asked for: `promote support/triage 2.1.0 to prod`.
        what: String,
        /// Every demand, met or not.
        demands: Vec<Demand>,
    },
    /// Pointers that would not bring what policy demands.
    #[error("{what}: {} of policy {} not met", count(&of_moved(.moved)), are(&of_moved(.moved)))]
    NotMoved {
        /// What was asked for: `promote support/triage 2.1.0 to prod`.
        what: String,
        /// Each with its demands; none was written.
        moved: Vec<Moved>,
    },
    /// An approval or rejection that would not count.
    #[error("{what}: {} of policy {} not met", count(&.approved.demands), are(&.approved.demands))]
    NotApproved {
        /// What was asked for: `approve support/triage 2.1.0 in prod`.
        what: String,
        /// What was to be said, with its demands.
        approved: Box<Approved>,
    },
    /// The files that would be signed have faults.
    #[error("{what}: the files have findings")]
    Findings {
        /// What was asked for.
        what: String,
        /// The faults.
        report: Report,
    },
    /// An eval that is required did not pass.
    #[error("release {prompt} {version}: {why}")]
    Eval {
        /// The prompt.
        prompt: PromptId,
        /// Its version.
        version: Version,
        /// What the gate said.
        why: String,
        /// Which exit it leads to.
        class: Class,
        /// What to do.
        remedy: String,
    },
    /// The request makes no sense here.
    #[error("{what}")]
    Usage {
        /// A lower-case fragment that fits after "could not …".
        what: String,
        /// What to do.
        remedy: String,
    },
    /// Something policy or the command demands of the clone is not so.
    #[error("{what}")]
    Demand {
        /// A lower-case fragment that fits after "could not …".
        what: String,
        /// What to do.
        remedy: String,
    },
    /// An entry was never published, and others would not take it any more.
    #[error("{what}: {refusal}")]
    Outrun {
        /// A lower-case fragment that fits after "could not …".
        what: String,
        /// Why they would not.
        refusal: Refusal,
        /// What to do.
        remedy: String,
    },
    /// A remote that must be asked before something is given up does not answer.
    #[error("{what}: `{remote}` does not say whether it holds it: {why}")]
    Unasked {
        /// A lower-case fragment that fits after "could not …".
        what: String,
        /// The remote.
        remote: String,
        /// git's words.
        why: String,
    },
    /// Somebody else created one of the tags first.
    #[error("publish {}: somebody else was first", .0.join(", "))]
    LostRace(Vec<String>),
    /// A hook, a rule or a setting of the remote refused.
    #[error("publish to `{remote}`: {}", .rejection.told())]
    Rejected {
        /// The remote.
        remote: String,
        /// What it said, and what that means.
        rejection: Rejection,
    },
}

impl Error {
    /// Which exit code it leads to.
    pub fn class(&self) -> Class {
        match self {
            Self::Repo(error) => match error.class() {
                repo::Class::Setup => Class::Usage,
                repo::Class::Infrastructure => Class::Infrastructure,
                repo::Class::Refused => Class::Refused,
                repo::Class::Incomplete => Class::CannotVerify,
                repo::Class::Race => Class::Race,
                repo::Class::Interrupted => Class::Interrupted,
            },
            Self::Refused(refusal) | Self::Denied { refusal, .. } => of_refusal(refusal),
            Self::Unmet { .. } | Self::NotMoved { .. } | Self::NotApproved { .. } => Class::Unmet,
            Self::Findings { .. } | Self::Demand { .. } => Class::Unmet,
            Self::Eval { class, .. } => *class,
            Self::Usage { .. } | Self::NoLedger => Class::Usage,
            Self::LostRace(_) | Self::Outrun { .. } => Class::Race,
            Self::Unasked { .. } => Class::Infrastructure,
            Self::Rejected { rejection, .. } => rejection.class(),
        }
    }

    /// One line that says what to do, where something can be done.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Repo(error) => error.remedy(),
            Self::NoLedger => Some("promptuary policy publish".to_owned()),
            Self::Refused(refusal) | Self::Denied { refusal, .. } => Some(refusal.remedy()),
            Self::Eval { remedy, .. }
            | Self::Usage { remedy, .. }
            | Self::Demand { remedy, .. }
            | Self::Outrun { remedy, .. } => Some(remedy.clone()),
            Self::LostRace(_) => Some(
                "nothing was written here; see what they did (promptuary sync && promptuary log), then run the command again"
                    .to_owned(),
            ),
            Self::Unasked { remote, .. } => {
                Some(format!("do it again when it answers; where it is gone for good: git remote remove {remote}"))
            }
            Self::Rejected { rejection, .. } => Some(rejection.remedy()),
            Self::Unmet { .. } | Self::NotMoved { .. } | Self::NotApproved { .. } | Self::Findings { .. } => None,
        }
    }

    pub(crate) fn usage(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), remedy: remedy.into() }
    }

    pub(crate) fn demand(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Demand { what: what.into(), remedy: remedy.into() }
    }
}

/// The class of a refusal as a verifier sees it.
pub(crate) fn of_refusal(refusal: &Refusal) -> Class {
    match refusal.class() {
        ledger::Class::Unmet => Class::Unmet,
        ledger::Class::Usage => Class::Usage,
        ledger::Class::Refused => Class::Refused,
        ledger::Class::CannotVerify => Class::CannotVerify,
        ledger::Class::Race => Class::Race,
    }
}

fn of_moved(moved: &[Moved]) -> Vec<Demand> {
    moved.iter().filter(|one| !one.was_live).flat_map(|one| one.demands.iter().cloned()).collect()
}

fn unmet(demands: &[Demand]) -> usize {
    demands.iter().filter(|d| !d.is_met()).count()
}

fn count(demands: &[Demand]) -> String {
    match unmet(demands) {
        1 => "1 demand".to_owned(),
        n => format!("{n} demands"),
    }
}

fn are(demands: &[Demand]) -> &'static str {
    if unmet(demands) == 1 { "is" } else { "are" }
}
