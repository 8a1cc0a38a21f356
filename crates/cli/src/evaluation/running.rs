//! Running suites: each with its baseline, then all of them held against one rate of false alarms.

use eval::gate::{Baseline, Standing, Verdict, across, judge};
use eval::report::Reported;
use eval::run::{Ended, Finished, Mode, Plan, Results, Shard};
use eval::session::{self, Opened};
use eval::suite::Sample;

use super::baseline::{self, Place};
use super::{Bar, Bench};
use crate::exit::{Exit, Failure};
use crate::interrupt;

/// How suites are run.
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
    /// How many requests at once.
    pub(crate) concurrency: Option<usize>,
    /// What to compare with.
    pub(crate) against: Against<'a>,
    /// The branch that a merge base is taken with.
    pub(crate) base: Option<&'a str>,
    /// The revision under test, where it is not the worktree.
    pub(crate) rev: Option<&'a str>,
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
}

impl Ran {
    /// As reports take it.
    pub(crate) fn reported(&self) -> Reported<'_> {
        Reported { results: &self.results, verdict: &self.verdict, baseline: self.baseline.as_ref() }
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
    let plan = course.plan(opened, bench)?;
    let mut finished = go(&plan, opened, bench)?;
    let (baseline, recorded) = match course.compare(&plan) {
        None => (None, Vec::new()),
        Some(compare) if finished.results.ended != Ended::Complete => {
            let why = "this run did not reach its end";
            (Some(Baseline::without(compare, Standing::Refused, why)), Vec::new())
        }
        Some(compare) => {
            let (baseline, recorded) = course.baseline(compare, opened, &plan, &finished.results, bench)?;
            (Some(baseline), recorded)
        }
    };
    finished.recorded.extend(recorded);
    keep(&plan, &finished, bench)?;
    let verdict = judge(plan.suite, &finished.results, baseline.as_ref(), &bench.demands(plan.suite, opened.risk));
    Ok(Ran { results: finished.results, baseline, verdict })
}

fn go(plan: &Plan<'_>, opened: &Opened, bench: &Bench<'_>) -> Result<Finished, Failure> {
    let mut bar = Bar::new(&opened.path, bench.app);
    let finished = eval::run::run(plan, bench.providers, &mut |event| bar.show(&event), &interrupt::flag());
    drop(bar);
    finished.map_err(|e| {
        Failure::of(Exit::Usage, &e)
            .help("define the provider in policies/models.yaml and publish, or give --providers FILE")
    })
}

impl Course<'_> {
    fn plan<'o>(&self, opened: &'o Opened, bench: &Bench<'_>) -> Result<Plan<'o>, Failure> {
        let plan = opened.plan(bench.catalog.routes(), bench.policy, self.mode, self.models);
        let mut plan = plan.map_err(|e| Failure::of(Exit::Usage, &e))?;
        (plan.shard, plan.repeat, plan.concurrency) = (self.shard, self.repeat, self.concurrency);
        if let Some(n) = self.sample {
            let own = plan.suite.sample.as_ref();
            let stratify_by = own.and_then(|s| s.stratify_by.clone());
            plan.sample = Some(Sample { n, seed: own.map_or(0, |s| s.seed), stratify_by });
        }
        Ok(plan)
    }

    fn compare(&self, plan: &Plan<'_>) -> Option<eval::suite::Compare> {
        match self.against {
            Against::Own => baseline::wanted(plan.suite, None),
            Against::Named(name) => baseline::wanted(plan.suite, Some(name)),
            Against::Nothing => None,
        }
    }

    /// Runs the baseline beside `plan`, which came to `now`; also gives what was recorded.
    fn baseline(
        &self,
        compare: eval::suite::Compare,
        opened: &Opened,
        plan: &Plan<'_>,
        now: &Results,
        bench: &Bench<'_>,
    ) -> Result<(Baseline, Vec<eval::recording::Entry>), Failure> {
        let id = &plan.suite.prompt;
        let place = baseline::find(&compare.baseline, id, self.base, self.rev, bench.repo, bench.app)?;
        let (commit, files) = match place {
            Place::Absent(why) => return Ok((Baseline::without(compare, Standing::Absent, why), Vec::new())),
            Place::At(commit, files) => (commit, files),
        };
        let name = compare.baseline.clone();
        let other = session::against(opened, plan, &*files, compare, Some(commit.to_string()), bench.policy)?;
        let there = other.plan(plan, now).map_err(|e| Failure::of(Exit::Usage, &e))?;
        let Some(there) = there else { return Ok((other.ran(None), Vec::new())) };
        bench.app.terminal.detail(format!("{}: running {name} ({})", opened.path, commit.short()));
        let finished = go(&there, opened, bench)?;
        drop(there);
        Ok((other.ran(Some(finished.results)), finished.recorded))
    }
}

/// Writes the recordings of a suite where anything was added.
fn keep(plan: &Plan<'_>, finished: &Finished, bench: &Bench<'_>) -> Result<(), Failure> {
    if finished.recorded.is_empty() {
        return Ok(());
    }
    let mut recordings = plan.recordings.clone();
    finished.recorded.iter().for_each(|entry| recordings.insert(entry.clone()));
    let path = eval::recording::path_of(&plan.suite.name);
    let text = recordings.to_text();
    repo::files::write(&bench.repo.root_dir()?.join(path.as_str()), text.as_bytes())?;
    let answers = source::render::counted(finished.recorded.len(), "answer");
    let size = super::size(text.len());
    bench.app.terminal.say(format!("recorded {answers} in {path}, which now has {size}"));
    Ok(())
}
