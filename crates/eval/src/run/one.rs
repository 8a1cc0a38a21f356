//! One task of a run: its question made, asked, its answer graded.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use prompt::request;
use serde_json::Value;
use source::Digest;

use super::ask::{Desk, Line, Turn, Without};
use super::grader::{Bench, CaseGrader, lock};
use super::outcome::{Component, Miss, Origin, Outcome, Status};
use super::plan::Plan;
use crate::assertion::{Graded, Subject, grade};
use crate::bounded;
use crate::recording::Entry;
use crate::sealed;
use crate::suite::{Case, Suite, fit_vars};
use crate::{Answer, ecma};

/// One repeat of one case with one model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) target: usize,
    pub(super) case: usize,
    pub(super) sample: u32,
}

/// What came of a task.
pub(super) struct Done {
    pub(super) outcome: Outcome,
    pub(super) output: Option<Value>,
    pub(super) fresh: Vec<Entry>,
    pub(super) miss: Option<Miss>,
    /// Whether the reason speaks of the provider alone, without a word of the case or the answer.
    tellable: bool,
}

/// Asks, grades, and says what came of it; of an encrypted case, no more than how it ended.
pub(super) fn one(
    plan: &Plan<'_>,
    task: Task,
    desk: &Desk<'_>,
    line: Option<&Line>,
    bench: &Bench,
    tools: &[Value],
) -> Done {
    let case = plan.suite.cases.at(task.case);
    let done = told(plan, task, &case, desk, line, (bench, tools));
    if case.sealed { done.hushed(plan.suite) } else { done }
}

fn told(
    plan: &Plan<'_>,
    task: Task,
    case: &Case,
    desk: &Desk<'_>,
    line: Option<&Line>,
    (bench, tools): (&Bench, &[Value]),
) -> Done {
    let mut done = Done { outcome: blank(case, task), output: None, fresh: Vec::new(), miss: None, tellable: false };
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
            let messages = match plan.targets[task.target].renderer.render(&fit_vars(compiled, case.vars.map())) {
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
            match desk.ask(line, &prepared, Turn::of(case, task.sample), compiled.parameters.max_tokens) {
                Ok(got) => {
                    done.outcome.origin = Some(got.origin);
                    done.fresh.extend(got.fresh.map(|e| *e));
                    got.answer
                }
                Err(Without::Failed(failure)) if case.sealed => {
                    done.tellable = true;
                    return done.error(format!("could not {}", failure.without_words()));
                }
                Err(Without::Failed(failure)) => return done.error(format!("could not {failure}")),
                Err(Without::Unasked(unasked)) if case.sealed => {
                    done.tellable = true;
                    return done.error(format!("not asked: {}", unasked.without_words()));
                }
                Err(Without::Unasked(unasked)) => return done.error(format!("not asked: {}", unasked.why())),
                Err(Without::Ended) => return done,
                Err(Without::Missing(miss)) => return done.missing(miss),
            }
        }
    };
    if bounded::is_deep(&answer.output) {
        return done.error(format!("could not read the answer: {}", bounded::deep()));
    }
    let grader = CaseGrader::new(desk, bench, Turn::of(case, task.sample), plan.suite.votes());
    let text = ecma::text_of(&answer.output);
    let vars = case.vars.map();
    let subject = Subject { answer: &answer, text: &text, vars: &vars, tools, question: &question, grader: &grader };
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
    done.outcome.divided_on = std::mem::take(&mut *lock(&grader.divided_on));
    match graded {
        Ok(graded) => done.graded(graded),
        Err(error) => done.error(format!("could not {error}")),
    }
}

fn blank(case: &Case, task: Task) -> Outcome {
    let (description, cluster) = (case.description.clone(), case.cluster.clone());
    Outcome {
        model: task.target,
        case: case.id.clone(),
        description: description.filter(|_| !case.sealed),
        cluster: if case.sealed { cluster.map(|c| Digest::of(c.as_bytes()).short16()) } else { cluster },
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
        divided_on: Vec::new(),
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

    /// Without anything that an encrypted case or its answer could be known by.
    fn hushed(mut self, suite: &Suite) -> Self {
        if !self.tellable && !matches!(self.outcome.status, Status::Missing | Status::Skipped) {
            let failing = self.outcome.components.iter().find(|c| !c.pass);
            self.outcome.reason = match failing {
                Some(component) => format!("`{}` does not hold; more is {}", component.kind, sealed::UNTOLD),
                None => sealed::UNTOLD.to_owned(),
            };
        }
        for component in &mut self.outcome.components {
            sealed::UNTOLD.clone_into(&mut component.reason);
        }
        // What is asked may quote the case; the type alone does not.
        for on in &mut self.outcome.divided_on {
            on.truncate(on.find(" `").unwrap_or(on.len()));
        }
        // A metric's name may be made of a variable; those of the gate were written by a person.
        self.outcome.metrics.retain(|name, _| suite.gate.min_metrics.contains_key(name));
        (self.output, self.fresh) = (None, Vec::new());
        self
    }

    fn missing(mut self, miss: Miss) -> Self {
        self.outcome.status = Status::Missing;
        self.outcome.reason = match miss.helping {
            Some(helping) => format!("{} is not on file; {}", helping.gives(), miss.nearest),
            None => format!("not on file; {}", miss.nearest),
        };
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
