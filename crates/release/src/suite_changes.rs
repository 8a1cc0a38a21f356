//! What becomes of suites between two snapshots: those that are gone, and those that ask less or otherwise than before.
//!
//! A change brings what judges it along. It is not refused for that, it is named: policy says how seriously it is taken.

use std::collections::BTreeMap;

use check::renames::{Twin, renames};
use eval::Keys;
use eval::gate::{Demands, Verdict};
use eval::recording::{Recordings, path_beside};
use eval::run::Results;
use eval::session::path_there;
use eval::suite::diff::{self, Change, answers, same_cases};
use eval::suite::{Suite, load_with, paths, prompt_of};
use policy::diff::Effect;
use prompt::Catalog;
use source::{Finding, Place, PromptId, RepoPath, Severity, Snapshot};

/// A snapshot as far as suites concern it.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The files.
    pub snapshot: &'a Snapshot,
    /// Its prompts.
    pub catalog: &'a Catalog,
    /// What opens encrypted data.
    pub keys: &'a Keys,
}

/// A suite that is not what it was.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Where it stands; where it stood, if it is gone.
    pub path: RepoPath,
    /// The prompt that it tests, by the id of today.
    pub prompt: PromptId,
    /// The prompt's id before, where it had another.
    pub prompt_was: Option<PromptId>,
    /// What becomes of it.
    pub fate: Fate,
    /// What it asks less, otherwise or more, weaker first.
    pub changes: Vec<Change>,
    /// Whether there are two sides, and both could be read.
    pub is_compared: bool,
}

/// What becomes of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    New,
    /// Its text, its cases, what its judge's route means or an answer on file is another.
    Edited,
    /// It stands elsewhere now, and stood here.
    Renamed(RepoPath),
    /// It is gone; its prompt is not.
    Removed,
    /// It is gone with its prompt.
    Gone,
}

/// Every suite that is not what it was, by path.
pub fn changed(base: &Side<'_>, head: &Side<'_>) -> Vec<Changed> {
    let (theirs, ours) = (suites(base.snapshot), suites(head.snapshot));
    let twins = match theirs.iter().any(|path| !head.snapshot.files.contains_key(path)) {
        true => renames(base.catalog, head.catalog),
        false => BTreeMap::new(),
    };
    let pair = Pair { base, head, data_differs: data_differs(base.snapshot, head.snapshot), twins };
    let mut fresh: Vec<&RepoPath> = ours.iter().filter(|path| !base.snapshot.files.contains_key(*path)).collect();
    let mut found = Vec::new();
    for path in &theirs {
        if head.snapshot.files.contains_key(path) {
            found.extend(pair.edited(path, path, None));
        } else if let Some(id) = prompt_of(path) {
            found.push(pair.gone(path, id, &mut fresh));
        }
    }
    for path in fresh {
        let Some(prompt) = prompt_of(path) else { continue };
        found.push(Changed {
            path: path.clone(),
            prompt,
            prompt_was: None,
            fate: Fate::New,
            changes: Vec::new(),
            is_compared: false,
        });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What there is to say of `changed`, compared with what people call `base`.
pub fn findings(base: &str, changed: &[Changed]) -> Vec<Finding> {
    let mut found = Vec::new();
    for suite in changed {
        let weaker = suite.changes.iter().any(|change| change.effect == Effect::Weaker);
        match &suite.fate {
            Fate::Removed => found.push(removed(base, suite, None)),
            // Whoever moves a suite moves it as it is: its cases are compared by where it stands.
            Fate::Renamed(was) if weaker && suite.prompt_was.is_none() => found.push(removed(base, suite, Some(was))),
            _ => {}
        }
        found.extend(suite.changes.iter().filter_map(|change| Some(of_suite(change.finding(base)?, change, suite))));
    }
    found
}

/// What `run`, of a suite among `changed`, owes to cases that `base` does not have, compared with what people call `name`.
pub fn lifted(base: &Side<'_>, name: &str, changed: &[Changed], run: &Judged<'_>) -> Option<Finding> {
    let suite = changed.iter().find(|suite| suite.path == *run.suite.text.path())?;
    let path = match &suite.fate {
        Fate::Edited => &suite.path,
        Fate::Renamed(was) => was,
        _ => return None,
    };
    let before = load_with(base.snapshot, base.keys, path).suite?;
    let what = eval::gate::lifted(run.suite, (run.results, run.verdict), (&before, name), run.demands)?;
    let finding = Finding::new(eval::rules::SUITE_WEAKENED, Place::file(&suite.path), what);
    let help = "see which cases of before fail, and say in the pull request why they may";
    Some(finding.severity(Severity::Warning).help(help))
}

/// A suite that was run, with what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// What came of it.
    pub results: &'a Results,
    /// What that comes to.
    pub verdict: &'a Verdict,
    /// What was asked beside its gate.
    pub demands: &'a Demands,
}

/// `finding` at the suite, which policy knows to be of a prompt's family, with the file where it is seen beside it.
fn of_suite(mut finding: Finding, change: &Change, suite: &Changed) -> Finding {
    if *finding.at.path() != suite.path {
        let seen = std::mem::replace(&mut finding.at, Place::file(&suite.path));
        let label = if change.cases.is_empty() { "here" } else { "the first of them" };
        finding.also.push((seen, label.to_owned()));
    }
    finding
}

fn removed(base: &str, suite: &Changed, was: Option<&RepoPath>) -> Finding {
    let whose = match &suite.prompt_was {
        Some(was) => format!("{was}, which is {} now,", suite.prompt),
        None => suite.prompt.to_string(),
    };
    let there = suite.prompt_was.as_ref().map(|was| path_there(&suite.path, was, &suite.prompt));
    let (path, message, help) = match (was, there) {
        (Some(was), _) => (
            was,
            format!("the suite that {base} has for {whose} was renamed to {} and asks less", suite.path),
            "rename it in a change of its own, or leave it what it was".to_owned(),
        ),
        (None, Some(there)) => {
            (&suite.path, format!("the suite that {base} has for {whose} was removed"), format!("put it at {there}"))
        }
        (None, None) => (
            &suite.path,
            format!("the suite that {base} has for {whose} was removed"),
            "put it back; to retire cases, keep the suite and name them under `gate.retired`".to_owned(),
        ),
    };
    Finding::new("suite-missing", Place::file(path), message).help(help)
}

fn suites(snapshot: &Snapshot) -> Vec<RepoPath> {
    // A snapshot holds its files, so that none of them can fail to be read.
    paths(snapshot).unwrap_or_default()
}

/// Whether any file differs that a suite may name: all below `evals/` but suites and recordings.
fn data_differs(base: &Snapshot, head: &Snapshot) -> bool {
    let is_named = |path: &RepoPath| !path.as_str().ends_with(".yaml") || path.as_str().contains("/data/");
    let files = |of: &'_ Snapshot| -> Vec<(RepoPath, source::Bytes)> {
        let below = of.below("evals").filter(|(path, _)| is_named(path) && path.below("evals/recordings").is_none());
        below.map(|(path, file)| (path.clone(), file.bytes.clone())).collect()
    };
    files(base) != files(head)
}

struct Pair<'p, 'a> {
    base: &'p Side<'a>,
    head: &'p Side<'a>,
    data_differs: bool,
    twins: BTreeMap<PromptId, Twin>,
}

impl Pair<'_, '_> {
    /// A suite that both have, there at `was`, where it is another.
    fn edited(&self, was: &RepoPath, path: &RepoPath, fate: Option<Fate>) -> Option<Changed> {
        let bytes = |of: &Snapshot, path: &RepoPath| of.files.get(path).map(|file| file.bytes.clone());
        let same_text = bytes(self.base.snapshot, was) == bytes(self.head.snapshot, path);
        let answers = self.answers(was, path);
        let same_routes = self.base.catalog.routes().routes == self.head.catalog.routes().routes;
        if fate.is_none() && same_text && same_routes && !self.data_differs && answers.is_none() {
            return None;
        }
        let prompt = prompt_of(path)?;
        let mut changed = Changed {
            path: path.clone(),
            prompt,
            prompt_was: None,
            fate: fate.clone().unwrap_or(Fate::Edited),
            changes: Vec::new(),
            is_compared: false,
        };
        let old = load_with(self.base.snapshot, self.base.keys, was).suite;
        let new = load_with(self.head.snapshot, self.head.keys, path).suite;
        if let (Some(old), Some(new)) = (&old, &new) {
            let before = diff::Side { suite: old, routes: self.base.catalog.routes() };
            let now = diff::Side { suite: new, routes: self.head.catalog.routes() };
            changed.changes = diff::diff(&before, &now);
            changed.is_compared = true;
            if fate.is_none() && same_text && changed.changes.is_empty() && answers.is_none() && same_cases(old, new) {
                return None;
            }
        } else if fate.is_none() && same_text && old.is_none() == new.is_none() && answers.is_none() {
            return None;
        }
        changed.changes.extend(answers);
        Some(changed)
    }

    /// Answers on file that were others.
    fn answers(&self, was: &RepoPath, path: &RepoPath) -> Option<Change> {
        let (there, here) = (path_beside(was)?, path_beside(path)?);
        let (old, new) = (self.base.snapshot.files.get(&there)?, self.head.snapshot.files.get(&here)?);
        if old.bytes == new.bytes {
            return None;
        }
        let read = |path, file: &source::File| Recordings::read_file(path, &file.bytes).ok();
        answers(&read(&there, old)?, &read(&here, new)?, &here)
    }

    /// A suite that is no longer at `path`: with its prompt, under another name, or gone.
    fn gone(&self, path: &RepoPath, id: PromptId, fresh: &mut Vec<&RepoPath>) -> Changed {
        // A prompt with errors is still there.
        let is_here = self.head.snapshot.files.contains_key(&id.path());
        let twin = || self.twins.get(&id).map(|twin| twin.id.clone()).or_else(|| self.by_cases(path, fresh));
        let (prompt, prompt_was) = match is_here {
            true => (id.clone(), None),
            false => match twin() {
                Some(twin) => (twin, Some(id.clone())),
                None => {
                    let fate = Fate::Gone;
                    let (path, changes) = (path.clone(), Vec::new());
                    return Changed { path, prompt: id, prompt_was: None, fate, changes, is_compared: false };
                }
            },
        };
        let there = path_there(path, &id, &prompt);
        let at = fresh.iter().position(|new| **new == there).or_else(|| {
            let of_prompt = |new: &&&RepoPath| prompt_of(new).as_ref() == Some(&prompt);
            let near = fresh.iter().filter(of_prompt).find(|new| self.shares(path, new, false))?;
            fresh.iter().position(|new| new == near)
        });
        let moved = at.and_then(|at| {
            let new = fresh.remove(at);
            self.edited(path, new, Some(Fate::Renamed(path.clone())))
        });
        match moved {
            Some(changed) => Changed { prompt_was, ..changed },
            None => {
                let fate = Fate::Removed;
                Changed { path: path.clone(), prompt, prompt_was, fate, changes: Vec::new(), is_compared: false }
            }
        }
    }

    /// The new prompt that has the cases of the suite at `path`, whose own is gone: words may change with the name, cases stay.
    fn by_cases(&self, path: &RepoPath, fresh: &[&RepoPath]) -> Option<PromptId> {
        let is_new = |id: &PromptId| !self.base.snapshot.files.contains_key(&id.path());
        let of_new = |new: &&RepoPath| prompt_of(new).filter(is_new).filter(|_| self.shares(path, new, true));
        fresh.iter().find_map(of_new)
    }

    /// Whether the suites have at least half of the questions of the smaller one in common. Cases without variables ask any
    /// prompt the same: where it may be `another`'s they tell nothing.
    fn shares(&self, old: &RepoPath, new: &RepoPath, another: bool) -> bool {
        let inputs = |side: &Side<'_>, path| -> Option<Vec<source::Digest>> {
            let suite = load_with(side.snapshot, side.keys, path).suite?;
            let telling = suite.cases.iter().filter(|case| !another || !case.vars.is_empty());
            let mut inputs: Vec<_> = telling.map(|case| case.inputs).collect();
            inputs.sort_unstable();
            Some(inputs)
        };
        let (Some(old), Some(new)) = (inputs(self.base, old), inputs(self.head, new)) else { return false };
        let shared = old.iter().filter(|digest| new.binary_search(digest).is_ok()).count();
        shared > 0 && shared * 2 >= old.len().min(new.len())
    }
}
