//! `--root`, `--lock` and `--locked`: which ledger is trusted, for every command that reads one.

use std::path::PathBuf;

use source::Digest;

use crate::app::App;
use crate::named;

/// Which ledger is trusted. Without these options the one that is pinned on this machine, and the worktree's lock file
/// where it has one.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Trusted {
    /// Trust this ledger, whatever is pinned on this machine
    #[arg(long, value_name = "DIGEST", value_parser = named::digest)]
    pub(crate) root: Option<Digest>,
    /// Hold the ledger to this lock file instead of the worktree's .promptuary.lock
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Refuse to answer without a lock file (exit 8)
    #[arg(long)]
    locked: bool,
}

impl Trusted {
    /// Only a root.
    pub(crate) fn by_root(root: Option<Digest>) -> Self {
        Self { root, ..Self::default() }
    }

    /// Whether anything was asked for.
    pub(crate) fn is_named(&self) -> bool {
        self.root.is_some() || self.lock.is_some() || self.locked
    }

    /// The lock file that was asked for.
    pub(crate) fn lock(&self, app: &App) -> repo::Locked {
        match (&self.lock, self.locked) {
            (Some(path), _) => repo::Locked::By(app.dir().join(path)),
            (None, true) => repo::Locked::Must,
            (None, false) => repo::Locked::IfThere,
        }
    }
}
