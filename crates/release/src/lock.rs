//! The lock file: what readings are held to, and how it is written.

use std::path::PathBuf;

use ledger::{Code, Ledger, Lock, Refusal};
use repo::Locked;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::reading::{Again, Scope};
use crate::verification;

/// What a refusal calls it.
pub(crate) const WHOSE: &str = "the lock file";

/// A lock file that was written, or would be.
#[derive(Debug, serde::Serialize)]
pub struct LockWritten {
    /// Where it lies.
    pub path: PathBuf,
    /// How many chains it names.
    pub chains: usize,
    /// Whether it says something else than before.
    pub changed: bool,
    /// Its text.
    #[serde(skip)]
    pub text: String,
}

/// Writes what this clone holds into the lock file (the prompt root's, unless one is named), once all of it was judged
/// again and holds. What the file says already is held to, so it never goes back.
pub fn lock(desk: &mut Desk, named: Option<PathBuf>) -> Result<LockWritten> {
    if let Some(path) = named.as_ref().filter(|path| path.exists()) {
        desk.locked = Locked::By(path.clone());
    }
    let desk = &*desk;
    let path = named.or_else(|| desk.repo.lock_file());
    let path = path.ok_or_else(|| {
        Error::usage(
            "find a place for the lock file: this repository is bare",
            "name the file: promptuary trust lock FILE",
        )
    })?;
    desk.read_again(Again::All, Scope::All, |ledger| {
        let verified = verification::verified(desk, ledger, None, false)?;
        if let Some(refusal) = verified.worst() {
            return Err(Error::Refused(refusal.clone()));
        }
        let (lock, before) = (Lock::of(ledger)?, repo::files::read_plain(&path, 1024 * 1024, true)?);
        let text = lock.to_string();
        let changed = before.is_none_or(|before| before != text.as_bytes());
        if changed && !desk.dry_run {
            repo::files::write(&path, text.as_bytes())?;
        }
        Ok(LockWritten { path: path.clone(), chains: lock.pointers.len(), changed, text })
    })
}

/// The root that the lock file names, where there is one.
pub fn locked_root(desk: &Desk) -> Result<Option<source::Digest>> {
    Ok(read(desk)?.map(|lock| lock.root))
}

/// The lock file that the desk is held to.
pub(crate) fn read(desk: &Desk) -> Result<Option<Lock>> {
    let found = desk.repo.read_lock(&desk.locked)?;
    let Some((path, text)) = found else {
        let missing = || Refusal::new(Code::LockMissing, format!("there is no {}", repo::LOCK_FILE));
        return if desk.locked.is_strict() { Err(missing().into()) } else { Ok(None) };
    };
    let unusable = |e: ledger::lock::LockError| {
        Error::usage(
            format!("use {}: {e}", path.display()),
            "resolve what git merged, or put back a version that was committed; promptuary trust lock writes it anew",
        )
    };
    Lock::parse(&text).map(Some).map_err(unusable)
}

/// Holds a ledger to the lock file; its root must be the one that is trusted.
pub(crate) fn hold<'a>(ledger: Ledger<'a>, lock: &Lock) -> Result<Ledger<'a>> {
    let root = ledger.policies().root();
    if lock.root != root {
        let detail = format!("{WHOSE} names {}, this is {}", lock.root.tagged(), root.tagged());
        return Err(Refusal::new(Code::RootMismatch, detail).about(repo::LOCK_FILE).into());
    }
    Ok(ledger.held_to(WHOSE, lock.marks())?)
}
