//! The lock file as a resolver is held to it.

use ledger::{Code, Lock, Refusal};
use repo::{Locked, Repo};
use source::{Digest, EnvName, PromptId};

use crate::error::Error;

/// The lock file that `locked` means. Refused where it must be there and is not, names nothing of this chain though it
/// must, or names another root than the one that is trusted.
pub(crate) fn read(
    repo: &Repo,
    locked: &Locked,
    pin: Option<&Digest>,
    env: &EnvName,
    id: &PromptId,
) -> Result<Option<Lock>, Error> {
    let Some((path, text)) = repo.read_lock(locked)? else {
        let missing = Refusal::new(Code::LockMissing, format!("there is no {}", repo::LOCK_FILE));
        return if locked.is_strict() { Err(missing.into()) } else { Ok(None) };
    };
    let lock = Lock::parse(&text).map_err(|e| Error::Lock(path.display().to_string(), e))?;
    if let Some(pin) = pin.filter(|pin| **pin != lock.root) {
        let detail = format!("the lock file names {}, the one to trust is {}", lock.root.tagged(), pin.tagged());
        return Err(Refusal::new(Code::RootMismatch, detail).about(path.display()).into());
    }
    if locked.is_strict() && !lock.pointers.contains_key(&(env.clone(), id.clone())) {
        let detail = format!("it says nothing of {id} in {env}");
        return Err(Refusal::new(Code::LockMissing, detail).into());
    }
    Ok(Some(lock))
}
