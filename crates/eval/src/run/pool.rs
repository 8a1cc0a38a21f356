//! The threads of a run: tasks out, outcomes back in order.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use serde_json::Value;
use source::{Digest, ModelName};

use super::ask::{Desk, Line};
use super::collect::Collector;
use super::grader::{Bench, judge_prompt, lock};
use super::one::{Done, one};
use super::outcome::{Ended, Miss, Outcome, Results, Status};
use super::plan::{Mode, Plan, PlanError, Target};
use super::tasks::Tasks;
use super::tools;
use super::waiting::Waiting;
use crate::provider::Providers;
use crate::recording::{Entry, Recordings};

/// How far tasks may run ahead of the first that is not done; bounds what waits to be put in order.
const AHEAD: usize = 4096;

/// How often it is looked whether somebody cancelled.
const TICK: std::time::Duration = std::time::Duration::from_millis(50);

/// Where nothing comes for so long, what is waited for is told, and again every second.
const QUIET: std::time::Duration = std::time::Duration::from_secs(2);
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// Where many answers come within so long they are taken together so often: to be woken for each takes as long as to grade
/// it. What comes meanwhile is in no journal yet, so that answers that are dear, which come one by one, are taken at once.
const NAP: std::time::Duration = std::time::Duration::from_millis(2);
const MANY: usize = 16;

/// So many may be done before any is taken: more than come during a nap.
const DONE: usize = 1024;

/// What happens during a run, told on the thread that called [`run`].
#[derive(Debug)]
pub enum Event<'a> {
    /// The run begins.
    Begun {
        /// Tasks in all.
        total: usize,
    },
    /// Nothing came for a while: what is waited for.
    Waiting(&'a Waiting),
    /// An answer was graded, in whatever order.
    Progress {
        /// Tasks done.
        done: usize,
        /// Tasks in all.
        total: usize,
        /// How this one ended.
        status: Status,
        /// Its case.
        case: &'a str,
    },
    /// A new answer for the recordings: worth writing to a journal at once, so that a run that is killed can go on.
    Recorded(&'a Entry),
    /// Something that is not on file, in order.
    Missed(&'a Miss),
    /// The next outcome in order, with its output.
    Outcome(&'a Outcome, Option<&'a Value>),
    /// All that came is told: what was held back so far is to be written now.
    Rest,
}

/// What a run leaves behind.
#[derive(Debug)]
pub struct Finished {
    /// What came of it.
    pub results: Results,
    /// New answers.
    pub recorded: Recordings,
    /// The keys that were looked up or recorded: what pruning keeps.
    pub used: BTreeSet<Digest>,
}

/// Runs `plan`.
///
/// `watch` is told what happens; `cancel`, once set, ends the run with what is done. The results are the same for every
/// order of the answers.
pub fn run(
    plan: &Plan<'_>,
    providers: &Providers,
    watch: &mut dyn FnMut(Event<'_>),
    cancel: &AtomicBool,
) -> Result<Finished, PlanError> {
    let tasks = Tasks::of(plan);
    if tasks.is_empty() && plan.shard.is_none() {
        return Err(PlanError::Empty(plan.suite.name.clone()));
    }
    plan.affordable(&tasks)?;
    let lines = lines(plan, providers)?;
    let bench = bench(plan, providers)?;
    let desk = Desk::new(plan, plan.mode, providers, cancel);
    // A part of a small suite may hold no case: that is a result too.
    let workers = workers(plan, &lines).min(tasks.len());
    let (next, shown) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let tools: Vec<Vec<Value>> = plan.targets.iter().map(|t| tools(&t.compiled)).collect();
    let work = |sender: mpsc::SyncSender<(usize, Done)>| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(index) else { return };
            while index > shown.load(Ordering::Relaxed) + AHEAD {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            let done = one(plan, task, &desk, lines[task.target].as_ref(), &bench, &tools[task.target]);
            if sender.send((index, done)).is_err() {
                return;
            }
        }
    };
    let mut collector = Collector::new(plan, tasks.len());
    watch(Event::Begun { total: tasks.len() });
    std::thread::scope(|scope| {
        let (sender, done) = mpsc::sync_channel(DONE);
        for _ in 0..workers {
            let sender = sender.clone();
            let started = std::thread::Builder::new().name("case".to_owned()).stack_size(2 << 20);
            // With fewer threads than wanted the run is slower, not other; with none the loop below ends at once.
            let _ = started.spawn_scoped(scope, || work(sender));
        }
        drop(sender);
        let mut gave_up = false;
        let mut last = Instant::now();
        let mut told = last;
        let (mut since, mut taken) = (last, 0);
        loop {
            match done.recv_timeout(TICK) {
                Ok((index, first)) => {
                    last = Instant::now();
                    let before = collector.done;
                    collector.take(index, first, watch);
                    done.try_iter().for_each(|(index, next)| collector.take(index, next, watch));
                    taken += collector.done - before;
                    shown.store(collector.next, Ordering::Relaxed);
                    watch(Event::Rest);
                    let are_many = taken >= MANY;
                    if are_many || since.elapsed() >= NAP {
                        (since, taken) = (Instant::now(), 0);
                    }
                    if are_many {
                        std::thread::sleep(NAP);
                    }
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if last.elapsed() >= QUIET
                        && told.elapsed() >= AGAIN
                        && let Some(waiting) = desk.waits.now()
                    {
                        told = Instant::now();
                        watch(Event::Waiting(&waiting));
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            if !gave_up && cancel.load(Ordering::Relaxed) {
                gave_up = true;
                let helpers = bench.judge.iter().map(|(line, _)| line).chain(bench.embeddings.iter().map(|(l, _)| l));
                lines.iter().flatten().chain(helpers).for_each(|line| line.provider.give_up());
            }
        }
    });
    let ended = if cancel.load(Ordering::Relaxed) {
        Ended::Interrupted
    } else if desk.broke.load(Ordering::Relaxed) {
        Ended::BudgetSpent
    } else {
        Ended::Complete
    };
    let used = desk.used.as_ref().map(|used| std::mem::take(&mut *lock(used))).unwrap_or_default();
    Ok(collector.finish(ended, &desk, providers.own(plan.providers()), used))
}

fn workers(plan: &Plan<'_>, lines: &[Option<Line>]) -> usize {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let widest = lines.iter().flatten().map(|l| l.provider.concurrency()).max().unwrap_or(cores);
    match plan.mode {
        Mode::Replay => cores,
        _ => plan.concurrency.unwrap_or(widest).max(1),
    }
}

/// A line for each target; none where every answer stands in the suite.
pub(super) fn lines(plan: &Plan<'_>, providers: &Providers) -> Result<Vec<Option<Line>>, PlanError> {
    let asks = plan.suite.cases.shared().may_ask();
    let line = |target: &Target| {
        if !asks {
            return Ok(None);
        }
        line(providers, &target.compiled.model, target.price).map(Some)
    };
    plan.targets.iter().map(line).collect()
}

pub(super) fn line(providers: &Providers, model: &ModelName, price: Option<(f64, f64)>) -> Result<Line, PlanError> {
    let provider = providers.get(model.provider()).map_err(|error| match error {
        crate::provider::ProviderError::Unknown(_) => PlanError::NoProvider { model: model.clone() },
        other => PlanError::Provider(other),
    })?;
    Ok(Line::new(provider, model, price))
}

pub(super) fn bench(plan: &Plan<'_>, providers: &Providers) -> Result<Bench, PlanError> {
    let mut bench = Bench::default();
    let [judge, embeddings] = plan.helpers();
    if let Some(judge) = judge {
        bench.judge = Some((line(providers, &judge.model, judge.price)?, judge_prompt(&judge.model)));
    }
    if let Some(embeddings) = embeddings {
        bench.embeddings = Some((line(providers, &embeddings.model, embeddings.price)?, embeddings.model.clone()));
    }
    Ok(bench)
}
