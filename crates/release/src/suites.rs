//! What is wrong in the suites of a snapshot: where rules about prompts and rules about evals meet.

use std::cell::RefCell;
use std::collections::HashSet;

use check::Contents;
use eval::suite::{self, Known, Tested};
use policy::Policy;
use source::{File, Files, Finding, Place, ReadError, RepoPath, Snapshot, Timestamp};

/// What all suites together may read once more, of files that another suite or scenario read before: about ten seconds.
///
/// Data that is read once is bounded by what a snapshot may hold; a line of a suite is all it takes to read it again.
const MOST_AGAIN: usize = 128 << 20;

/// Suites that are judged before what they read is first counted.
const FIRST: usize = 64;

/// Everything that is wrong in every suite, between it and its prompt, in its recordings, and in what it names by `policy`
/// and on the day of `now`.
pub fn findings(snapshot: &Snapshot, contents: &Contents<'_>, policy: Option<&Policy>, now: Timestamp) -> Vec<Finding> {
    let today = now.to_string();
    let today = today.split('T').next();
    let known = Known { routes: Some(contents.catalog.routes()), policy, today };
    // A snapshot holds its files, so that none of them can fail to be read.
    let mut found = suite::misnamed(snapshot).unwrap_or_default();
    found.extend(within(snapshot, contents, &known, &suite::paths(snapshot).unwrap_or_default(), MOST_AGAIN));
    found
}

/// The findings of the suites at `paths` until they read more than `most` bytes again; what is left is told.
fn within(
    snapshot: &Snapshot,
    contents: &Contents<'_>,
    known: &Known<'_>,
    paths: &[RepoPath],
    most: usize,
) -> Vec<Finding> {
    let (mut found, mut seen, mut again) = (Vec::new(), HashSet::new(), 0);
    let mut left = paths;
    // Counted between shares whose size follows from what was read, so that the answer is the same on any machine.
    while !left.is_empty() && (left.len() == paths.len() || again < most) {
        let done = paths.len() - left.len();
        let each = again.checked_div(done).map_or(0, |each| each.max(1));
        let share =
            most.saturating_sub(again).checked_div(each).map_or(FIRST, |share| share.clamp(FIRST / 2, 16 * FIRST));
        let (now, later) = left.split_at(share.min(left.len()));
        for (findings, read) in prompt::stack::for_each(now, |path| of(snapshot, contents, known, path)) {
            found.extend(findings);
            again +=
                read.into_iter().filter(|(path, _)| !seen.insert(path.clone())).map(|(_, bytes)| bytes).sum::<usize>();
        }
        left = later;
    }
    if let Some(first) = left.first() {
        let others = match left.len() - 1 {
            0 => String::new(),
            n => format!(" and {}", source::render::counted(n, "other suite")),
        };
        let message =
            format!("the suites before it read {} MiB of the same data again: it{others} were not judged", again >> 20);
        let help = "name a data file in fewer suites, or part it";
        found.push(Finding::new("too-complex", Place::file(first), message).help(help));
    }
    found
}

/// What a suite read, with the bytes.
type Reads = Vec<(RepoPath, usize)>;

fn of(snapshot: &Snapshot, contents: &Contents<'_>, known: &Known<'_>, path: &RepoPath) -> (Vec<Finding>, Reads) {
    let counted = Counted { files: snapshot, read: RefCell::default() };
    let findings = suite::findings(&counted, path, known, |id| match contents.get(id) {
        Some(content) => Tested::Compiled(&content.compiled),
        None if snapshot.files.contains_key(&id.path()) => Tested::Faulty,
        None => Tested::Absent,
    });
    (findings, counted.read.into_inner())
}

/// Files, with those that were read.
struct Counted<'s> {
    files: &'s Snapshot,
    read: RefCell<Reads>,
}

impl Files for Counted<'_> {
    fn file(&self, path: &RepoPath) -> Result<Option<File>, ReadError> {
        let file = self.files.file(path)?;
        self.read.borrow_mut().extend(file.iter().map(|file| (path.clone(), file.bytes.len())));
        Ok(file)
    }

    fn paths_below(&self, folder: &str) -> Result<Vec<RepoPath>, ReadError> {
        self.files.paths_below(folder)
    }
}

#[cfg(test)]
mod tests {
    use prompt::Catalog;

    use super::*;

    #[test]
    fn one_file_is_not_read_for_ever() {
        let rows = "{\"id\":\"a\",\"vars\":{},\"assert\":[{\"type\":\"contains\",\"value\":\"x\"}]}\n".repeat(20);
        let mut texts = vec![("evals/data/rows.jsonl".to_owned(), rows.clone())];
        texts.extend((0..300).map(|n| (format!("evals/p{n:03}.yaml"), "tests: file://data/rows.jsonl\n".to_owned())));
        let snapshot = Snapshot::of_texts("t", texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let catalog = Catalog::load(&snapshot);
        let contents = Contents::of(&catalog);
        let paths = suite::paths(&snapshot).unwrap();
        let told = |most| {
            let found = within(&snapshot, &contents, &Known::default(), &paths, most);
            found.into_iter().filter(|finding| finding.rule == "too-complex").collect::<Vec<_>>()
        };
        assert!(told(MOST_AGAIN).is_empty());
        let found = told(rows.len() * 100);
        // The first 64 read it 63 times again, the next 37 make it one too many.
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].at.path().as_str(), "evals/p101.yaml");
        assert!(found[0].message.contains("and 198 other suites"), "{}", found[0].message);
        assert_eq!(told(0)[0].at.path().as_str(), "evals/p064.yaml");
    }
}
