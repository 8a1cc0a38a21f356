//! Running suites: each with its baseline, then all of them held against one rate of false alarms.

use std::collections::BTreeSet;

use eval::gate::{Baseline, Standing, Verdict, across, judge};
use eval::recording::Recordings;
use eval::report::Reported;
use eval::run::{Ended, Event, Finished, Keep, Miss, Mode, Outcome, Plan, Results, Shard, Spent, Status};
use eval::session::{self, Opened, Other};
use eval::suite::{Budget, Compare, Sample, Suite};
use prompt::Catalog;
use repo::Oid;
use repo::files::Lock;
use source::{Digest, EnvName, Files, PromptId};

use super::again::again;
use super::baseline::{self, Place};
use super::journal::{self, Journal};
use super::unplanned::unplanned;
use super::{Bar, Bench, selection};
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::report as findings;

/// Up to so many answers are all kept in reports.
const READ_THROUGH: usize = 100;

/// How suites are run.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    /// Where answers come from.
    pub(crate) mode: Mode,
    /// Models instead of the suites' own.
    pub(crate) models: &'a [String],
    /// A sample of this many cases.
    pub(crate) sample: Option<u32>,
    /// One part of several.
    pub(crate) shard: Option<Shard>,
    /// How often each case is asked.
    pub(crate) repeat: Option<std::num::NonZeroU32>,
    /// Whether to go on with a run that was cut off.
    pub(crate) resume: bool,
    /// What it may spend, besides what suites say.
    pub(crate) budget: Budget,
    /// How many requests at once.
    pub(crate) concurrency: Option<usize>,
    /// What to compare with.
    pub(crate) against: Against<'a>,
    /// The branch that a merge base is taken with.
    pub(crate) base: Option<&'a str>,
    /// The revision under test, where it is not the worktree.
    pub(crate) rev: Option<&'a str>,
    /// Whether the prompts were named.
    pub(crate) has_ids: bool,
    /// Whether what comes of it is to be signed.
    pub(crate) attests: bool,
}

/// What to compare with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Against<'a> {
    /// What each suite says.
    Own,
    /// This, whatever suites say.
    Named(&'a str),
    /// Nothing.
    Nothing,
}

/// A suite that was run and judged.
pub(crate) struct Ran {
    /// What came of it.
    pub(crate) results: Results,
    /// What it was compared with.
    pub(crate) baseline: Option<Baseline>,
    /// What it comes to.
    pub(crate) verdict: Verdict,
    /// Whether anybody was asked for it just now.
    pub(crate) asked: bool,
    /// Its answers, where they are kept until it is signed.
    pub(crate) journal: Option<Journal>,
}

impl Ran {
    /// As reports take it, with the suite that was run.
    pub(crate) fn reported<'a>(&'a self, opened: &'a Opened) -> Reported<'a> {
        let (baseline, suite) = (self.baseline.as_ref(), opened.suite.as_ref());
        Reported { results: &self.results, verdict: &self.verdict, baseline, suite }
    }
}

/// Runs `suites` in their order, until somebody interrupts.
pub(crate) fn all(suites: &[Opened], course: &Course<'_>, bench: &Bench<'_>) -> Result<Vec<Ran>, Failure> {
    let mut ran = Vec::new();
    for opened in suites {
        ran.push(one(opened, course, bench)?);
        if interrupt::pending() {
            break;
        }
    }
    together(&mut ran);
    Ok(ran)
}

/// Holds the comparisons of all suites against one rate of false alarms.
pub(crate) fn together(ran: &mut [Ran]) {
    let mut verdicts: Vec<&mut Verdict> = ran.iter_mut().map(|r| &mut r.verdict).collect();
    across(&mut verdicts);
}

fn one(opened: &Opened, course: &Course<'_>, bench: &Bench<'_>) -> Result<Ran, Failure> {
    let mut plan = course.plan(opened, bench)?;
    let mut journal = Journal::open(&plan, course.resume, bench)?;
    let carried = journal.as_ref().map(|j| j.carried.clone());
    plan.carried = carried.as_ref();
    plan.spent_before = spent_before(&plan);
    plan.journal = journal.is_some();
    let finished = go(&plan, opened, &mut journal, bench)?;
    let mut recorded = finished.recorded;
    let mut results = finished.results;
    results.asked_at = journal.as_ref().and_then(|journal| journal.asked_at).filter(|_| results.is_live());
    let baseline = match course.compare(plan.suite) {
        None => course.declined(&plan),
        Some(compare) if results.ended != Ended::Complete => {
            Some(Baseline::without(compare, Standing::Refused, "this run did not reach its end"))
        }
        Some(compare) => {
            let (baseline, more) = course.baseline(compare, opened, &plan, &results, &mut journal, bench)?;
            recorded.add(&more);
            Some(baseline)
        }
    };
    if plan.mode == Mode::Record {
        // A run that is cut off at once has not come to what it carried: that goes to the file all the same.
        let mut all = carried.clone().unwrap_or_default();
        all.add(&recorded);
        recorded = all;
    }
    keep(&plan, &recorded, bench)?;
    let before = baseline.as_ref().and_then(|b| b.results.as_ref());
    let asked = [Some(&results), before].into_iter().flatten().any(|r| r.spent.requests > 0);
    if let Some(open) = &journal {
        let ended = |how| [Some(&results), before].into_iter().flatten().any(|r| r.ended == how);
        let whole = !ended(Ended::Interrupted) && !ended(Ended::BudgetSpent);
        // A run that goes on may end before it asks: then what it went on with is all there is.
        let nothing = !asked && open.carried.is_empty();
        // What is on file is a recording to the next run, and no longer live: until it is signed the journal keeps it.
        let is_waited_for = course.attests && whole && !nothing;
        if !is_waited_for {
            open.close(whole || nothing || plan.mode == Mode::Record, ended(Ended::BudgetSpent), bench);
            journal = None;
        }
    }
    let demands = bench.rules.demands(plan.suite, opened.risk);
    let mut verdict = judge(plan.suite, &results, baseline.as_ref(), &demands);
    let prompt = &plan.suite.prompt;
    verdict.ask_by(prompt, |how| again(&bench.app.words, prompt.as_str(), course.has_ids, how));
    Ok(Ran { results, baseline, verdict, asked, journal })
}

/// What a run that goes on took before. Recorded answers are on file, whichever run they are of.
pub(super) fn spent_before(plan: &Plan<'_>) -> Spent {
    plan.carried.filter(|_| plan.mode != Mode::Record).map(Spent::of).unwrap_or_default()
}

fn go(plan: &Plan<'_>, opened: &Opened, journal: &mut Option<Journal>, bench: &Bench<'_>) -> Result<Finished, Failure> {
    let mut bar = Bar::new(&opened.path, bench.app);
    let mut watch = |event: Event<'_>| match (&event, journal.as_mut()) {
        (Event::Recorded(entry), Some(journal)) => journal.note(entry),
        (Event::Rest, Some(journal)) => journal.write(),
        _ => bar.show(&event),
    };
    let finished = eval::run::run(plan, bench.providers, &mut watch, &interrupt::flag());
    drop(bar);
    finished.map_err(|e| unplanned(&e, plan, bench))
}

/// The keys of the recordings that a replay of `opened` uses, its baseline's too, and how many answers are not on file.
pub(crate) fn used(
    opened: &Opened,
    course: &Course<'_>,
    bench: &Bench<'_>,
) -> Result<(BTreeSet<Digest>, usize), Failure> {
    let mut plan = course.plan(opened, bench)?;
    plan.traces = true;
    let finished = go(&plan, opened, &mut None, bench)?;
    // Answers to encrypted cases are never on file, and nobody waits for them.
    let sealed: BTreeSet<String> = plan.suite.cases.iter().filter(|c| c.sealed).map(|c| c.id.clone()).collect();
    let lacks = |o: &Outcome| o.status == Status::Missing && !sealed.contains(&o.case);
    let missing = |r: &Results| r.outcomes.iter().filter(|o| lacks(o)).count();
    let (mut used, mut misses) = (finished.used, missing(&finished.results));
    if let Some(compare) = course.compare(plan.suite)
        && let Side::There(other) = course.other(compare, opened, &plan, bench)?
        && let Some(there) = other.plan(&plan, None).map_err(|e| Failure::of(Exit::Usage, &e))?
    {
        let finished = go(&there, opened, &mut None, bench)?;
        used.extend(finished.used);
        misses += missing(&finished.results);
    }
    Ok((used, misses))
}

/// So many misses are told one by one.
const TOLD: usize = 20;

/// How many answers (to `case`, where one is named) a replay of `plan` finds without what the judge said of them, and why,
/// of the first few.
pub(crate) fn ungraded(plan: &Plan<'_>, case: Option<&str>, bench: &Bench<'_>) -> Result<(usize, Vec<Miss>), Failure> {
    let (mut count, mut told) = (0, Vec::new());
    if plan.judge.is_none() && plan.embeddings.is_none() {
        return Ok((count, told));
    }
    let mut watch = |event: Event<'_>| match event {
        Event::Missed(miss) if miss.helping.is_some() && case.is_none_or(|case| case == miss.case) => {
            count += 1;
            if told.len() < TOLD {
                told.push(miss.clone());
            }
        }
        _ => {}
    };
    eval::run::run(plan, bench.providers, &mut watch, &interrupt::flag()).map_err(|e| unplanned(&e, plan, bench))?;
    Ok((count, told))
}

impl<'a> Course<'a> {
    /// A replay of everything, with what suites compare with.
    pub(crate) fn replay(models: &'a [String], base: Option<&'a str>) -> Self {
        Self {
            mode: Mode::Replay,
            models,
            sample: None,
            shard: None,
            repeat: None,
            resume: false,
            budget: Budget::default(),
            concurrency: None,
            against: Against::Own,
            base,
            rev: None,
            has_ids: false,
            attests: false,
        }
    }
}

impl Course<'_> {
    pub(crate) fn plan<'o>(&self, opened: &'o Opened, bench: &Bench<'_>) -> Result<Plan<'o>, Failure> {
        let plan = opened.plan(bench.catalog.routes(), bench.rules.own(), self.mode, self.models);
        let mut plan = plan.map_err(|e| Failure::of(Exit::Usage, &e))?;
        bench.rules.price(&mut plan);
        (plan.shard, plan.repeat, plan.concurrency) = (self.shard, self.repeat, self.concurrency);
        plan.budget = self.budget.clone();
        // Of a run that a person reads through, every answer is shown; of others, what did not pass.
        if answers_within(&plan, READ_THROUGH) {
            plan.keep = Keep::All;
        }
        plan.traces = false;
        if let Some(n) = self.sample {
            let own = plan.suite.sample.as_ref();
            let stratify_by = own.and_then(|s| s.stratify_by.clone());
            plan.sample = Some(Sample { n, seed: own.map_or(0, |s| s.seed), stratify_by });
        }
        Ok(plan)
    }

    /// What a run of `suite` is compared with.
    pub(crate) fn compare(&self, suite: &Suite) -> Option<Compare> {
        match self.against {
            Against::Own => baseline::wanted(suite, None),
            Against::Named(name) => baseline::wanted(suite, Some(name)),
            Against::Nothing => None,
        }
    }

    /// What stands for the comparison that a suite asks for and --no-compare does not want.
    fn declined(&self, plan: &Plan<'_>) -> Option<Baseline> {
        let compare = baseline::wanted(plan.suite, None)?;
        Some(Baseline::without(compare, Standing::Declined, "--no-compare"))
    }

    /// Runs the baseline beside `plan`, which came to `now`; also gives what was recorded.
    fn baseline(
        &self,
        compare: Compare,
        opened: &Opened,
        plan: &Plan<'_>,
        now: &Results,
        journal: &mut Option<Journal>,
        bench: &Bench<'_>,
    ) -> Result<(Baseline, Recordings), Failure> {
        let name = compare.baseline.clone();
        let other = match self.other(compare, opened, plan, bench)? {
            Side::Absent(baseline) => return Ok((*baseline, Recordings::default())),
            Side::There(other) => *other,
        };
        let there = other.plan(plan, Some(now)).map_err(|e| Failure::of(Exit::Usage, &e))?;
        let Some(mut there) = there else { return Ok((other.ran(None), Recordings::default())) };
        (there.carried, there.journal) = (plan.carried, plan.journal);
        bench.app.terminal.detail(format!("{}: running {name}", opened.path));
        let finished = go(&there, opened, journal, bench)?;
        drop(there);
        Ok((other.ran(Some(finished.results)), finished.recorded))
    }

    /// The other side of the comparison.
    pub(super) fn other(
        &self,
        compare: Compare,
        opened: &Opened,
        plan: &Plan<'_>,
        bench: &Bench<'_>,
    ) -> Result<Side, Failure> {
        let id = &plan.suite.prompt;
        let found = baseline::find(&compare.baseline, id, self.base, self.rev, bench.repo, bench.app);
        let found = found.map_err(|failure| match self.against {
            Against::Own => failure.asked_in(&plan.suite.place_of(&["gate", "compare", "baseline"])),
            Against::Named(_) | Against::Nothing => failure,
        });
        match found? {
            Place::Absent(why) => {
                known(&compare.baseline, bench)?;
                Ok(Side::Absent(Box::new(Baseline::without(compare, Standing::Absent, why))))
            }
            Place::At(commit, files) => {
                let was = was(plan.suite, commit, &*files, bench)?;
                let (at, commit) = ((&*files, bench.keys), Some(commit.to_string()));
                let other = session::against(opened, plan, at, compare, commit, bench.rules.own(), was.as_ref())?;
                Ok(Side::There(Box::new(other)))
            }
        }
    }
}

/// Whether `plan` comes to at most so many answers, repeats included.
fn answers_within(plan: &Plan<'_>, most: usize) -> bool {
    let cases = &plan.suite.cases;
    let repeats = |own: u32| plan.repeat.map_or(own, std::num::NonZeroU32::get) as usize;
    // Long suites are not gone through for it.
    cases.len() * plan.targets.len() <= most
        && cases.iter().map(|case| repeats(case.repeat)).sum::<usize>() * plan.targets.len() <= most
}

/// The id that `commit` has the prompt of `suite` under, where it was renamed since: by its words, else by its cases.
fn was(suite: &Suite, commit: Oid, files: &dyn Files, bench: &Bench<'_>) -> Result<Option<PromptId>, Failure> {
    let id = &suite.prompt;
    if files.file(&id.path())?.is_some() {
        return Ok(None);
    }
    let before = Catalog::load(&bench.repo.commit_snapshot(commit, "the baseline")?);
    match check::renames::renames(&before, &bench.catalog).remove(id) {
        Some(twin) => Ok(Some(twin.id)),
        None => Ok(session::renamed_from(files, suite, |there| !bench.catalog.holds(there))?),
    }
}

/// Refuses an environment of which nothing is live because there is none of that name.
fn known(baseline: &str, bench: &Bench<'_>) -> Result<(), Failure> {
    let env = baseline.strip_prefix("env:").and_then(|name| name.parse::<EnvName>().ok());
    let (Some(env), Some(policy)) = (env, bench.rules.own()) else { return Ok(()) };
    if policy.environment(&env).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = policy.environments().iter().map(|e| e.name.as_str()).collect();
    let what = format!("find the environment `{env}`: policies/policy.yaml names {}", names.join(", "));
    Err(Failure::new(Exit::Usage, what).help("name one of these, or add it to policies/policy.yaml"))
}

/// The other side of a comparison.
pub(super) enum Side {
    /// It can be run.
    There(Box<Other>),
    /// There is nothing yet.
    Absent(Box<Baseline>),
}

/// Writes what was recorded for a suite beside what its file holds by now: another part of the run may have added to it.
fn keep(plan: &Plan<'_>, recorded: &Recordings, bench: &Bench<'_>) -> Result<(), Failure> {
    if recorded.is_empty() {
        return Ok(());
    }
    let path = eval::recording::path_of(&plan.suite.name);
    let name = format!("{}.recordings.lock", plan.suite.name.replace('/', "+"));
    let _lock = Lock::wait(&journal::folder(bench).join(name))?;
    let bytes = bench.repo.open_file(&path)?.unwrap_or_else(|| [].into());
    let mut recordings = Recordings::read_file(&path, &bytes).map_err(|found| {
        findings::instead(&selection::report(found, bench), bench.app);
        Failure::new(Exit::Usage, format!("add to {path}: it has errors since this run began"))
            .help("mend it, then run again with --resume")
    })?;
    recordings.add(recorded);
    let mut written = 0;
    bench.repo.write_file_pieces(&path, |take| {
        recordings.write(&mut |line| {
            written += line.len();
            take(line);
        });
    })?;
    let answers = source::render::counted(recorded.len(), "answer");
    let size = super::size(written);
    bench.app.terminal.say(format!("recorded {answers} in {path}, which now has {size}"));
    Ok(())
}
