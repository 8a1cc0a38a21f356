//! The list that holds most refs, packed-refs: mapped into memory once, and again when git has replaced it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gix_ref::packed::Buffer;

use super::stamp::{self, File};
use crate::{Error, Result};

/// Above this size the list is mapped rather than read.
const MAP_ABOVE: u64 = 32 * 1024;

/// The list and the stamp of the file that held it.
type Known = (File, Arc<Buffer>);

/// One repository's packed-refs. Clones share what was mapped.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    path: PathBuf,
    known: Arc<Mutex<Option<Known>>>,
}

impl Packed {
    pub(super) fn of(common_dir: &Path) -> Self {
        Self { path: common_dir.join("packed-refs"), known: Arc::default() }
    }

    /// The list as it is now; `None` where there is none.
    ///
    /// git never writes into it: it puts another file in its place, so a file with the same stamp holds the same list.
    pub(super) fn get(&self) -> Result<Option<Arc<Buffer>>> {
        let Some(now) = stamp::file(&self.path) else { return Ok(None) };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, buffer)) = &*known
            && *then == now
        {
            return Ok(Some(Arc::clone(buffer)));
        }
        let buffer = match Buffer::open(self.path.clone(), MAP_ABOVE, Default::default()) {
            Ok(buffer) => Arc::new(buffer),
            Err(e) if e.is_not_found() => return Ok(None),
            Err(e) => return Err(error(&e)),
        };
        // Were it replaced between the two looks, the older stamp only leads to one look more.
        *known = Some((now, Arc::clone(&buffer)));
        Ok(Some(buffer))
    }
}

/// A fault in the list.
pub(super) fn error(error: &dyn std::fmt::Display) -> Error {
    Error::BrokenRef { name: "packed-refs".to_owned(), why: error.to_string() }
}
