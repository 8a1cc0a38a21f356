//! Which suites to run: of the prompts named, of those that changed, or all.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use eval::session::{self, Opened};
use eval::suite::Known;
use policy::Policy;
use prompt::Catalog;
use release::suite_changes::{Changed, Fate, Judged, Side, changed, findings, lifted};
use repo::Repo;
use source::escape::terminal;
use source::{Digest, Finding, PromptId, RepoPath, Report, Snapshot};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named::Tested;
use crate::report as shown;

use super::Bench;
use super::rules::AtBase;
use super::running::Ran;

/// The suites to run.
pub(crate) struct Selection {
    /// Each with what it needs, sorted by path.
    pub(crate) suites: Vec<Opened>,
    /// What there is to say although every suite can be run: a suite was taken away, or asks less than it did.
    pub(crate) found: Vec<Finding>,
}

/// Reads the suites to run; `None` where one has an error, after the findings were shown.
pub(crate) fn select(ids: &[Tested], base: Option<&Base>, bench: &Bench<'_>) -> Result<Option<Selection>, Failure> {
    let mut paths = named(ids, bench)?;
    let mut told = Vec::new();
    if let Some(base) = base {
        let (now, changed) = (contents(&bench.catalog), base.changed(bench));
        let meant = |suite: &&Changed| ids.is_empty() || ids.iter().any(|tested| is_of(tested, suite));
        let changed: Vec<Changed> = changed.iter().filter(meant).cloned().collect();
        told = base.findings(&changed, ids.is_empty(), bench);
        paths.retain(|path| base.affects(path, &now, &changed, bench));
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
        return Ok(Some(Selection { suites, found: told }));
    }
    let all = suites.iter().flat_map(|s| s.findings.iter().cloned()).chain(told).chain(misnamed).collect();
    shown::instead(&report(all, bench), bench.app);
    Ok(None)
}

/// Findings as they are shown, with paths from the top of the repository.
pub(crate) fn report(found: Vec<Finding>, bench: &Bench<'_>) -> Report {
    let mut report = Report::new(found);
    report.root = bench.repo.root().to_owned();
    report
}

fn named(ids: &[Tested], bench: &Bench<'_>) -> Result<Vec<RepoPath>, Failure> {
    let (snapshot, catalog) = (bench.snapshot, &bench.catalog);
    // What stands in the place of the folder is told instead.
    if ids.is_empty() || check::replaced_folder(snapshot, "evals").is_some() {
        return Ok(eval::suite::paths(snapshot)?);
    }
    let mut paths = Vec::new();
    for tested in ids {
        let id = match tested {
            Tested::Prompt(id) => id,
            Tested::Suite(path) if snapshot.files.contains_key(path) => {
                paths.push(path.clone());
                continue;
            }
            Tested::Suite(path) => {
                let all = eval::suite::paths(snapshot)?;
                let failure = Failure::new(Exit::Usage, format!("find the suite {path} in {}", snapshot.name));
                let near = source::nearest::nearest(path.as_str(), all.iter().map(RepoPath::as_str));
                return Err(match near {
                    Some(near) => failure.help(format!("did you mean {near}?")),
                    None => failure.help("see those that there are: ls evals; without a name all are run"),
                });
            }
        };
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
pub(crate) struct Base {
    name: String,
    /// Where the files under test left it.
    snapshot: Snapshot,
    /// Its policy by now; `None` where it has none that can be read.
    policy: Option<Policy>,
    catalog: Catalog,
    before: Contents,
    /// The suites that are not what they were there, once somebody asked: to read both sides takes long.
    changed: OnceCell<Vec<Changed>>,
}

/// What each prompt is; nothing where it cannot be compiled.
type Contents = BTreeMap<PromptId, Option<Digest>>;

impl Base {
    /// Reads what `name` means in `repo`: its policy, and the prompts and suites as they were where `head`, or what is
    /// checked out, left it. What came to it since then is none of this change.
    pub(crate) fn read(name: &str, head: Option<&str>, repo: &Repo, app: &App) -> Result<Self, Failure> {
        let tip = repo.rev_parse(name)?;
        let head = match head {
            Some(head) => Some(repo.rev_parse(head)?),
            None => repo.head()?.commit().ok(),
        };
        let left = head.and_then(|head| repo.left_at(tip, head).ok()).unwrap_or_else(|| {
            let name = terminal(name);
            app.terminal
                .say(format!("note: compared with {name} as it is now: where the branch left it is not known here"));
            tip
        });
        let snapshot = repo.commit_snapshot(left, name)?;
        let policy = match left == tip {
            true => policy(&snapshot, name, app),
            false => policy(&repo.commit_snapshot(tip, name)?, name, app),
        };
        let catalog = Catalog::load(&snapshot);
        let before = contents(&catalog);
        Ok(Self { name: name.to_owned(), snapshot, policy, catalog, before, changed: OnceCell::new() })
    }

    /// What it asks of suites; `None` where it has no policy that can be read.
    pub(crate) fn asks(&self) -> Option<AtBase> {
        let policy = self.policy.clone()?;
        let risks = self.catalog.prompts().map(|prompt| (prompt.id.clone(), prompt.front_matter.risk));
        Some(AtBase { name: self.name.clone(), policy, risks: risks.collect() })
    }

    /// The suites that are not what they were there.
    fn changed(&self, bench: &Bench<'_>) -> &[Changed] {
        let head = Side { snapshot: bench.snapshot, catalog: &bench.catalog, keys: bench.keys };
        self.changed.get_or_init(|| changed(&self.side(bench), &head))
    }

    fn side<'a>(&'a self, bench: &Bench<'a>) -> Side<'a> {
        Side { snapshot: &self.snapshot, catalog: &self.catalog, keys: bench.keys }
    }

    /// Whether what the suite at `path` comes to may be another than there: by its prompt or the risk of that, by its text,
    /// its cases, whom it asks, or the answers on file.
    fn affects(&self, path: &RepoPath, now: &Contents, changed: &[Changed], bench: &Bench<'_>) -> bool {
        let Some(id) = eval::suite::prompt_of(path) else { return true };
        let risk = |catalog: &Catalog| catalog.prompt(&id).map(|prompt| prompt.front_matter.risk);
        let answers = eval::recording::path_beside(path);
        let bytes = |of: &Snapshot| answers.as_ref().and_then(|path| of.files.get(path)).map(|file| file.bytes.clone());
        now.get(&id) != self.before.get(&id)
            || risk(&bench.catalog) != risk(&self.catalog)
            || changed.iter().any(|suite| suite.path == *path)
            || bytes(&self.snapshot) != bytes(bench.snapshot)
    }

    /// What the runs of `suites` owe to cases that it does not have.
    pub(crate) fn lifted(&self, suites: &[Opened], ran: &[Ran], bench: &Bench<'_>) -> Vec<Finding> {
        let (changed, side) = (self.changed(bench), self.side(bench));
        let one = |(opened, ran): (&Opened, &Ran)| {
            let suite = opened.suite.as_ref()?;
            let demands = bench.rules.demands(suite, opened.risk);
            let run = Judged { suite, results: &ran.results, verdict: &ran.verdict, demands: &demands };
            bench.rules.levelled(lifted(&side, &self.name, changed, &run)?)
        };
        suites.iter().zip(ran).filter_map(one).collect()
    }

    /// What there is to say of suites that changed since, where it is to be said of all.
    pub(crate) fn told(&self, bench: &Bench<'_>) -> Vec<Finding> {
        self.findings(self.changed(bench), true, bench)
    }

    /// What there is to say of suites that changed, as seriously as policy takes it. What went with its prompt is only told
    /// of.
    fn findings(&self, changed: &[Changed], all: bool, bench: &Bench<'_>) -> Vec<Finding> {
        for gone in changed.iter().filter(|suite| all && suite.fate == Fate::Gone) {
            let (path, name) = (terminal(gone.path.as_str()), terminal(&self.name));
            bench.app.terminal.say(format!("note: {} and its suite {path} are gone since {name}", gone.prompt));
        }
        let found = findings(&self.name, changed).into_iter();
        found.filter_map(|finding| bench.rules.levelled(finding)).collect()
    }
}

fn is_of(tested: &Tested, suite: &Changed) -> bool {
    match tested {
        Tested::Prompt(id) => *id == suite.prompt,
        Tested::Suite(path) => *path == suite.path,
    }
}

/// The policy of `snapshot`. Whoever mends a faulty one must get past it.
fn policy(snapshot: &Snapshot, name: &str, app: &App) -> Option<Policy> {
    let policy = Policy::load(snapshot).policy;
    if policy.is_none() && snapshot.below("policies").next().is_some() {
        app.terminal.warn(format!("the policies/ of {} have errors, and do not judge", terminal(name)));
    }
    policy
}

fn contents(catalog: &Catalog) -> Contents {
    catalog.compile_all().into_iter().map(|(id, compiled)| (id, compiled.ok().map(|c| c.digest()))).collect()
}
