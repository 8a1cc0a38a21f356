//! Which suites to run: of the prompts named, of those that changed, or all.

use std::collections::BTreeMap;

use eval::recording::Recordings;
use eval::session::{self, Opened};
use eval::suite::{Known, Suite};
use policy::Policy;
use prompt::Catalog;
use repo::{Oid, Repo};
use source::escape::terminal;
use source::render::counted;
use source::{Digest, Files, Finding, Place, PromptId, RepoPath, Report, Snapshot};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::report as findings;

use super::Bench;
use super::rules::AtBase;

/// The suites to run.
pub(crate) struct Selection {
    /// Each with what it needs, sorted by path.
    pub(crate) suites: Vec<Opened>,
    /// What is wrong although every suite can be run: a suite was taken away.
    pub(crate) removed: Vec<Finding>,
}

/// Reads the suites to run; `None` where one has an error, after the findings were shown.
pub(crate) fn select(
    ids: &[PromptId],
    base: Option<&Base<'_>>,
    bench: &Bench<'_>,
) -> Result<Option<Selection>, Failure> {
    let mut paths = named(ids, bench)?;
    let mut removed = Vec::new();
    if let Some(base) = base {
        let now = contents(&bench.catalog);
        removed = base.removed(ids, &now, bench)?;
        let mut kept = Vec::new();
        for path in paths {
            if base.affects(&path, &now, bench)? {
                base.tell_changed_answers(&path, bench)?;
                kept.push(path);
            }
        }
        paths = kept;
    }
    let (mut suites, policy, today) = (Vec::new(), bench.rules.own(), bench.rules.today());
    let known = Known { routes: Some(bench.catalog.routes()), policy, today };
    for path in &paths {
        let mut opened = session::open_with(bench.snapshot, bench.keys, path)?;
        let misnames = opened.suite.as_ref().map(|suite| suite.misnames(&known));
        opened.findings.extend(misnames.unwrap_or_default());
        suites.push(opened);
    }
    let mut misnamed = if ids.is_empty() { eval::suite::misnamed(bench.snapshot)? } else { Vec::new() };
    misnamed.extend(check::replaced_folder(bench.snapshot, "evals"));
    if misnamed.is_empty() && suites.iter().all(Opened::is_sound) {
        return Ok(Some(Selection { suites, removed }));
    }
    let found = suites.iter().flat_map(|s| s.findings.iter().cloned()).chain(removed).chain(misnamed).collect();
    findings::instead(&report(found, bench), bench.app);
    Ok(None)
}

/// Findings as they are shown, with paths from the top of the repository.
pub(crate) fn report(found: Vec<Finding>, bench: &Bench<'_>) -> Report {
    let mut report = Report::new(found);
    report.root = bench.repo.root().to_owned();
    report
}

fn named(ids: &[PromptId], bench: &Bench<'_>) -> Result<Vec<RepoPath>, Failure> {
    let (snapshot, catalog) = (bench.snapshot, &bench.catalog);
    // What stands in the place of the folder is told instead.
    if ids.is_empty() || check::replaced_folder(snapshot, "evals").is_some() {
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

/// The prompts, suites and policy of the revision that the files under test go into.
pub(crate) struct Base<'r> {
    name: String,
    snapshot: Snapshot,
    files: repo::CommitFiles<'r>,
    catalog: Catalog,
    before: Contents,
}

/// What each prompt is; nothing where it cannot be compiled.
type Contents = BTreeMap<PromptId, Option<Digest>>;

impl<'r> Base<'r> {
    /// Reads what `name` means in `repo`.
    pub(crate) fn read(name: &str, repo: &'r Repo) -> Result<Self, Failure> {
        let commit: Oid = repo.rev_parse(name)?;
        let snapshot = repo.commit_snapshot(commit, name)?;
        let catalog = Catalog::load(&snapshot);
        let before = contents(&catalog);
        Ok(Self { name: name.to_owned(), snapshot, files: repo.files_at(commit)?, catalog, before })
    }

    /// What it asks of suites; `None` where it has no policy, or a faulty one, which whoever mends it must get past.
    pub(crate) fn asks(&self, app: &App) -> Option<AtBase> {
        let Some(policy) = Policy::load(&self.snapshot).policy else {
            if self.snapshot.below("policies").next().is_some() {
                app.terminal.warn(format!("the policies/ of {} have errors, and do not judge", terminal(&self.name)));
            }
            return None;
        };
        let risks = self.catalog.prompts().map(|prompt| (prompt.id.clone(), prompt.front_matter.risk));
        Some(AtBase { name: self.name.clone(), policy, risks: risks.collect() })
    }

    /// Whether what the suite at `path` comes to may be another than there: by its prompt or the risk of that, by its text,
    /// its data, or the answers on file.
    fn affects(&self, path: &RepoPath, now: &Contents, bench: &Bench<'_>) -> Result<bool, Failure> {
        let Some(id) = eval::suite::prompt_of(path) else { return Ok(true) };
        let answers = eval::recording::path_beside(path);
        let risk = |catalog: &Catalog| catalog.prompt(&id).map(|prompt| prompt.front_matter.risk);
        if now.get(&id) != self.before.get(&id) || risk(&bench.catalog) != risk(&self.catalog) {
            return Ok(true);
        }
        for path in [Some(path), answers.as_ref()].into_iter().flatten() {
            if self.files.file(path)?.map(|f| f.bytes) != bench.snapshot.file(path)?.map(|f| f.bytes) {
                return Ok(true);
            }
        }
        let suite = |files: &dyn Files| eval::suite::load_with(files, bench.keys, path).suite;
        let [before, now] = [suite(&self.files), suite(bench.snapshot)];
        // What a route means to the prompt is in its digest; what it means to the judge is not.
        let meaning = |catalog: &Catalog, name: &str| catalog.routes().routes.get(name).cloned();
        let rerouted = |suite: &Suite| suite.asks().any(|n| meaning(&bench.catalog, n) != meaning(&self.catalog, n));
        Ok(now.as_ref().is_some_and(rerouted) || before.map(|s| s.dataset) != now.map(|s| s.dataset))
    }

    /// Says how many answers are others than there although the question is the same: nothing else would.
    fn tell_changed_answers(&self, path: &RepoPath, bench: &Bench<'_>) -> Result<(), Failure> {
        let Some(file) = eval::recording::path_beside(path) else { return Ok(()) };
        let read = |files: &dyn Files| -> Result<Option<Recordings>, Failure> {
            let Some(found) = files.file(&file)? else { return Ok(None) };
            Ok(Recordings::read_file(&file, &found.bytes).ok())
        };
        let (Some(now), Some(before)) = (read(bench.snapshot)?, read(&self.files)?) else { return Ok(()) };
        if let changed @ 1.. = now.changed_since(&before) {
            let what = counted(changed, "answer");
            let (of, name) = (file.as_str(), terminal(&self.name));
            let why = "though the question is the same: asked anew, or edited";
            bench.app.terminal.say(format!("note: {of}: {what} changed since {name}, {why}"));
        }
        Ok(())
    }

    /// Suites of prompts that are still here, if by another name, and that themselves are not. What went with its prompt is
    /// only told.
    fn removed(&self, ids: &[PromptId], now: &Contents, bench: &Bench<'_>) -> Result<Vec<Finding>, Failure> {
        let (mut found, renames) = (Vec::new(), std::cell::OnceCell::new());
        for path in eval::suite::paths(&self.files)? {
            let Some(id) = eval::suite::prompt_of(&path) else { continue };
            if bench.snapshot.file(&path)?.is_some() {
                continue;
            }
            let twin = || renames.get_or_init(|| check::renames::renames(&self.catalog, &bench.catalog)).get(&id);
            let (today, whose) = match now.contains_key(&id) {
                true => (id.clone(), id.to_string()),
                false => match twin() {
                    Some(twin) => (twin.id.clone(), format!("{id}, which is {} now,", twin.id)),
                    None => {
                        if ids.is_empty() {
                            let (path, name) = (terminal(path.as_str()), terminal(&self.name));
                            bench.app.terminal.say(format!("note: {id} and its suite {path} are gone since {name}"));
                        }
                        continue;
                    }
                },
            };
            let moved = session::path_there(&path, &id, &today);
            let asked = ids.is_empty() || ids.contains(&today);
            if asked && bench.snapshot.file(&moved)?.is_none() {
                let message = format!("the suite that {} has for {whose} was removed", self.name);
                let help = match moved == path {
                    true => {
                        "put it back; to retire cases, keep the suite and name them under `gate.retired`".to_owned()
                    }
                    false => format!("put it at {moved}"),
                };
                found.push(Finding::new("suite-missing", Place::file(&path), message).help(help));
            }
        }
        Ok(found)
    }
}

fn contents(catalog: &Catalog) -> Contents {
    catalog.compile_all().into_iter().map(|(id, compiled)| (id, compiled.ok().map(|c| c.digest()))).collect()
}
