//! Why no prompt can be given.

use ledger::Refusal;

/// Which line of the table of exit codes a failure belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 2: usage, configuration, unsupported or unreadable input.
    Usage,
    /// 7: verification refused.
    Refused,
    /// 8: cannot verify.
    CannotVerify,
}

/// Why no prompt can be given. Displays as a fragment that fits after "could not …".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// The ledger says no.
    #[error("trust what is live: {0}")]
    Refused(Refusal),
    /// It was live there and is not any more: somebody took it out, and nobody tampered with anything.
    #[error("find what is live: {0}")]
    Retired(Refusal),
    /// Nothing has this name.
    #[error("find {0}")]
    Unknown(String),
    /// What this machine remembers is damaged.
    #[error("read what this machine has seen of {0}")]
    Mark(String),
    /// The lock file is damaged.
    #[error("use {0}: {1}")]
    Lock(String, ledger::lock::LockError),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        if refusal.code == ledger::Code::NothingLive { Self::Retired(refusal) } else { Self::Refused(refusal) }
    }
}

impl Error {
    /// Which exit code it leads to.
    pub fn class(&self) -> Class {
        match self {
            Self::Repo(error) => match error.class() {
                repo::Class::Refused => Class::Refused,
                repo::Class::Incomplete => Class::CannotVerify,
                _ => Class::Usage,
            },
            Self::Refused(refusal) => match refusal.class() {
                ledger::Class::CannotVerify => Class::CannotVerify,
                ledger::Class::Refused | ledger::Class::Unmet | ledger::Class::Race => Class::Refused,
                ledger::Class::Usage => Class::Usage,
            },
            Self::Mark(_) | Self::Unknown(_) | Self::Retired(_) | Self::Lock(..) => Class::Usage,
        }
    }

    /// One line that says what to do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Repo(error) => error.remedy(),
            Self::Refused(refusal) => Some(refusal.remedy()),
            Self::Retired(_) => Some(
                "ask for it no more, or promote a release there: promptuary promote ID@VERSION --to ENV --reason \"…\""
                    .to_owned(),
            ),
            Self::Unknown(_) => {
                Some("see what is live: promptuary status; and fetch what others wrote: promptuary sync".to_owned())
            }
            Self::Lock(..) => Some("resolve what git merged, or write it anew: promptuary trust lock".to_owned()),
            Self::Mark(_) => {
                Some("delete the file if you know why it is damaged; what it remembered is then forgotten".to_owned())
            }
        }
    }
}
