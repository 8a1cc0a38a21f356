//! What part of a snapshot's findings was asked for: everything, what is staged, or some paths.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prompt::Catalog;
use repo::Repo;
use source::{BlockName, Files as _, PromptId, RepoPath, Report, Snapshot};

use crate::app::App;
use crate::exit::{Exit, Failure};

/// What was asked for.
pub(crate) enum Scope {
    /// Everything.
    All,
    /// Findings in these files, and in prompts that reach these of them that are blocks.
    Staged(BTreeSet<RepoPath>),
    /// Findings in these files, or below these folders.
    Paths(Vec<String>),
}

/// The index as far as what is staged needs it, and what that is.
///
/// A block that is staged may be reached from anywhere, so then every prompt is read; else only the staged ones are.
pub(crate) fn staged(repo: &Repo) -> Result<(Snapshot, Scope), Failure> {
    let staged: BTreeSet<_> = repo.staged_paths()?.into_iter().map(|change| change.path).collect();
    let reaches_far =
        staged.iter().any(|path| path.below("prompts/blocks").is_some() || path.below("prompts").is_none());
    if reaches_far {
        return Ok((repo.index()?, Scope::Staged(staged)));
    }
    let files = repo.index_files()?;
    let mut snapshot = Snapshot { name: "the index".to_owned(), ..Snapshot::default() };
    for folder in ["prompts", "policies", "evals"] {
        for path in files.paths_below(folder)? {
            if needed(&path, &staged)
                && let Some(file) = files.file(&path)?
            {
                snapshot.files.insert(path, file);
            }
        }
    }
    Ok((snapshot, Scope::Staged(staged)))
}

/// Whether judging the staged prompts needs `path`: themselves, blocks, routes, policies and their own suites.
fn needed(path: &RepoPath, staged: &BTreeSet<RepoPath>) -> bool {
    let suite_of_staged = |suite: &str| {
        let id = suite.split('.').next().unwrap_or(suite);
        RepoPath::new(&format!("prompts/{id}.md")).is_ok_and(|prompt| staged.contains(&prompt))
    };
    staged.contains(path)
        || path.below("prompts/blocks").is_some()
        || path.as_str() == "prompts/routes.yaml"
        || path.below("policies").is_some()
        || path.below("evals").is_some_and(suite_of_staged)
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
            Self::Staged(staged) => {
                Self::Staged(staged.into_iter().filter(|file| wanted.iter().any(|w| at_or_below(file, w))).collect())
            }
        })
    }

    /// Whether `path` itself was asked for.
    pub(crate) fn holds(&self, path: &RepoPath) -> bool {
        match self {
            Self::All => true,
            Self::Staged(staged) => staged.contains(path),
            Self::Paths(wanted) => wanted.iter().any(|w| at_or_below(path, w)),
        }
    }

    /// The findings of `report` that were asked for.
    pub(crate) fn of(&self, report: Report, catalog: &Catalog) -> Report {
        let blocks: BTreeSet<_> = match self {
            Self::All => return report,
            Self::Paths(_) => BTreeSet::new(),
            Self::Staged(staged) => staged.iter().filter_map(|p| BlockName::of_path(p)?.ok()).collect(),
        };
        let keep = |path| self.holds(path) || reaches(path, &blocks, catalog);
        let findings = report.findings().iter().filter(|f| keep(f.at.path())).cloned().collect();
        let mut kept = Report::new(findings);
        (kept.prompts, kept.blocks) = (report.prompts, report.blocks);
        kept
    }
}

fn reaches(path: &RepoPath, blocks: &BTreeSet<BlockName>, catalog: &Catalog) -> bool {
    let Some(Ok(id)) = PromptId::of_path(path) else { return false };
    !blocks.is_empty() && catalog.reach(&id).keys().any(|block| blocks.contains(block))
}

fn at_or_below(path: &RepoPath, wanted: &str) -> bool {
    wanted.is_empty() || path.as_str() == wanted || path.below(wanted).is_some()
}

/// `path` below the prompt root; empty for the root itself or a folder above it.
fn below(root: &Path, dir: &Path, path: &Path) -> Result<String, Failure> {
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
