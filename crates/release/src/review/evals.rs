//! The suites that a branch affects: replayed from recordings, and held against what the base came to.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use eval::gate::{self, Baseline, Verdict, across, judge};
use eval::provider::{Environment, Providers};
use eval::run::{Mode, Outcome, Results, Status};
use eval::session::{self, Opened, Place, SessionError};
use eval::suite::{Compare, paths, prompt_of};
use policy::Policy;
use source::{Digest, Finding, ModelName, PromptId, RepoPath, Snapshot};

use super::Conclusion;
use super::changed::Sides;
use crate::baseline;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::found::{Which, located};
use crate::suite_changes::{self, Changed};

/// A suite and what it came to.
#[derive(Debug)]
pub struct Suite {
    /// Its file.
    pub path: RepoPath,
    /// The prompt it tests.
    pub prompt: PromptId,
    /// Why it was not run: a fragment that fits after "could not …". Absent where its own errors are among the findings.
    pub why: Option<String>,
    /// What its gate says.
    pub verdict: Option<Verdict>,
    /// Answers that passed.
    pub passed: usize,
    /// All answers.
    pub answers: usize,
    /// Answers that are not on file.
    pub missing: usize,
    /// What the baseline came to.
    pub before: Option<Before>,
    /// Cases that passed before and fail now, every time that they were asked.
    pub newly_failing: Vec<Held>,
    /// Cases that were asked several times and pass less often than before, but did not turn.
    pub less_often: Vec<Held>,
    /// Cases that fail now and did before, or that nobody can compare.
    pub failing: Vec<Held>,
    /// Cases that failed before and pass now.
    pub newly_passing: Vec<String>,
    /// That cases which are new carry its rate.
    pub(super) lifted: Option<Finding>,
}

/// What the baseline came to, over the cases that both have.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Before {
    /// Its name: `merge-base`, `env:prod`, …
    pub name: String,
    /// Answers that passed.
    pub passed: usize,
    /// Answers that were graded.
    pub answers: usize,
}

/// A case that does not pass, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// The case.
    pub case: String,
    /// Why.
    pub reason: String,
}

impl Suite {
    /// What it means for the review.
    pub fn conclusion(&self) -> Conclusion {
        let Some(verdict) = &self.verdict else { return Conclusion::Findings };
        match verdict.conclusion {
            gate::Conclusion::Pass => Conclusion::Ready,
            gate::Conclusion::Inconclusive => Conclusion::Inconclusive,
            gate::Conclusion::RecordingMissing => Conclusion::RecordingMissing,
            gate::Conclusion::Error | gate::Conclusion::Interrupted => Conclusion::Error,
            gate::Conclusion::Fail | gate::Conclusion::BudgetSpent => Conclusion::Findings,
        }
    }

    /// Whether it was judged by a sample of its cases.
    pub fn is_sampled(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.models.iter().any(|model| model.sample.is_some()))
    }

    /// Whether its gate does not hold, or it could not be run.
    pub fn fails(&self) -> bool {
        self.conclusion() >= Conclusion::Error
    }
}

/// Who decides: the policy that rules, and the one that the branch proposes.
struct Bench<'b, 'a> {
    desk: &'b Desk,
    sides: &'b Sides<'a>,
    ruling: Option<&'b Policy>,
    proposed: Option<&'b Policy>,
    providers: Providers,
    today: Option<String>,
    base: (&'b suite_changes::Side<'b>, &'b str),
    changed: &'b [Changed],
}

/// Replays every suite that the branch affects.
pub(super) fn run(
    desk: &Desk,
    sides: &Sides<'_>,
    ids: &[PromptId],
    base: (&suite_changes::Side<'_>, &str),
    changed: &[Changed],
    [ruling, proposed]: [Option<&Policy>; 2],
) -> Result<Vec<Suite>> {
    // Nobody is asked in a replay; definitions only say by which protocol an answer was recorded.
    let layers = ruling.map(|policy| policy.providers().clone());
    let bench = Bench {
        desk,
        sides,
        ruling,
        proposed,
        providers: Providers::new(layers, Environment::empty()),
        today: desk.now.to_string().split('T').next().map(str::to_owned),
        base,
        changed,
    };
    let snapshot = sides.snapshots[1];
    let read = |e: source::ReadError| Error::usage(e.to_string(), "see what is wrong: promptuary check");
    let mut suites = Vec::new();
    for path in paths(snapshot).map_err(read)? {
        let Some(id) = prompt_of(&path) else { continue };
        let moved = ids.contains(&id) && sides.moved(&id);
        if moved || is_edited(sides, &path, changed) {
            let opened = session::open(snapshot, &path).map_err(read)?;
            suites.push(bench.run(&opened, id)?);
        }
    }
    let mut verdicts: Vec<&mut Verdict> = suites.iter_mut().filter_map(|suite| suite.verdict.as_mut()).collect();
    across(&mut verdicts);
    suites.sort_by(|a, b| {
        let key = |s: &Suite| (std::cmp::Reverse(s.conclusion()), s.newly_failing.is_empty(), s.path.clone());
        key(a).cmp(&key(b))
    });
    Ok(suites)
}

/// Whether a suite, what it names, or its recordings are not what they were.
fn is_edited(sides: &Sides<'_>, path: &RepoPath, changed: &[Changed]) -> bool {
    let answers = eval::recording::path_beside(path);
    let bytes = |of: &Snapshot| answers.as_ref().and_then(|path| of.files.get(path)).map(|file| file.bytes.clone());
    changed.iter().any(|suite| suite.path == *path) || bytes(sides.snapshots[0]) != bytes(sides.snapshots[1])
}

impl Bench<'_, '_> {
    fn run(&self, opened: &Opened, prompt: PromptId) -> Result<Suite> {
        let mut done = Suite {
            path: opened.path.clone(),
            prompt,
            why: None,
            verdict: None,
            passed: 0,
            answers: 0,
            missing: 0,
            before: None,
            newly_failing: Vec::new(),
            less_often: Vec::new(),
            failing: Vec::new(),
            newly_passing: Vec::new(),
            lifted: None,
        };
        if !opened.is_sound() {
            return Ok(done);
        }
        match self.replay(opened, &mut done) {
            Ok(()) => Ok(done),
            Err(Stop::Suite(why)) => Ok(Suite { why: Some(why), ..done }),
            Err(Stop::Review(error)) => Err(error),
        }
    }

    fn replay(&self, opened: &Opened, done: &mut Suite) -> std::result::Result<(), Stop> {
        let routes = self.sides.contents[1].catalog.routes();
        let plan = opened.plan(routes, self.proposed.or(self.ruling), Mode::Replay, &[]);
        let plan = plan.map_err(|e| Stop::Suite(e.to_string()))?;
        let results = self.results(&plan)?;
        let demands = session::demands(self.ruling, &done.prompt, opened.risk, self.today.clone());
        let wanted = plan.suite.gate.compare.clone();
        let baseline = self.baseline(opened, &plan, &results, wanted.clone())?;
        let judged_with = baseline.as_ref().filter(|_| wanted.is_some());
        let verdict = judge(plan.suite, &results, judged_with, &demands);
        let judged =
            suite_changes::Judged { suite: plan.suite, results: &results, verdict: &verdict, demands: &demands };
        done.lifted = suite_changes::lifted(self.base.0, self.base.1, self.changed, &judged);
        done.verdict = Some(verdict);
        done.answers = results.outcomes.len();
        done.passed = count(&results, Status::Passed);
        done.missing = count(&results, Status::Missing);
        done.compare(&results, baseline.as_ref());
        Ok(())
    }

    fn results(&self, plan: &eval::run::Plan<'_>) -> std::result::Result<Results, Stop> {
        let finished = eval::run::run(plan, &self.providers, &mut |_| {}, &AtomicBool::new(false));
        finished.map(|finished| finished.results).map_err(|e| Stop::Suite(e.to_string()))
    }

    /// The id that the base has the prompt of `suite` under, where it was renamed: by its words, else by its cases.
    fn was(&self, suite: &eval::suite::Suite) -> Option<PromptId> {
        let (id, [old, new]) = (&suite.prompt, self.sides.contents.map(|contents| contents.catalog));
        if old.holds(id) {
            return None;
        }
        let by_words = check::renames::renames(old, new).remove(id).map(|twin| twin.id);
        // A snapshot holds its files, so that none of them can fail to be read.
        by_words.or_else(|| session::renamed_from(self.sides.snapshots[0], suite, |id| !new.holds(id)).ok().flatten())
    }

    /// What the suite is compared with: what its gate names, else the base of the review.
    fn baseline(
        &self,
        opened: &Opened,
        plan: &eval::run::Plan<'_>,
        now: &Results,
        wanted: Option<Compare>,
    ) -> std::result::Result<Option<Baseline>, Stop> {
        let compare = wanted.unwrap_or_else(|| Compare::new("merge-base"));
        let base = || Place::At(Box::new(self.sides.snapshots[0].clone()), None, self.was(plan.suite));
        let located = |which: Which<'_>| located(self.desk, &plan.suite.prompt, which);
        let place = baseline::place(self.desk, &compare.baseline, base, located);
        let policy = self.proposed.or(self.ruling);
        match session::replay_baseline(opened, plan, now, compare, place, policy, &self.providers) {
            Ok(baseline) => Ok(Some(baseline)),
            Err(SessionError::Read(e)) => {
                Err(Stop::Review(Error::usage(e.to_string(), "fetch what is missing: git fetch")))
            }
            Err(other) => Err(Stop::Suite(other.to_string())),
        }
    }
}

/// Why a replay ended early.
enum Stop {
    /// The suite cannot be run; the review goes on.
    Suite(String),
    /// The review itself cannot go on.
    Review(Error),
}

fn count(results: &Results, status: Status) -> usize {
    results.outcomes.iter().filter(|outcome| outcome.status == status).count()
}

impl Suite {
    /// Tells what is new among what does not pass, over answers to equal questions by equal graders.
    fn compare(&mut self, now: &Results, baseline: Option<&Baseline>) {
        let before = baseline.and_then(|baseline| Some((baseline, baseline.results.as_ref()?)));
        let asked = before.map(|(_, results)| by_question(results)).unwrap_or_default();
        let (mut passed, mut answers) = (0, 0);
        let mut cases: Vec<Repeats> = Vec::new();
        for outcome in &now.outcomes {
            let question = now.models.get(outcome.model).map(|model| (model, outcome.case.as_str(), outcome.sample));
            let twin = question.and_then(|(model, case, n)| asked.get(&(model.clone(), case.to_owned(), n)));
            let twin = twin.filter(|twin| (twin.0, twin.1) == (outcome.inputs, outcome.grader));
            let then = twin.map(|twin| twin.2).filter(|s| matches!(s, Status::Passed | Status::Failed));
            answers += usize::from(then.is_some());
            passed += usize::from(then == Some(Status::Passed));
            // Results hold the repeats of a case one after another.
            if cases
                .last()
                .is_none_or(|last| (last.model, last.case.as_str()) != (outcome.model, outcome.case.as_str()))
            {
                cases.push(Repeats::of(&outcome));
            }
            if let Some(last) = cases.last_mut() {
                last.add(then, &outcome);
            }
        }
        for case in cases {
            let Repeats { then, now, .. } = case;
            match () {
                () if now.0 == now.1 => {
                    // What was not asked, or has no answer on file, is counted elsewhere.
                    if now.1 > 0 && then.1 > 0 && then.0 == 0 {
                        self.newly_passing.push(case.case);
                    }
                }
                () if then.1 > 0 && then.0 == then.1 && now.0 == 0 => self.newly_failing.push(case.held()),
                // Parts of a pass are compared crosswise.
                () if then.1 > 0 && then.0 * now.1 > now.0 * then.1 => self.less_often.push(case.fell()),
                () => self.failing.push(case.held()),
            }
        }
        if let Some((baseline, _)) = before.filter(|_| answers > 0) {
            self.before = Some(Before { name: baseline.compare.baseline.clone(), passed, answers });
        }
    }
}

/// A case with one model, over all the times that it was asked.
struct Repeats {
    model: usize,
    case: String,
    /// How many passed there, of those that can be compared.
    then: (usize, usize),
    /// How many pass here, of those that were graded or ended in an error.
    now: (usize, usize),
    /// Why the first that does not pass does not.
    reason: Option<String>,
}

impl Repeats {
    fn of(outcome: &Outcome) -> Self {
        Self { model: outcome.model, case: outcome.case.clone(), then: (0, 0), now: (0, 0), reason: None }
    }

    fn add(&mut self, then: Option<Status>, now: &Outcome) {
        self.then.0 += usize::from(then == Some(Status::Passed));
        self.then.1 += usize::from(then.is_some());
        let bad = matches!(now.status, Status::Failed | Status::Error);
        self.now.0 += usize::from(now.status == Status::Passed);
        self.now.1 += usize::from(bad || now.status == Status::Passed);
        if bad {
            self.reason.get_or_insert_with(|| now.reason.clone());
        }
    }

    fn held(self) -> Held {
        Held { case: self.case, reason: self.reason.unwrap_or_default() }
    }

    /// The same with how often it passed, and passes.
    fn fell(self) -> Held {
        let (then, now) = (self.then, self.now);
        let mut held = self.held();
        held.reason = format!("{} of {} pass, {} of {} before: {}", now.0, now.1, then.0, then.1, held.reason);
        held
    }
}

/// What was put in, what graded it and how it ended, by the model, the case and the repeat.
fn by_question(results: &Results) -> BTreeMap<(ModelName, String, u32), (Digest, Digest, Status)> {
    let one = |o: &Outcome| {
        let model = results.models.get(o.model)?.clone();
        Some(((model, o.case.clone(), o.sample), (o.inputs, o.grader, o.status)))
    };
    results.outcomes.iter().filter_map(|outcome| one(&outcome)).collect()
}
