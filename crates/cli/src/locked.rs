//! `--lock FILE` and `--locked`, for commands that can be held to a lock file.

use std::path::PathBuf;

use source::Digest;

use crate::app::App;
use crate::named;

/// Which lock file counts. Without these options the worktree's counts where it has one.
#[derive(Debug, clap::Args)]
pub(crate) struct Locked {
    /// Hold the ledger to this lock file instead of the worktree's .promptuary.lock
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Trust this ledger, whatever is pinned on this machine
    #[arg(long, value_name = "DIGEST", value_parser = named::digest)]
    pub(crate) root: Option<Digest>,
    /// Refuse to answer without a lock file (exit 8)
    #[arg(long)]
    locked: bool,
}

impl Locked {
    /// What was asked for.
    pub(crate) fn of(&self, app: &App) -> repo::Locked {
        match (&self.lock, self.locked) {
            (Some(path), _) => repo::Locked::By(app.dir().join(path)),
            (None, true) => repo::Locked::Must,
            (None, false) => repo::Locked::IfThere,
        }
    }
}
