//! What is wrong in the suites of a snapshot: where rules about prompts and rules about evals meet.

use check::Contents;
use eval::suite::{self, Tested};
use source::{Finding, RepoPath, Snapshot};

/// Everything that is wrong in every suite, between it and its prompt, and in its recordings.
pub fn findings(snapshot: &Snapshot, contents: &Contents<'_>) -> Vec<Finding> {
    // A snapshot holds its files, so that none of them can fail to be read.
    let paths = suite::paths(snapshot).unwrap_or_default();
    prompt::stack::for_each(&paths, |path| of(snapshot, contents, path)).into_iter().flatten().collect()
}

fn of(snapshot: &Snapshot, contents: &Contents<'_>, path: &RepoPath) -> Vec<Finding> {
    suite::findings(snapshot, path, |id| match contents.get(id) {
        Some(content) => Tested::Compiled(&content.compiled),
        None if snapshot.files.contains_key(&id.path()) => Tested::Faulty,
        None => Tested::Absent,
    })
}
