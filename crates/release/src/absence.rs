//! A ledger that is not here, for commands that can do without one.
//!
//! Only that is an absence. A ledger that is here and does not hold, a lock file that cannot be used, a configuration that
//! does not say which remote counts: each ends whoever looks, since a branch could bring it along to be judged by less.

use ledger::{Code, Ledger};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::reading::Scope;

/// That there is no ledger here, and what is known of it.
#[derive(Debug)]
pub struct Absent {
    /// What is known.
    pub absence: Absence,
    /// What a command says that cannot do without.
    pub error: Error,
}

/// What is known of a ledger that is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// None was begun, as far as can be told here.
    NoneBegun,
    /// There may be one where this clone came from; it was never fetched.
    NotFetched,
    /// There is one: it is pinned on this machine, locked or named, and its entries are not here.
    Lacking,
}

impl Desk {
    /// Looks at the ledger where it is here. Nothing is remembered: looking trusts nothing.
    pub fn look_if_here<T>(
        &self,
        scope: Scope<'_>,
        work: impl FnOnce(&Ledger<'_>) -> Result<T>,
    ) -> Result<std::result::Result<T, Absent>> {
        match self.look(scope, work) {
            Ok(seen) => Ok(Ok(seen)),
            Err(error) => match self.absence(&error)? {
                Some(absence) => Ok(Err(Absent { absence, error })),
                None => Err(error),
            },
        }
    }

    /// What `error`, which came of a reading, says of a ledger that is not here; `None` where it says something else.
    pub fn absence(&self, error: &Error) -> Result<Option<Absence>> {
        let is_absence = match error {
            Error::NoLedger => true,
            Error::Refused(refusal) => refusal.code == Code::RootMissing,
            _ => false,
        };
        if !is_absence {
            return Ok(None);
        }
        if self.trusted_root()?.is_some() {
            return Ok(Some(Absence::Lacking));
        }
        let Some(remote) = &self.remote else { return Ok(Some(Absence::NoneBegun)) };
        let fetched = self.repo.last_fetched(remote).is_some();
        let begun_here = !fetched && !self.came_from(&remote.name)?;
        Ok(Some(if fetched || begun_here { Absence::NoneBegun } else { Absence::NotFetched }))
    }

    /// Whether something of `remote` is here, so that there may be more of it there.
    fn came_from(&self, remote: &str) -> Result<bool> {
        if self.repo.is_shallow() || self.repo.head()?.branch().is_none() {
            return Ok(true);
        }
        let folder = format!("{remote}/");
        Ok(self.repo.remote_branches()?.keys().any(|branch| branch.starts_with(&folder)))
    }
}
