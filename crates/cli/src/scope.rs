//! What part of a snapshot's findings was asked for: everything, what is staged, or some paths.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prompt::Catalog;
use repo::{Change, ChangeKind, Repo};
use source::{BlockName, File, Files, ReadError, RepoPath, Report, Snapshot};

use crate::app::App;
use crate::exit::{Exit, Failure};

/// Where routes stand: every prompt reaches them.
const ROUTES: &str = "prompts/routes.yaml";

/// The folders that are judged.
const FOLDERS: [&str; 3] = ["prompts", "policies", "evals"];

/// The folders whose files concern others than themselves and their own suites.
const BLOCKS_AND_MORE: [&str; 3] = ["prompts/blocks", "policies", "evals"];

/// What staged suites may name before all that is staged is read at once.
const MOST_TRACED: usize = 32 << 20;

/// What was asked for.
pub(crate) enum Scope {
    /// Everything.
    All,
    /// Findings in these files, and in what they can break: prompts that reach these of them that are blocks or routes,
    /// suites of prompts, everything where one is a policy.
    Staged(Vec<Change>),
    /// Findings in these files, or below these folders.
    Paths(Vec<String>),
}

/// The index as far as what is staged needs it, and what that is.
///
/// A block that is staged may be reached from anywhere, so then every prompt is read; else only the staged ones are.
pub(crate) fn staged(repo: &Repo) -> Result<(Snapshot, Scope), Failure> {
    let mut changes = repo.staged_paths()?;
    changes.retain(|change| FOLDERS.iter().any(|folder| at_or_below(&change.path, folder)));
    let staged: BTreeSet<_> = changes.iter().map(|change| &change.path).collect();
    let reaches_far = |path: &&RepoPath| {
        path.as_str() == ROUTES
            || FOLDERS.contains(&path.as_str())
            || BLOCKS_AND_MORE.iter().any(|f| path.below(f).is_some())
    };
    if staged.iter().copied().any(|path| reaches_far(&path)) {
        return Ok((repo.index()?, Scope::Staged(changes)));
    }
    let files = repo.index_files()?;
    let mut snapshot = Snapshot { name: "the index".to_owned(), ..Snapshot::default() };
    for folder in FOLDERS {
        for path in files.paths_below(folder)? {
            if needed(&path, &staged)
                && let Some(file) = files.file(&path)?
            {
                snapshot.files.insert(path, file);
            }
        }
    }
    // A suite names its cases and schemas itself, wherever they lie.
    let suites: Vec<RepoPath> = snapshot.below("evals").map(|(path, _)| path.clone()).collect();
    let traced = Traced { files: &files, read: RefCell::default() };
    for path in suites.iter().filter(|path| path.as_str().ends_with(".yaml")) {
        eval::suite::load(&traced, path);
        // So much is not read twice: everything is judged instead, within its bounds.
        if traced.read.borrow().iter().map(|(_, file)| file.bytes.len()).sum::<usize>() > MOST_TRACED {
            return Ok((repo.index()?, Scope::Staged(changes)));
        }
    }
    snapshot.files.extend(traced.read.into_inner());
    Ok((snapshot, Scope::Staged(changes)))
}

/// Files, with those that were asked for.
struct Traced<'f> {
    files: &'f dyn Files,
    read: RefCell<Vec<(RepoPath, File)>>,
}

impl Files for Traced<'_> {
    fn file(&self, path: &RepoPath) -> Result<Option<File>, ReadError> {
        let file = self.files.file(path)?;
        self.read.borrow_mut().extend(file.iter().map(|file| (path.clone(), file.clone())));
        Ok(file)
    }

    fn paths_below(&self, folder: &str) -> Result<Vec<RepoPath>, ReadError> {
        self.files.paths_below(folder)
    }
}

/// Whether judging the staged prompts needs `path`: themselves, blocks, routes, policies and their own suites.
fn needed(path: &RepoPath, staged: &BTreeSet<&RepoPath>) -> bool {
    staged.contains(path)
        || path.below("prompts/blocks").is_some()
        || path.as_str() == ROUTES
        || path.below("policies").is_some()
        || prompt_of_suite(path).is_some_and(|prompt| staged.contains(&prompt))
}

/// The prompt that a file below evals/ would be a suite, or the recordings, of.
fn prompt_of_suite(path: &RepoPath) -> Option<RepoPath> {
    let below = path.below("evals")?;
    let id = below.split('.').next().unwrap_or(below);
    RepoPath::new(&format!("prompts/{id}.md")).ok()
}

impl Scope {
    /// Only what also lies at or below `paths`, which are as typed, from the directory of the run.
    pub(crate) fn within(
        self,
        paths: &[PathBuf],
        snapshot: &Snapshot,
        repo: &Repo,
        app: &App,
    ) -> Result<Self, Failure> {
        let root = repo.root_dir()?;
        let mut wanted = Vec::new();
        for path in paths {
            let below = below(&root, app.dir(), path)?;
            let known = below.is_empty() || snapshot.files.keys().any(|file| at_or_below(file, &below));
            if !known {
                return Err(Failure::new(Exit::Usage, format!("find {} in {}", path.display(), snapshot.name)));
            }
            wanted.push(below);
        }
        Ok(match self {
            Self::All | Self::Paths(_) => Self::Paths(wanted),
            Self::Staged(mut staged) => {
                staged.retain(|change| wanted.iter().any(|w| at_or_below(&change.path, w)));
                Self::Staged(staged)
            }
        })
    }

    /// Whether `path` itself was asked for.
    pub(crate) fn holds(&self, path: &RepoPath) -> bool {
        match self {
            Self::All => true,
            Self::Staged(staged) => staged.iter().any(|change| change.path == *path),
            Self::Paths(wanted) => wanted.iter().any(|w| at_or_below(path, w)),
        }
    }

    /// The findings of `report` that were asked for.
    pub(crate) fn of(&self, report: Report, catalog: &Catalog) -> Report {
        let broken = match self {
            Self::All => return report,
            // A policy judges every file: a level, a limit or a banned phrase can break any.
            Self::Staged(staged) if staged.iter().any(|change| change.path.below("policies").is_some()) => {
                return report;
            }
            Self::Paths(_) => BTreeSet::new(),
            Self::Staged(staged) => breakable(staged, catalog),
        };
        let keep = |path: &RepoPath| self.holds(path) || broken.contains(path) || self.concerns_suite(path);
        let findings = report.findings().iter().filter(|f| keep(f.at.path())).cloned().collect();
        let mut kept = Report::new(findings);
        (kept.prompts, kept.blocks) = match self {
            Self::Staged(_) => (
                catalog.ids().filter(|id| keep(&id.path())).count(),
                catalog.block_names().filter(|name| keep(&name.path())).count(),
            ),
            Self::All | Self::Paths(_) => (report.prompts, report.blocks),
        };
        kept
    }
}

impl Scope {
    /// Whether `path` is a suite of a staged prompt, or may read staged data that is gone.
    fn concerns_suite(&self, path: &RepoPath) -> bool {
        let (Self::Staged(staged), Some(prompt)) = (self, prompt_of_suite(path)) else { return false };
        let lost = |change: &Change| change.kind == ChangeKind::Deleted && change.path.below("evals").is_some();
        staged.iter().any(|change| change.path == prompt || lost(change))
    }
}

/// The prompts and blocks that these changes can break without being part of them.
fn breakable(staged: &[Change], catalog: &Catalog) -> BTreeSet<RepoPath> {
    let blocks: BTreeSet<_> = staged.iter().filter_map(|change| BlockName::of_path(&change.path)?.ok()).collect();
    let mut found = if blocks.is_empty() { BTreeSet::new() } else { catalog.users_of(&blocks) };
    if staged.iter().any(|change| change.path.as_str() == ROUTES) {
        found.extend(catalog.prompts().map(|prompt| prompt.id.path()));
    }
    // A suite that is gone is missed by its prompt.
    let gone = staged.iter().filter(|change| change.kind == ChangeKind::Deleted);
    found.extend(gone.filter_map(|change| prompt_of_suite(&change.path)));
    found
}

fn at_or_below(path: &RepoPath, wanted: &str) -> bool {
    wanted.is_empty() || path.as_str() == wanted || path.below(wanted).is_some()
}

/// `path` below the prompt root; empty for the root itself or a folder above it.
pub(crate) fn below(root: &Path, dir: &Path, path: &Path) -> Result<String, Failure> {
    let outside = || Failure::new(Exit::Usage, format!("check {}: it lies outside {}", path.display(), root.display()));
    let full = dir.join(path);
    // A file may be gone from the worktree and yet be in the index: then its folder is what can be found.
    let full = full.canonicalize().or_else(|e| {
        let folder = full.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).canonicalize();
        folder.ok().zip(full.file_name()).map(|(folder, name)| folder.join(name)).ok_or(e)
    });
    let full = full.map_err(|e| Failure::new(Exit::Usage, format!("find {}: {e}", path.display())))?;
    if root.starts_with(&full) {
        return Ok(String::new());
    }
    let below = full.strip_prefix(root).map_err(|_| outside())?;
    Ok(below.to_str().ok_or_else(outside)?.replace('\\', "/"))
}
