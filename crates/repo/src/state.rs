//! Where this program keeps what must survive outside any repository: high-water marks and pins.

use std::path::{Path, PathBuf};

use crate::files::{self, Lock};
use crate::{Environment, Error, Result};

/// A folder of small files, each changed by one process at a time.
#[derive(Debug, Clone)]
pub struct State {
    folder: PathBuf,
}

impl State {
    /// `$XDG_STATE_HOME/promptuary`, else `~/.local/state/promptuary` (on Windows below `%LOCALAPPDATA%`).
    pub fn of(environment: &Environment) -> Result<Self> {
        let absolute = |name: &str| environment.path(name).filter(|p| p.is_absolute());
        let base = absolute("XDG_STATE_HOME")
            .or_else(|| absolute("LOCALAPPDATA"))
            .or_else(|| environment.home().map(|h| h.join(".local/state")))
            .ok_or(Error::NoHome)?;
        Ok(Self { folder: base.join("promptuary") })
    }

    /// The state kept in `folder`.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file `name` as it is now; `None` where there is none.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        files::read(&self.file(name)?)
    }

    /// Changes the file `name`: `change` gets its bytes as they are and returns what they should be, or `None` to leave
    /// it. No other process changes it meanwhile, and a reader sees the old bytes or the new ones.
    pub fn update<E: From<Error>>(
        &self,
        name: &str,
        change: impl FnOnce(Option<Vec<u8>>) -> std::result::Result<Option<Vec<u8>>, E>,
    ) -> std::result::Result<(), E> {
        let file = self.file(name)?;
        let _held = Lock::wait(&self.file(&format!("{name}.lock"))?)?;
        let now = files::read(&file)?;
        if let Some(bytes) = change(now.clone())?
            && Some(&bytes) != now.as_ref()
        {
            files::write(&file, &bytes)?;
        }
        Ok(())
    }

    /// Removes the file `name`, where it is there.
    pub fn remove(&self, name: &str) -> Result<()> {
        let file = self.file(name)?;
        let _held = Lock::wait(&self.file(&format!("{name}.lock"))?)?;
        match std::fs::remove_file(&file) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::write(&file, &e)),
            _ => Ok(()),
        }
    }

    fn file(&self, name: &str) -> Result<PathBuf> {
        let sound = source::RepoPath::new(name).map_err(|e| Error::Config(e.to_string()))?;
        Ok(self.folder.join(sound.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_from_many_threads_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let next = |now: Option<Vec<u8>>| {
                            let n: u32 = now.map_or(0, |b| String::from_utf8(b).unwrap().parse().unwrap());
                            Ok::<_, Error>(Some((n + 1).to_string().into_bytes()))
                        };
                        state.update("marks/x.json", next).unwrap();
                    }
                });
            }
        });
        assert_eq!(state.read("marks/x.json").unwrap().unwrap(), b"40");
        assert!(state.read("../x").is_err());
    }

    #[test]
    fn the_folder_follows_the_environment() {
        let of = |vars: &[(&str, &str)]| State::of(&Environment::new(vars.iter().copied())).map(|s| s.folder);
        assert_eq!(of(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]).unwrap(), Path::new("/s/promptuary"));
        assert_eq!(of(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")]).unwrap(), Path::new("/h/.local/state/promptuary"));
        assert!(of(&[]).is_err());
    }
}
