//! What a run would take at most, before anything is sent.

use std::sync::atomic::AtomicBool;

use serde::Serialize;
use source::{Digest, ModelName};

use super::ask::Desk;
use super::budget::Worst;
use super::length;
use super::one::{Task, one};
use super::plan::{Mode, Plan, PlanError};
use super::pool::{bench, line, lines};
use super::tasks::Tasks;
use crate::assertion::{Item, Kind};
use crate::provider::{Prepared, Providers};
use crate::recording::Asked;
use crate::suite::{Budget, Case, fit_vars};

/// Tokens that a judge reads besides the answer, and writes, at most.
const JUDGE: (u64, u64) = (1_000, 1_024);

/// An upper bound, as far as prices and lengths are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Requests for answers, without retries.
    pub requests: u64,
    /// Questions to the judge and for embeddings, without retries.
    pub graders: u64,
    /// Of `graders`, those to the judge.
    #[serde(skip)]
    pub judged: u64,
    /// Of `graders`, those for embeddings.
    #[serde(skip)]
    pub embedded: u64,
    /// Answers that are on file or stand in the suite.
    pub stored: u64,
    /// Tokens read, at three bytes a token.
    pub input_tokens: u64,
    /// Tokens written, at `max_tokens` each.
    pub output_tokens: u64,
    /// Requests whose answers have no greatest length, so that nothing bounds them.
    pub unbounded: u64,
    /// US dollars; absent where a price or a length is not known.
    pub usd: Option<f64>,
}

impl Estimate {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            graders: self.graders + other.graders,
            judged: self.judged + other.judged,
            embedded: self.embedded + other.embedded,
            stored: self.stored + other.stored,
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            unbounded: self.unbounded + other.unbounded,
            usd: self.usd.zip(other.usd).map(|(a, b)| a + b),
        }
    }

    /// Whether `budget` may end the run before it is done.
    pub fn may_pass(&self, budget: &Budget) -> bool {
        let tokens = self.input_tokens.saturating_add(self.output_tokens);
        budget.max_requests.is_some_and(|most| self.requests + self.graders > most)
            || budget.max_tokens.is_some_and(|most| tokens > most || self.unbounded > 0)
            || budget.max_usd.is_some_and(|most| self.usd.is_some_and(|usd| usd > most))
    }
}

/// What `plan` would take at most; asks nobody.
pub fn estimate(plan: &Plan<'_>, providers: &Providers) -> Result<Estimate, PlanError> {
    let tasks = Tasks::of(plan);
    plan.affordable(&tasks)?;
    let mut sum = Estimate { usd: Some(0.0), ..Estimate::default() };
    let mut there: Vec<(Task, u64)> = Vec::new();
    let mut stored = 0;
    let mut keep = |task: Task, case: &Case, length: &dyn Fn() -> usize| {
        stored += 1;
        // What nobody judges is counted and let go.
        if asking(&case.asserts) > 0 {
            there.push((task, length() as u64));
        }
    };
    for task in tasks.iter().filter(|_| plan.suite.cases.shared().may_store()) {
        let case = plan.suite.cases.at(task.case);
        if let Some(stored) = &case.stored {
            keep(task, &case, &|| stored.text_output().len());
        }
    }
    each(plan, &tasks, providers, |request| {
        let target = &plan.targets[request.model];
        if request.is_stored {
            let length = || {
                let carried = plan.carried.and_then(|c| c.by_key(&request.key));
                let entry = carried.or_else(|| plan.recordings.by_key(&request.key));
                entry.map_or(0, |e| e.answer.text_output().len())
            };
            let task = Task { target: request.model, case: request.case, sample: request.sample };
            keep(task, &plan.suite.cases.at(request.case), &length);
            return;
        }
        let longest = length::most(&request.prepared.body, target.compiled.parameters.max_tokens);
        let echo = target.compiled.model.provider() == "echo";
        sum.requests += 1;
        sum.unbounded += u64::from(longest.is_none() && !echo);
        sum.take(
            &Worst::of(&request.prepared, target.price, longest),
            target.price.is_some() && longest.is_some() || echo,
        );
        graders(&mut sum, plan, &plan.suite.cases.at(request.case).asserts, longest);
    })?;
    sum.stored = stored;
    ungraded(&mut sum, plan, &there, providers)?;
    Ok(sum)
}

/// The models of the providers that are `meant` which `plan`, which `sum` estimates, would ask.
pub fn asked<'p>(
    plan: &'p Plan<'_>,
    sum: &Estimate,
    providers: &Providers,
    meant: impl Fn(&str) -> bool,
) -> Result<Vec<&'p ModelName>, PlanError> {
    let of = |model: &'p ModelName| Some(model).filter(|model| meant(model.provider()));
    let mut all = Vec::new();
    let targets: Vec<_> = plan.targets.iter().map(|target| of(&target.compiled.model)).collect();
    if sum.requests > 0 && targets.iter().any(Option::is_some) {
        let mut is_asked = vec![false; targets.len()];
        each(plan, &Tasks::of(plan), providers, |request| is_asked[request.model] |= !request.is_stored)?;
        all.extend(targets.into_iter().zip(is_asked).filter_map(|(model, is_asked)| model.filter(|_| is_asked)));
    }
    let [judge, embeddings] = plan.helpers();
    let judge = judge.filter(|_| sum.judged > 0);
    let embeddings = embeddings.filter(|_| sum.embedded > 0);
    all.extend(judge.into_iter().chain(embeddings).filter_map(|helper| of(&helper.model)));
    Ok(all)
}

/// The questions about answers that are there and judged, with so many bytes, unless what the judge said of them is on file too.
fn ungraded(
    sum: &mut Estimate,
    plan: &Plan<'_>,
    there: &[(Task, u64)],
    providers: &Providers,
) -> Result<(), PlanError> {
    if there.is_empty() {
        return Ok(());
    }
    let never = AtomicBool::new(false);
    let desk = Desk::new(plan, Mode::Replay, providers, &never);
    let (lines, bench) = (lines(plan, providers)?, bench(plan, providers)?);
    for (task, bytes) in there {
        let case = plan.suite.cases.at(task.case);
        let on_file = !case.sealed && plan.mode.replays() && {
            let tools = super::tools(&plan.targets[task.target].compiled);
            one(plan, *task, &desk, lines[task.target].as_ref(), &bench, &tools).miss.is_none()
        };
        if !on_file {
            graders(sum, plan, &case.asserts, Some(bytes / 3 + 1));
        }
    }
    Ok(())
}

/// How many of `items` a model answers.
fn asking(items: &[Item]) -> u64 {
    items.iter().flat_map(Item::asserts).filter(|a| a.kind.asks_a_model()).count() as u64
}

/// A request that a run makes or looks up.
#[derive(Debug, Clone)]
pub struct Request {
    /// The position of its model in the plan.
    pub model: usize,
    /// The position of its case in the suite.
    pub case: usize,
    /// Which repeat, from 0.
    pub sample: u32,
    /// What is asked.
    pub prepared: Prepared,
    /// What it is known by.
    pub key: Digest,
    /// Whether its answer is there already.
    pub is_stored: bool,
}

/// The requests of `plan` for the cases that are `wanted` by their ids, in its order, without those of graders; what cannot be
/// rendered or expressed is left out, and encrypted cases are: recordings know nothing of them.
pub fn requests(
    plan: &Plan<'_>,
    providers: &Providers,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Request>, PlanError> {
    let mut all = Vec::new();
    let meant = |request: &Request| {
        let case = plan.suite.cases.at(request.case);
        !case.sealed && wanted(&case.id)
    };
    each(plan, &Tasks::of(plan), providers, |request| all.extend(Some(request).filter(meant)))?;
    Ok(all)
}

fn each(plan: &Plan<'_>, tasks: &Tasks, providers: &Providers, take: impl FnMut(Request)) -> Result<(), PlanError> {
    let asks = plan.suite.cases.shared().may_ask();
    let mut lines = Vec::new();
    for target in plan.targets.iter().filter(|_| asks) {
        lines.push(line(providers, &target.compiled.model, target.price)?);
    }
    let request = |task: Task| {
        let (target, case) = (&plan.targets[task.target], plan.suite.cases.at(task.case));
        let line = lines.get(task.target).filter(|_| case.stored.is_none())?;
        let messages = target.renderer.render(&fit_vars(&target.compiled, case.vars.map())).ok()?;
        let prepared = line.provider.prepare(&target.compiled, &messages).ok()?;
        let key = Asked { prepared: &prepared, sample: task.sample }.key();
        let on_file = plan.carried.is_some_and(|c| c.has(&key)) || (plan.mode.replays() && plan.recordings.has(&key));
        let is_stored = on_file && !case.sealed;
        Some(Request { model: task.target, case: task.case, sample: task.sample, prepared, key, is_stored })
    };
    tasks.iter().filter_map(request).for_each(take);
    Ok(())
}

/// The questions that the assertions of one answer ask.
fn graders(sum: &mut Estimate, plan: &Plan<'_>, items: &[Item], longest: Option<u64>) {
    let asking = asking(items) * u64::from(plan.suite.votes());
    if asking == 0 {
        return;
    }
    sum.graders += asking;
    let of =
        |is_meant: fn(&Kind) -> bool| items.iter().flat_map(Item::asserts).filter(|a| is_meant(&a.kind)).count() as u64;
    sum.judged += of(Kind::asks_the_judge);
    sum.embedded += of(Kind::embeds);
    let price = plan.judge.as_ref().and_then(|j| j.price);
    let (input, output) = (longest.unwrap_or(0).saturating_add(JUDGE.0), JUDGE.1);
    let usd = price.map_or(0.0, |p| super::ask::dollars(input, output, p));
    for _ in 0..asking {
        sum.take(&Worst { input, output, usd }, price.is_some() && longest.is_some());
    }
}

impl Estimate {
    fn take(&mut self, worst: &Worst, priced: bool) {
        self.input_tokens = self.input_tokens.saturating_add(worst.input);
        self.output_tokens = self.output_tokens.saturating_add(worst.output);
        self.usd = self.usd.filter(|_| priced).map(|usd| usd + worst.usd);
    }
}
