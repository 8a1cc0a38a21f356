//! The lock file of a prompt root, as bytes: which file it is, and whether it must be there.

use std::path::PathBuf;

use crate::{Error, Repo, Result, files};

/// The lock file's name, in the prompt root.
pub const LOCK_FILE: &str = ".promptuary.lock";

/// The most bytes that a lock file may have: some 8,000 chains.
const LIMIT: u64 = 1024 * 1024;

/// Which lock file a reading of the ledger is held to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Locked {
    /// The worktree's, where it has one.
    #[default]
    IfThere,
    /// The worktree's; without one nothing is read.
    Must,
    /// This one; without it nothing is read.
    By(PathBuf),
}

impl Locked {
    /// Whether a chain that the lock file does not name is refused.
    pub fn is_strict(&self) -> bool {
        *self != Self::IfThere
    }
}

impl Repo {
    /// Where the lock file lies; `None` in a bare repository.
    pub fn lock_file(&self) -> Option<PathBuf> {
        self.root_dir().ok().map(|root| root.join(LOCK_FILE))
    }

    /// The lock file that `locked` means: where it lies and what it holds; `None` where there is none.
    pub fn read_lock(&self, locked: &Locked) -> Result<Option<(PathBuf, String)>> {
        let path = match locked {
            Locked::By(path) => Some(path.clone()),
            _ => self.lock_file(),
        };
        let Some(path) = path else { return Ok(None) };
        // One that was named may be a link, as mounted configuration often is; what a clone brings along may not.
        let named = matches!(locked, Locked::By(_));
        let Some(bytes) = files::read_plain(&path, LIMIT, named)? else { return Ok(None) };
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::Read { path: path.clone(), why: "it is not UTF-8".to_owned() })?;
        Ok(Some((path, text)))
    }
}
