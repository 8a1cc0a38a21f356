//! What tasks come to, put in order as they are done.

use std::collections::{BTreeMap, BTreeSet};

use source::Digest;

use super::ask::Desk;
use super::one::Done;
use super::outcome::{Ended, Miss, Origin, Outcome, Results, Status};
use super::plan::{Keep, Mode, Plan, Target};
use super::pool::{Event, Finished};
use crate::log::Log;
use crate::recording::Recordings;

/// How many misses are kept.
const MISSES: usize = 20;

/// Puts outcomes in order and keeps what is asked for.
pub(super) struct Collector<'a> {
    plan: &'a Plan<'a>,
    total: usize,
    pub(super) done: usize,
    /// The first task that is not done.
    pub(super) next: usize,
    waiting: BTreeMap<usize, Done>,
    outcomes: Log<Outcome>,
    recorded: Recordings,
    misses: Vec<Miss>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, total: usize) -> Self {
        Self {
            plan,
            total,
            done: 0,
            next: 0,
            waiting: BTreeMap::new(),
            outcomes: Log::default(),
            recorded: Recordings::default(),
            misses: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, index: usize, done: Done, watch: &mut dyn FnMut(Event<'_>)) {
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
            // Where the judge contradicts itself a person wants to see what it read, whatever came of it.
            let told = !passed || done.outcome.is_divided();
            let keep = match &self.plan.keep {
                Keep::All => true,
                Keep::Also(cases) => told || cases.contains(&done.outcome.case),
                Keep::NotPassed => told,
                Keep::Nothing => false,
            };
            if keep {
                done.outcome.output = done.output.take();
            } else if passed {
                done.outcome.components = Vec::new();
            }
            if self.plan.mode.keeps() {
                done.fresh.iter().for_each(|entry| self.recorded.insert(entry));
            }
            if let Some(miss) = done.miss {
                watch(Event::Missed(&miss));
                if self.misses.len() < MISSES {
                    self.misses.push(miss);
                }
            }
            self.outcomes.push(done.outcome);
        }
    }

    /// What is left behind; `own` are the providers of the plan that policy does not define so.
    pub(super) fn finish(
        mut self,
        ended: Ended,
        desk: &Desk<'_>,
        own: Vec<String>,
        used: BTreeSet<Digest>,
    ) -> Finished {
        self.recorded.close();
        let live = || self.outcomes.iter().any(|o| o.origin == Some(Origin::Live));
        let asked = self.plan.mode != Mode::Replay && (desk.purse.spent().requests > 0 || live());
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
            judge: self.plan.judged_by(),
            embeddings: self.plan.embedded_by(),
            own_providers: if asked { own } else { Vec::new() },
            asked_at: None,
            shard: self.plan.shard,
            sample: self.plan.sample.as_ref().or(suite.sample.as_ref()).cloned(),
            repeat: self.plan.repeat,
            outcomes: self.outcomes,
            spent: desk.purse.spent(),
            ended,
            stop: desk.purse.refused().filter(|_| ended == Ended::BudgetSpent).and_then(|it| self.plan.stop(it)),
            misses: self.misses,
        };
        Finished { results, recorded: self.recorded, used }
    }
}
