//! Which suites to run: of the prompts named, of those that changed, or all.

use std::collections::BTreeMap;

use eval::session::{self, Opened};
use prompt::Catalog;
use repo::Oid;
use source::{Digest, Files, Finding, Place, PromptId, RepoPath, Report, Snapshot};

use crate::exit::{Exit, Failure};
use crate::report as findings;

use super::Bench;

/// The suites to run.
pub(crate) struct Selection {
    /// Each with what it needs, sorted by path.
    pub(crate) suites: Vec<Opened>,
    /// What is wrong although every suite can be run: a suite was taken away.
    pub(crate) removed: Vec<Finding>,
}

/// Reads the suites to run; `None` where one has an error, after the findings were shown.
pub(crate) fn select(ids: &[PromptId], base: Option<&str>, bench: &Bench<'_>) -> Result<Option<Selection>, Failure> {
    let mut paths = named(ids, bench.snapshot, &bench.catalog)?;
    let mut removed = Vec::new();
    if let Some(base) = base {
        let base = Base::read(base, bench)?;
        removed = base.removed(ids, bench)?;
        let mut kept = Vec::new();
        for path in paths {
            if base.affects(&path, bench)? {
                kept.push(path);
            }
        }
        paths = kept;
    }
    let mut suites = Vec::new();
    for path in &paths {
        suites.push(session::open_with(bench.snapshot, bench.keys, path)?);
    }
    if suites.iter().all(Opened::is_sound) {
        return Ok(Some(Selection { suites, removed }));
    }
    let found = suites.iter().flat_map(|s| s.findings.iter().cloned()).chain(removed).collect();
    findings::instead(&report(found, bench), bench.app);
    Ok(None)
}

/// Findings as they are shown, with paths from the top of the repository.
pub(crate) fn report(found: Vec<Finding>, bench: &Bench<'_>) -> Report {
    let mut report = Report::new(found);
    report.root = bench.repo.root().to_owned();
    report
}

fn named(ids: &[PromptId], snapshot: &Snapshot, catalog: &Catalog) -> Result<Vec<RepoPath>, Failure> {
    if ids.is_empty() {
        return Ok(eval::suite::paths(snapshot)?);
    }
    let mut paths = Vec::new();
    for id in ids {
        let of = eval::suite::paths_of(snapshot, id)?;
        if of.is_empty() {
            if catalog.prompt(id).is_none() {
                return Err(Failure::unknown_prompt(id, catalog));
            }
            let what = format!("find a suite of {id}");
            return Err(Failure::new(Exit::Usage, what).help(format!("write one: evals/{id}.yaml (docs/evals.md)")));
        }
        paths.extend(of);
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// The prompts and suites of a revision to compare with.
struct Base<'r> {
    name: String,
    files: repo::CommitFiles<'r>,
    before: BTreeMap<PromptId, Option<Digest>>,
    now: BTreeMap<PromptId, Option<Digest>>,
}

impl<'r> Base<'r> {
    fn read(name: &str, bench: &Bench<'r>) -> Result<Self, Failure> {
        let commit: Oid = bench.repo.rev_parse(name)?;
        let before = contents(&Catalog::load(&bench.repo.commit_snapshot(commit, name)?));
        let now = contents(&bench.catalog);
        Ok(Self { name: name.to_owned(), files: bench.repo.files_at(commit)?, before, now })
    }

    /// Whether the suite's prompt, or the suite or its data, is another than there.
    fn affects(&self, path: &RepoPath, bench: &Bench<'_>) -> Result<bool, Failure> {
        let id = eval::suite::prompt_of(path);
        let changed = id.is_none_or(|id| self.now.get(&id) != self.before.get(&id));
        if changed || self.files.file(path)?.map(|f| f.bytes) != bench.snapshot.file(path)?.map(|f| f.bytes) {
            return Ok(true);
        }
        let dataset = |files: &dyn Files| eval::suite::load_with(files, bench.keys, path).suite.map(|s| s.dataset);
        Ok(dataset(&self.files) != dataset(bench.snapshot))
    }

    /// Suites of prompts that are still here, and that themselves are not.
    fn removed(&self, ids: &[PromptId], bench: &Bench<'_>) -> Result<Vec<Finding>, Failure> {
        let mut found = Vec::new();
        for path in eval::suite::paths(&self.files)? {
            let Some(id) = eval::suite::prompt_of(&path) else { continue };
            let asked = ids.is_empty() || ids.contains(&id);
            if asked && bench.snapshot.file(&path)?.is_none() && self.now.contains_key(&id) {
                let message = format!("the suite that {} has for {id} was removed", self.name);
                let help = "put it back; to retire cases, keep the suite and name them under `gate.retired`";
                found.push(Finding::new("suite-missing", Place::file(&path), message).help(help));
            }
        }
        Ok(found)
    }
}

fn contents(catalog: &Catalog) -> BTreeMap<PromptId, Option<Digest>> {
    catalog.compile_all().into_iter().map(|(id, compiled)| (id, compiled.ok().map(|c| c.digest()))).collect()
}
