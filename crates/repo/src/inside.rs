//! Single files of the prompt root on disk: read and written where they stand, never through a link that a checkout brought.

use std::path::PathBuf;

use source::{Bytes, RepoPath};

use crate::{Error, Repo, Result, files};

impl Repo {
    /// What the file at `path` holds; `None` where there is none.
    pub fn read_file(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
        files::read(&self.place(path)?)
    }

    /// Opens the file at `path`, as [`files::open`] does.
    pub fn open_file(&self, path: &RepoPath) -> Result<Option<Bytes>> {
        files::open(&self.place(path)?)
    }

    /// Replaces the file at `path` by what comes in pieces, as [`files::write_pieces`] does.
    pub fn write_file_pieces(&self, path: &RepoPath, pieces: impl FnOnce(&mut dyn FnMut(&str))) -> Result<()> {
        files::write_pieces(&self.place(path)?, pieces)
    }

    /// Whether a file can be written at `path`, as [`files::writable`] finds out.
    pub fn writable(&self, path: &RepoPath) -> Result<()> {
        files::writable(&self.place(path)?)
    }

    /// Replaces the file at `path`, as [`files::write`] does.
    pub fn write_file(&self, path: &RepoPath, bytes: &[u8]) -> Result<()> {
        files::write(&self.place(path)?, bytes)
    }

    /// Writes a file at `path` that must not be there yet.
    pub fn create_file(&self, path: &RepoPath, bytes: &[u8]) -> Result<PathBuf> {
        let place = self.place(path)?;
        files::create(&place, bytes).map(|()| place)
    }

    /// Removes the file at `path`.
    pub fn remove_file(&self, path: &RepoPath) -> Result<()> {
        let place = self.place(path)?;
        std::fs::remove_file(&place).map_err(|e| Error::write(&place, &e))
    }

    /// Where `path` lies. Whatever is there on the way is a folder, and at its end a file.
    fn place(&self, path: &RepoPath) -> Result<PathBuf> {
        self.refuse_linked_root()?;
        let mut place = self.root_dir()?;
        let mut segments = path.as_str().split('/').peekable();
        while let Some(segment) = segments.next() {
            place.push(segment);
            let Ok(meta) = place.symlink_metadata() else { continue };
            let fits = if segments.peek().is_some() { meta.is_dir() } else { meta.is_file() };
            if !fits {
                return Err(Error::Irregular(place));
            }
        }
        Ok(place)
    }
}
