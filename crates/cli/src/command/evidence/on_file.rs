//! Where the texts of an attested run stand: its answers and its suite, now or at some time.

use eval::recording::Recordings;
use eval::suite::Suite;
use release::Attempt;
use repo::Repo;
use source::{Digest, Files, RepoPath};

use crate::exit::Failure;

/// Where the texts of an attempt may stand.
pub(super) struct Sources<'a> {
    /// The worktree and the commit that was asked for, with what people call them.
    pub(super) near: &'a [(String, &'a dyn Files)],
    /// Its history is searched for what was recorded anew or pruned since.
    pub(super) repo: &'a Repo,
}

/// What was found of an attempt.
#[derive(Default)]
pub(super) struct OnFile {
    /// The recordings that hold an answer, with where they stand.
    pub(super) recordings: Vec<(String, Recordings)>,
    /// The suite as it was run, and where.
    pub(super) suite: Option<(String, Suite)>,
}

/// Commits of the recordings and of the suite that are looked through.
const MOST_COMMITS: usize = 200;

impl Sources<'_> {
    /// Reads where the answers `signed` of `attempt`, by case, stand, and its suite as it was run.
    pub(super) fn find(&self, attempt: &Attempt, mut signed: Vec<(&str, &Digest)>) -> Result<OnFile, Failure> {
        let name = attempt.suite.below("evals").and_then(|p| p.strip_suffix(".yaml")).unwrap_or_default();
        let path = eval::recording::path_of(name);
        let mut found = OnFile::default();
        for (label, files) in self.near {
            found.read(label, *files, &path, attempt, &mut signed)?;
        }
        let Ok(head) = self.repo.head()?.commit() else { return Ok(found) };
        for file in [&path, &attempt.suite] {
            for commit in self.repo.commits_of(head, file, MOST_COMMITS)? {
                if signed.is_empty() && found.suite.is_some() {
                    return Ok(found);
                }
                let files = self.repo.files_at(commit)?;
                found.read(&commit.short(), &files, &path, attempt, &mut signed)?;
            }
        }
        Ok(found)
    }
}

impl OnFile {
    /// Takes what `files` have of it, and takes the answers found out of `signed`.
    fn read(
        &mut self,
        label: &str,
        files: &dyn Files,
        path: &RepoPath,
        attempt: &Attempt,
        signed: &mut Vec<(&str, &Digest)>,
    ) -> Result<(), Failure> {
        if self.suite.is_none() {
            let read = eval::suite::load(files, &attempt.suite).suite;
            let same = read.filter(|s| (s.digest, s.dataset) == (attempt.suite_digest, attempt.dataset));
            self.suite = same.map(|s| (label.to_owned(), s));
        }
        if signed.is_empty() {
            return Ok(());
        }
        let Some(file) = files.file(path)? else { return Ok(()) };
        let text = source::Text::new(path.clone(), String::from_utf8_lossy(&file.bytes));
        // A file that a merge broke holds nothing that can be told from anything else.
        let recordings = Recordings::read(&text).unwrap_or_default();
        let before = signed.len();
        signed.retain(|(case, digest)| recordings.by_output(case, digest).is_none());
        if signed.len() < before {
            self.recordings.push((format!("{path} of {label}"), recordings));
        }
        Ok(())
    }
}
