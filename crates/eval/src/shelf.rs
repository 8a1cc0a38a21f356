//! Where a run puts what is too much for memory: cases, outcomes and new recordings beyond the first few thousand.
//!
//! This crate opens no file, so whoever uses it may provide a shelf, once and for the whole process; without one, or where
//! it takes no more, everything stays in memory. What lies on it is this process's own: it is read back by position and
//! gone with the process. No text of encrypted cases is ever put there.

use std::io;
use std::sync::OnceLock;

/// Bytes that are kept elsewhere than in memory.
pub trait Shelf: Send + Sync {
    /// Puts `bytes` there and tells their place.
    fn put(&self, bytes: &[u8]) -> io::Result<u64>;

    /// Fills `into` with what was put at `place`.
    fn get(&self, place: u64, into: &mut [u8]) -> io::Result<()>;
}

static PROVIDED: OnceLock<Box<dyn Shelf>> = OnceLock::new();

/// Provides the shelf of this process; a second one is not taken.
pub fn provide(shelf: Box<dyn Shelf>) {
    let _ = PROVIDED.set(shelf);
}

/// What was put on the shelf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Put {
    place: u64,
    len: u32,
}

impl Put {
    /// Puts `bytes` aside; `None` where they have to stay in memory.
    pub(crate) fn aside(bytes: &[u8]) -> Option<Self> {
        let len = u32::try_from(bytes.len()).ok()?;
        Some(Self { place: PROVIDED.get()?.put(bytes).ok()?, len })
    }

    /// What was put at `place`.
    pub(crate) const fn at(place: u64, len: u32) -> Self {
        Self { place, len }
    }

    /// Where they are, and how many.
    pub(crate) const fn place(self) -> (u64, u32) {
        (self.place, self.len)
    }

    /// Takes them back.
    ///
    /// Ends the program where the disk does not give back what it took: then nothing that was said so far holds.
    pub(crate) fn back(self) -> Vec<u8> {
        let mut bytes = vec![0; self.len as usize];
        let shelf = PROVIDED.get().expect("what was put aside was put somewhere");
        shelf.get(self.place, &mut bytes).expect("the disk gives back what it took");
        bytes
    }
}
