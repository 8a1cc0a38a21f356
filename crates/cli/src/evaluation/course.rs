//! How suites are run, as the command line says, and the plans that this makes of them.

use eval::gate::{Baseline, Standing};
use eval::run::{Holder, Keep, Mode, Plan, Shard};
use eval::session::{Opened, SessionError};
use eval::suite::{Budget, Compare, Limit, Sample, Suite};

use super::{Bench, baseline};
use crate::exit::{Exit, Failure};

/// Up to so many answers are all kept in reports.
const READ_THROUGH: usize = 100;

/// How suites are run.
#[derive(Debug, Clone)]
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
    /// The same as it was typed: what suites that were run before took is off the other.
    pub(crate) typed: Budget,
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
    /// Whether several suites are run, one after another.
    pub(crate) are_several: bool,
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
            typed: Budget::default(),
            concurrency: None,
            against: Against::Own,
            base,
            rev: None,
            has_ids: false,
            are_several: false,
            attests: false,
        }
    }
}

impl Course<'_> {
    pub(crate) fn plan<'o>(&self, opened: &'o Opened, bench: &Bench<'_>) -> Result<Plan<'o>, Failure> {
        let plan = opened.plan(bench.catalog.routes(), bench.rules.own(), self.mode, self.models);
        let mut plan = plan.map_err(|e| unknown(&e, bench))?;
        bench.rules.price(&mut plan);
        (plan.shard, plan.repeat, plan.concurrency) = (self.shard, self.repeat, self.concurrency);
        plan.budget = self.budget.clone();
        plan.holders = [Limit::MaxUsd, Limit::MaxRequests, Limit::MaxTokens]
            .into_iter()
            .filter_map(|limit| Some(Holder { limit, from: limit.flag().to_owned(), most: self.typed.of(limit)? }))
            .collect();
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
    pub(super) fn declined(&self, plan: &Plan<'_>) -> Option<Baseline> {
        let compare = baseline::wanted(plan.suite, None)?;
        Some(Baseline::without(compare, Standing::Declined, "--no-compare"))
    }
}

/// Why a suite cannot be run, and what was meant where a model is none.
fn unknown(error: &SessionError, bench: &Bench<'_>) -> Failure {
    let failure = Failure::of(Exit::Usage, error);
    let SessionError::Model { name, .. } = error else { return failure };
    let routes = bench.catalog.routes().routes.keys().map(|route| &**route);
    let models: Vec<String> = bench.rules.own().iter().flat_map(|p| p.models()).map(|m| m.model.to_string()).collect();
    // Most forget the provider.
    let whole = models.iter().find(|model| model.split_once('/').is_some_and(|(_, model)| model == name));
    let near = || source::did_you_mean(name, routes.chain(models.iter().map(String::as_str)));
    match whole.map(|model| format!("did you mean {model}?")).or_else(near) {
        Some(question) => failure.help(question),
        None => failure.help("write a route, or a model with its provider: openai/gpt-4.1-mini"),
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
