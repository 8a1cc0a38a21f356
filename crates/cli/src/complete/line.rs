//! The line on which Tab was pressed, and the repository it is about.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use repo::{Environment, Repo};
use source::{File, Files, Mode, PromptId, ReadError, RepoPath, Version};

/// More of a file is not read for the names in it.
const MOST_BYTES: u64 = 1 << 20;

/// The repository that the line works in.
pub(super) fn repo() -> Option<Repo> {
    let words = words();
    let named = words.windows(2).find(|pair| pair[0] == "-C").map(|pair| PathBuf::from(&pair[1]));
    let dir = named.unwrap_or_else(|| PathBuf::from("."));
    Repo::open(&dir, &Environment::new(std::env::vars_os())).ok()
}

fn words() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// The prompts that the line names, as far as `known` holds them: alone, or before an `@`.
pub(super) fn named(known: &[String]) -> Vec<PromptId> {
    let words = words();
    let ids = words.iter().filter_map(|word| word.to_str()).map(|word| word.split_once('@').map_or(word, |(id, _)| id));
    ids.filter(|id| known.iter().any(|known| known == id)).filter_map(|id| id.parse().ok()).collect()
}

/// The released versions, newest first, with their prompts.
pub(super) fn releases() -> Vec<(String, Version)> {
    let tags = repo().and_then(|repo| repo.tags("prompt/").ok()).unwrap_or_default();
    let read = |name: &str| {
        let (id, version) = name.strip_prefix("prompt/")?.split_once('@')?;
        Some((id.to_owned(), version.parse::<Version>().ok()?))
    };
    let mut found: Vec<_> = tags.iter().filter_map(|tag| read(&tag.name)).collect();
    found.sort_by(|(id, version), (other, than)| id.cmp(other).then(than.cmp(version)));
    found
}

/// The prompt root as it lies there: regular files only, and of each no more than is needed for names.
pub(super) struct Here(PathBuf);

impl Here {
    /// The root of the line's repository.
    pub(super) fn of_the_line() -> Option<Self> {
        Some(Self(repo()?.root_dir().ok()?))
    }

    fn gather(&self, folder: &Path, below: &str, found: &mut Vec<RepoPath>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{below}/{name}");
            // Neither a pipe, which may never end, nor what a link leads to.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.gather(&entry.path(), &path, found),
                Ok(kind) if kind.is_file() => found.extend(RepoPath::new(&path)),
                _ => {}
            }
        }
    }
}

impl Files for Here {
    fn file(&self, path: &RepoPath) -> Result<Option<File>, ReadError> {
        let on_disk = self.0.join(path.as_str());
        if !on_disk.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let read = std::fs::File::open(on_disk).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
        Ok(read.is_ok().then(|| File { mode: Mode::Regular, bytes: bytes.into() }))
    }

    fn paths_below(&self, folder: &str) -> Result<Vec<RepoPath>, ReadError> {
        let mut found = Vec::new();
        self.gather(&self.0.join(folder), folder, &mut found);
        found.sort();
        Ok(found)
    }
}
