//! The threads of a run: tasks out, outcomes back in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use prompt::request;
use serde_json::Value;
use source::{Digest, ModelName};

use super::ask::{Desk, Line, Without};
use super::budget::Purse;
use super::grader::{Bench, CaseGrader, judge_prompt, lock};
use super::outcome::{Component, Ended, Miss, Origin, Outcome, Results, Status};
use super::plan::{Keep, Mode, Plan, PlanError, Target};
use super::tools;
use crate::assertion::{Graded, Subject, grade};
use crate::provider::Providers;
use crate::recording::Entry;
use crate::suite::{Case, fit_vars};
use crate::{Answer, ecma};

/// How far tasks may run ahead of the first that is not done; bounds what waits to be put in order.
const AHEAD: usize = 4096;

/// How many misses are kept.
const MISSES: usize = 20;

/// What happens during a run, told on the thread that called [`run`].
#[derive(Debug)]
pub enum Event<'a> {
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
    /// The next outcome in order, with its output.
    Outcome(&'a Outcome, Option<&'a Value>),
}

/// What a run leaves behind.
#[derive(Debug)]
pub struct Finished {
    /// What came of it.
    pub results: Results,
    /// New answers, in the order of the outcomes.
    pub recorded: Vec<Entry>,
    /// The keys that were looked up or recorded: what pruning keeps.
    pub used: BTreeSet<Digest>,
}

/// One repeat of one case with one model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) target: usize,
    pub(super) case: usize,
    pub(super) sample: u32,
}

struct Done {
    outcome: Outcome,
    output: Option<Value>,
    fresh: Vec<Entry>,
    miss: Option<Miss>,
}

/// Every task of `plan`, by model, then case, then repeat.
pub(super) fn tasks(plan: &Plan<'_>) -> Vec<Task> {
    let cases = plan.positions();
    let mut tasks = Vec::new();
    for target in 0..plan.targets.len() {
        for &case in &cases {
            let repeat = plan.repeat.map_or(plan.suite.cases[case].repeat, std::num::NonZeroU32::get);
            tasks.extend((0..repeat).map(|sample| Task { target, case, sample }));
        }
    }
    tasks
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
    let tasks = tasks(plan);
    if tasks.is_empty() && plan.shard.is_none() {
        return Err(PlanError::Empty(plan.suite.name.clone()));
    }
    let lines = lines(plan, providers)?;
    let bench = bench(plan, providers)?;
    let desk = Desk {
        mode: plan.mode,
        recordings: plan.recordings,
        carried: plan.carried,
        keeps: plan.mode.keeps() || plan.journal,
        secrets: providers.secrets().clone(),
        purse: Purse::new(plan.limits()),
        cancel,
        broke: AtomicBool::new(false),
        used: Mutex::default(),
    };
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
            let done = one(plan, *task, &desk, lines[task.target].as_ref(), &bench, &tools[task.target]);
            if sender.send((index, done)).is_err() {
                return;
            }
        }
    };
    let mut collector = Collector::new(plan, tasks.len());
    std::thread::scope(|scope| {
        let (sender, done) = mpsc::sync_channel(workers.max(1) * 4);
        for _ in 0..workers {
            let sender = sender.clone();
            let started = std::thread::Builder::new().name("case".to_owned()).stack_size(2 << 20);
            // With fewer threads than wanted the run is slower, not other; with none the loop below ends at once.
            let _ = started.spawn_scoped(scope, || work(sender));
        }
        drop(sender);
        for (index, done) in done {
            collector.take(index, done, watch);
            shown.store(collector.next, Ordering::Relaxed);
        }
    });
    let ended = if cancel.load(Ordering::Relaxed) {
        Ended::Interrupted
    } else if desk.broke.load(Ordering::Relaxed) {
        Ended::BudgetSpent
    } else {
        Ended::Complete
    };
    let used = std::mem::take(&mut *lock(&desk.used));
    Ok(collector.finish(ended, &desk, used))
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
fn lines(plan: &Plan<'_>, providers: &Providers) -> Result<Vec<Option<Line>>, PlanError> {
    let asks = plan.suite.cases.iter().any(|c| c.stored.is_none());
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
    Ok(Line::new(provider, price))
}

fn bench(plan: &Plan<'_>, providers: &Providers) -> Result<Bench, PlanError> {
    let mut bench = Bench::default();
    if let Some(judge) = &plan.judge {
        bench.judge = Some((line(providers, &judge.model, judge.price)?, judge_prompt(&judge.model)));
    }
    if let Some(embeddings) = &plan.embeddings {
        bench.embeddings = Some((line(providers, &embeddings.model, embeddings.price)?, embeddings.model.clone()));
    }
    Ok(bench)
}

fn one(plan: &Plan<'_>, task: Task, desk: &Desk<'_>, line: Option<&Line>, bench: &Bench, tools: &[Value]) -> Done {
    let case = &plan.suite.cases[task.case];
    let mut done = Done { outcome: blank(case, task), output: None, fresh: Vec::new(), miss: None };
    if desk.cancel.load(Ordering::Relaxed) {
        return done;
    }
    let compiled = &plan.targets[task.target].compiled;
    let mut question = String::new();
    let answer = match &case.stored {
        Some(stored) => {
            done.outcome.origin = Some(Origin::Stored);
            (**stored).clone()
        }
        None => {
            let messages = match plan.targets[task.target].renderer.render(&fit_vars(compiled, &case.vars)) {
                Ok(messages) => messages,
                Err(error) => return done.error(format!("could not {error}")),
            };
            if bench.judge.is_some() {
                question = request::text(&messages);
            }
            let Some(line) = line else { return done.error("nobody can be asked".to_owned()) };
            let prepared = match line.provider.prepare(compiled, &messages) {
                Ok(prepared) => prepared,
                Err(error) => return done.error(format!("could not {error}")),
            };
            match desk.ask(line, &prepared, task.sample, &case.id, compiled.parameters.max_tokens) {
                Ok(got) => {
                    done.outcome.origin = Some(got.origin);
                    done.fresh.extend(got.fresh.map(|e| *e));
                    got.answer
                }
                Err(Without::Failed(failure)) => return done.error(format!("could not {failure}")),
                Err(Without::Ended) => return done,
                Err(Without::Missing(miss)) => return done.missing(miss),
            }
        }
    };
    let grader = CaseGrader {
        desk,
        bench,
        case: &case.id,
        sample: task.sample,
        fresh: Mutex::default(),
        missing: Mutex::default(),
        ended: Mutex::new(false),
        replayed: Mutex::new(false),
        votes: plan.suite.votes(),
        tally: Mutex::default(),
    };
    let text = ecma::text_of(&answer.output);
    let subject =
        Subject { answer: &answer, text: &text, vars: &case.vars, tools, question: &question, grader: &grader };
    let graded = grade(&case.asserts, case.threshold, &subject);
    done.fresh.append(&mut lock(&grader.fresh));
    if let Some(miss) = lock(&grader.missing).take() {
        return done.missing(miss);
    }
    if *lock(&grader.ended) {
        return done;
    }
    if *lock(&grader.replayed) && done.outcome.origin == Some(Origin::Live) {
        // A verdict that rests on a recording is no live one.
        done.outcome.origin = Some(Origin::Recorded);
    }
    done.answered(&answer, &text);
    done.outcome.judged = std::mem::take(&mut *lock(&grader.tally));
    match graded {
        Ok(graded) => done.graded(graded),
        Err(error) => done.error(format!("could not {error}")),
    }
}

fn blank(case: &Case, task: Task) -> Outcome {
    Outcome {
        model: task.target,
        case: case.id.clone(),
        description: case.description.clone(),
        cluster: case.cluster.clone(),
        sample: task.sample,
        status: Status::Skipped,
        score: 0.0,
        reason: "not reached".to_owned(),
        metrics: BTreeMap::new(),
        components: Vec::new(),
        output: None,
        output_digest: None,
        origin: None,
        latency_ms: None,
        usage: None,
        cost: None,
        judged: Vec::new(),
        inputs: case.inputs,
        grader: case.grader,
    }
}

impl Done {
    fn error(mut self, reason: String) -> Self {
        self.outcome.status = Status::Error;
        self.outcome.reason = reason;
        self
    }

    fn missing(mut self, miss: Miss) -> Self {
        self.outcome.status = Status::Missing;
        self.outcome.reason = format!("not on file; {}", miss.nearest);
        self.miss = Some(miss);
        self
    }

    fn answered(&mut self, answer: &Answer, text: &str) {
        self.outcome.output_digest = Some(Digest::of(text.as_bytes()));
        self.outcome.latency_ms = answer.latency_ms;
        self.outcome.usage = answer.usage;
        self.outcome.cost = answer.cost;
        self.output = Some(answer.output.clone());
    }

    fn graded(mut self, graded: Graded) -> Self {
        self.outcome.status = if graded.pass { Status::Passed } else { Status::Failed };
        self.outcome.score = graded.score;
        self.outcome.reason = graded.reason;
        self.outcome.metrics = graded.metrics;
        self.outcome.components = graded
            .components
            .into_iter()
            .map(|c| Component {
                kind: c.kind,
                member: c.member,
                pass: c.grade.pass,
                score: c.grade.score,
                weight: c.weight,
                reason: c.grade.reason,
            })
            .collect();
        self
    }
}

/// Puts outcomes in order and keeps what is asked for.
struct Collector<'a> {
    plan: &'a Plan<'a>,
    total: usize,
    done: usize,
    next: usize,
    waiting: BTreeMap<usize, Done>,
    outcomes: Vec<Outcome>,
    recorded: Vec<Entry>,
    misses: Vec<Miss>,
}

impl<'a> Collector<'a> {
    fn new(plan: &'a Plan<'a>, total: usize) -> Self {
        Self {
            plan,
            total,
            done: 0,
            next: 0,
            waiting: BTreeMap::new(),
            outcomes: Vec::with_capacity(total),
            recorded: Vec::new(),
            misses: Vec::new(),
        }
    }

    fn take(&mut self, index: usize, done: Done, watch: &mut dyn FnMut(Event<'_>)) {
        self.done += 1;
        let (status, case) = (done.outcome.status, &done.outcome.case);
        watch(Event::Progress { done: self.done, total: self.total, status, case });
        for entry in &done.fresh {
            watch(Event::Recorded(entry));
        }
        self.waiting.insert(index, done);
        while let Some(mut done) = self.waiting.remove(&self.next) {
            self.next += 1;
            watch(Event::Outcome(&done.outcome, done.output.as_ref()));
            let passed = done.outcome.status == Status::Passed;
            let keep = match &self.plan.keep {
                Keep::All => true,
                Keep::Also(cases) => !passed || cases.contains(&done.outcome.case),
                Keep::NotPassed => !passed,
                Keep::Nothing => false,
            };
            if keep {
                done.outcome.output = done.output.take();
            } else if passed {
                done.outcome.components = Vec::new();
            }
            if self.plan.mode.keeps() {
                self.recorded.append(&mut done.fresh);
            }
            if self.misses.len() < MISSES {
                self.misses.extend(done.miss);
            }
            self.outcomes.push(done.outcome);
        }
    }

    fn finish(self, ended: Ended, desk: &Desk<'_>, used: BTreeSet<Digest>) -> Finished {
        let suite = self.plan.suite;
        let results = Results {
            suite: suite.name.clone(),
            prompt: suite.prompt.to_string(),
            suite_digest: suite.digest,
            dataset: suite.dataset,
            content: self.plan.content,
            mode: self.plan.mode.as_str().to_owned(),
            models: self.plan.targets.iter().map(|t| t.compiled.model.clone()).collect(),
            parameters: self.plan.targets.iter().map(Target::parameters).collect(),
            shard: self.plan.shard,
            outcomes: self.outcomes,
            spent: desk.purse.spent(),
            ended,
            misses: self.misses,
        };
        Finished { results, recorded: self.recorded, used }
    }
}
