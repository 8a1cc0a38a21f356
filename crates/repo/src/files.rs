//! Files outside git: written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use source::Bytes;

use crate::{Error, Result};

/// Replaces `path` by a file with these bytes: a temporary file beside it, flushed to the disk, then renamed.
/// Folders that are missing are made. Whatever fails, `path` holds its old bytes or the new ones.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, |file| file.write_all(bytes))
}

/// The same, where the text comes in pieces.
pub fn write_pieces(path: &Path, pieces: impl FnOnce(&mut dyn FnMut(&str))) -> Result<()> {
    write_with(path, |file| {
        let mut out = std::io::BufWriter::new(file);
        let mut failed = None;
        pieces(&mut |piece| {
            if failed.is_none() {
                failed = out.write_all(piece.as_bytes()).err();
            }
        });
        failed.map_or_else(|| out.flush(), Err)
    })
}

/// The folder that `path` lies in, made where it is missing.
fn folder_of(path: &Path) -> Result<&Path> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
            Error::Write { path: path.to_owned(), why: format!("{} is no folder", folder.display()) }
        }
        _ => Error::write(path, &e),
    })?;
    Ok(folder)
}

fn write_with(path: &Path, content: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let failed = |e: &std::io::Error| Error::write(path, e);
    let folder = folder_of(path)?;
    let mut file = tempfile::Builder::new().prefix(".promptuary-").tempfile_in(folder).map_err(|e| failed(&e))?;
    content(&mut file).map_err(|e| failed(&e))?;
    file.as_file().sync_all().map_err(|e| failed(&e))?;
    keep_permissions(path, file.as_file()).map_err(|e| failed(&e))?;
    file.persist(path).map_err(|e| failed(&e.error))?;
    // The rename itself survives a power cut only once the folder is on disk; where a folder cannot be flushed
    // (Windows), the file is whole all the same.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Whether a file can be written at `path`, found out before there is anything to write. Folders that are missing are made.
pub fn writable(path: &Path) -> Result<()> {
    let failed = |e: std::io::Error| Error::write(path, &e);
    if path.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    let folder = folder_of(path)?;
    tempfile::Builder::new().prefix(".promptuary-").tempfile_in(folder).map(drop).map_err(failed)
}

/// A file without a name, for what a process needs again and nobody else may see. It is made when it is first needed and
/// gone when the process is, whatever ends it.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    file: OnceLock<std::result::Result<File, std::io::ErrorKind>>,
    end: AtomicU64,
}

impl Scratch {
    /// One that will lie in `folder`.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, file: OnceLock::new(), end: AtomicU64::new(0) }
    }

    /// Adds `bytes` and tells where they are.
    pub fn put(&self, bytes: &[u8]) -> std::io::Result<u64> {
        let make = || std::fs::create_dir_all(&self.folder).and_then(|()| tempfile::tempfile_in(&self.folder));
        // Whoever asks again is told the same.
        let file = self.file.get_or_init(|| make().map_err(|e| e.kind())).as_ref().map_err(|kind| *kind)?;
        let at = self.end.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        #[cfg(unix)]
        std::os::unix::fs::FileExt::write_all_at(file, bytes, at)?;
        #[cfg(windows)]
        {
            let mut done = 0;
            while done < bytes.len() {
                done += std::os::windows::fs::FileExt::seek_write(file, &bytes[done..], at + done as u64)?;
            }
        }
        Ok(at)
    }

    /// Fills `into` with what was put at `place`.
    pub fn get(&self, place: u64, into: &mut [u8]) -> std::io::Result<()> {
        let Some(Ok(file)) = self.file.get() else { return Err(std::io::ErrorKind::NotFound.into()) };
        #[cfg(unix)]
        std::os::unix::fs::FileExt::read_exact_at(file, into, place)?;
        #[cfg(windows)]
        {
            let mut done = 0;
            while done < into.len() {
                match std::os::windows::fs::FileExt::seek_read(file, &mut into[done..], place + done as u64)? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    n => done += n,
                }
            }
        }
        Ok(())
    }
}

/// Writes a file that must not be there yet.
pub fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |e: &std::io::Error| Error::write(path, e);
    let folder = folder_of(path)?;
    let mut file = tempfile::Builder::new().prefix(".promptuary-").tempfile_in(folder).map_err(|e| failed(&e))?;
    file.write_all(bytes).map_err(|e| failed(&e))?;
    file.as_file().sync_all().map_err(|e| failed(&e))?;
    keep_permissions(path, file.as_file()).map_err(|e| failed(&e))?;
    file.persist_noclobber(path).map_err(|e| failed(&e.error))?;
    Ok(())
}

/// Lets everybody run the file at `path`, as `chmod +x` does; nothing happens where files carry no such right.
pub fn make_executable(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let failed = |e: std::io::Error| Error::write(path, &e);
        let mode = path.metadata().map_err(failed)?.permissions().mode();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode | 0o111)).map_err(failed)?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Why a program could not write into `folder`, given its `words`: programs seldom say that the disk is full, so a file is
/// tried there.
pub(crate) fn refusal(folder: &Path, words: &str) -> Error {
    let tried = tempfile::tempfile_in(folder).and_then(|mut file| {
        file.write_all(&[0; 64 * 1024])?;
        file.sync_all()
    });
    match tried.map_err(|e| Error::write(folder, &e)) {
        Err(full @ Error::DiskFull(_)) => full,
        _ => Error::Write { path: folder.to_owned(), why: words.lines().next().unwrap_or_default().to_owned() },
    }
}

/// Whether a program's words can mean that it could not write.
pub(crate) fn is_refusal(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    [
        "no space left",
        "couldn't write",
        "could not write",
        "unable to write",
        "failed to write",
        "write error",
        "unable to create",
    ]
    .iter()
    .any(|w| words.contains(w))
}

/// Reads a file; `None` where there is none. What is no file, such as a pipe that nobody writes to, is not opened.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return Err(Error::Irregular(path.to_owned()));
    }
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(Error::read(path, &e)),
    }
}

/// Opens a file that this program wrote, read line by line: a long one stays on the disk. `None` where there is none.
pub fn open(path: &Path) -> Result<Option<Bytes>> {
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return Err(Error::Irregular(path.to_owned()));
    }
    match crate::worktree::read_file(path, usize::MAX, true) {
        Ok((_, bytes)) => Ok(Some(bytes)),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(Error::read(path, &e)),
    }
}

/// Reads a file that others may have put there: only a regular one of at most `limit` bytes; `None` where there is none.
/// A link is refused unless `follow`: it could lead to a device that never ends, or to somebody's secret.
pub fn read_plain(path: &Path, limit: u64, follow: bool) -> Result<Option<Vec<u8>>> {
    use std::io::Read as _;

    let unfit = |why: String| Err(Error::Read { path: path.to_owned(), why });
    let look = if follow { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) };
    let seen = match look {
        Ok(seen) => seen,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(e) => return Err(Error::read(path, &e)),
    };
    // Looked at before it is opened: opening a pipe waits for somebody to write.
    if !seen.is_file() {
        let what = if seen.is_symlink() { "a link" } else { "no regular file" };
        return unfit(format!("it is {what}"));
    }
    let file = File::open(path).map_err(|e| Error::read(path, &e))?;
    if !file.metadata().is_ok_and(|now| now.is_file()) {
        return unfit("it is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| Error::read(path, &e))?;
    if bytes.len() as u64 > limit {
        return unfit(format!("it is larger than {limit} bytes"));
    }
    Ok(Some(bytes))
}

/// A file that one process at a time holds; let go when dropped, or when the process dies.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock at `path` at once, or says that another process holds it.
    pub fn take(path: &Path) -> Result<Self> {
        let file = Self::open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, path: path.to_owned() }),
            Err(std::fs::TryLockError::WouldBlock) => Err(Error::Locked(path.to_owned())),
            Err(std::fs::TryLockError::Error(e)) => Err(Error::write(path, &e)),
        }
    }

    /// Takes the lock at `path` as soon as whoever holds it lets go.
    pub fn wait(path: &Path) -> Result<Self> {
        let file = Self::open(path)?;
        file.lock().map_err(|e| Error::write(path, &e))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The same, until `stop` says so: [`Error::Interrupted`].
    pub fn wait_unless(path: &Path, stop: impl Fn() -> bool) -> Result<Self> {
        loop {
            match Self::take(path) {
                Err(Error::Locked(_)) if stop() => return Err(Error::Interrupted),
                Err(Error::Locked(_)) => std::thread::sleep(std::time::Duration::from_millis(10)),
                taken => return taken,
            }
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open(path: &Path) -> Result<File> {
        let failed = |e: &std::io::Error| Error::write(path, e);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(&e))?;
        }
        // The file stays: removing a lock file that another process may just have opened would give two their lock.
        OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(|e| failed(&e))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The system lets go of it in any case once the file is closed.
        let _ = self.file.unlock();
    }
}

/// A temporary file is readable by its owner only; a file that replaces another keeps the other's permissions, and a new
/// one gets those that any new file would get.
#[cfg(unix)]
fn keep_permissions(path: &Path, file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = match path.metadata() {
        Ok(meta) => meta.permissions(),
        Err(_) => std::fs::Permissions::from_mode(0o644),
    };
    file.set_permissions(permissions)
}

#[cfg(not(unix))]
fn keep_permissions(_: &Path, _: &File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.json");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"two");
        assert!(create(&path, b"three").is_err());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(read(&folder.path().join("none")).unwrap(), None);
        assert!(matches!(read(Path::new("/dev/zero")), Err(Error::Irregular(_))));
    }

    #[test]
    fn a_full_disk_has_an_error_of_its_own() {
        // /dev/full is a device, so the write is made directly.
        if let Ok(mut full) = OpenOptions::new().write(true).open("/dev/full") {
            let error = full.write_all(b"x").unwrap_err();
            assert!(matches!(Error::write(Path::new("x"), &error), Error::DiskFull(_)));
        }
    }

    #[test]
    fn one_at_a_time_holds_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/lock");
        let held = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(Error::Locked(_))));
        drop(held);
        assert!(Lock::take(&path).is_ok());
    }
}
