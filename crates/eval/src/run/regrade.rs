//! Grading an answer that is on file once more: what each assertion of its case asks, whether it holds, and why.
//!
//! Nobody is asked: what a judge said is taken from recordings, or told as not on file.

use std::sync::atomic::AtomicBool;

use prompt::request;
use serde::Serialize;

use super::ask::{Desk, Turn};
use super::grader::{Bench, CaseGrader, lock};
use super::plan::{Mode, Plan};
use super::{pool, tools};
use crate::assertion::{Assertion, Component, Graded, Item, Kind, Subject, grade, shown};
use crate::provider::Providers;
use crate::suite::fit_vars;
use crate::{Answer, bounded, ecma};

/// What a case asks of an answer, and what came of that.
#[derive(Debug, Clone, Serialize)]
pub struct Regraded {
    /// Each assertion, sets before their members.
    pub assertions: Vec<Said>,
    /// What they come to together; absent where one of them cannot be graded here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<Whole>,
}

/// What assertions come to together.
#[derive(Debug, Clone, Serialize)]
pub struct Whole {
    /// Whether the answer passes.
    pub pass: bool,
    /// Its score.
    pub score: f64,
}

/// What one assertion says.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    /// Its type, as spelled.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it belongs to the set before it.
    pub member: bool,
    /// What it asks for, variables filled in, shortened; empty where its type says it all.
    pub wants: String,
    /// Whether it holds; absent where it cannot be told here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass: Option<bool>,
    /// Its score, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Why, in the judge's own words where one was asked; else why it cannot be told.
    pub reason: String,
}

/// What the assertions of `case` say of `answer`, given at this repeat, by the recordings of `plan`; without one, what they
/// ask. Nothing where the suite has no such case, or keeps what it asks to itself.
pub fn regrade(plan: &Plan<'_>, providers: &Providers, case: &str, answer: Option<(&Answer, u32)>) -> Option<Regraded> {
    let case = plan.suite.cases.iter().find(|c| c.id == case && !c.sealed)?;
    let target = plan.targets.first()?;
    let vars = case.vars.map();
    let Some((answer, sample)) = answer.filter(|(answer, _)| !bounded::is_deep(&answer.output)) else {
        let untold = case.asserts.iter().flat_map(|item| untold(item, &vars, "the answer is not on file here"));
        return Some(Regraded { assertions: untold.collect(), whole: None });
    };
    let mut answer = answer.clone();
    answer.cost = answer.cost.or_else(|| super::ask::priced(&answer, target.price));
    let (bench, lacks) = match pool::bench(plan, providers) {
        Ok(bench) => (bench, None),
        Err(error) => (Bench::default(), Some(format!("could not {error}"))),
    };
    let cancel = AtomicBool::new(false);
    let desk = Desk::new(plan, Mode::Replay, providers, &cancel);
    let messages = target.renderer.render(&fit_vars(&target.compiled, vars.clone()));
    let question = messages.map_or_else(|_| String::new(), |messages| request::text(&messages));
    let (text, tools) = (ecma::text_of(&answer.output), tools(&target.compiled));
    let graded = |items: &[Item]| -> Result<Graded, String> {
        let grader = CaseGrader::new(&desk, &bench, Turn::of(&case, sample), plan.suite.votes());
        let subject =
            Subject { answer: &answer, text: &text, vars: &vars, tools: &tools, question: &question, grader: &grader };
        let threshold = if items.len() == case.asserts.len() { case.threshold } else { None };
        let graded = grade(items, threshold, &subject);
        match lock(&grader.missing).take() {
            Some(miss) => Err(format!("{} is not on file here", miss.helping.map_or("it", super::Helping::gives))),
            None => graded.map_err(|error| format!("could not {error}")),
        }
    };
    let mut assertions = Vec::new();
    for item in case.asserts.iter() {
        match unasked(plan, item, lacks.as_deref()).map_or_else(|| graded(std::slice::from_ref(item)), Err) {
            Ok(graded) => assertions.extend(asked(item, &vars).into_iter().zip(graded.components).map(said)),
            Err(why) => assertions.extend(untold(item, &vars, &why)),
        }
    }
    let all = assertions.iter().all(|said| said.pass.is_some()).then(|| graded(&case.asserts).ok()).flatten();
    Some(Regraded { assertions, whole: all.map(|graded| Whole { pass: graded.pass, score: graded.score }) })
}

/// Why a model that `item` asks cannot even be looked for.
fn unasked(plan: &Plan<'_>, item: &Item, lacks: Option<&str>) -> Option<String> {
    let asks = |what: fn(&Kind) -> bool| item.asserts().iter().any(|assertion| what(&assertion.kind));
    if asks(Kind::asks_the_judge) && plan.judge.is_none() {
        return Some("nothing says who judged".to_owned());
    }
    if asks(Kind::embeds) && plan.embeddings.is_none() {
        return Some("nothing says who embedded".to_owned());
    }
    lacks.filter(|_| asks(Kind::asks_a_model)).map(str::to_owned)
}

/// What `item` asks: a set, then its members.
fn asked(item: &Item, vars: &serde_json::Map<String, serde_json::Value>) -> Vec<(String, bool, String)> {
    let one = |assertion: &Assertion, member: bool| {
        let filled = assertion.kind.templates().into_iter();
        let filled = filled.map(|template| template.fill(vars).map_or_else(|_| "…".into(), |text| text.into_owned()));
        let wants: Vec<String> = assertion.kind.fixed().into_iter().chain(filled).collect();
        (assertion.spelled.clone(), member, shown(&wants.join(", ")))
    };
    match item {
        Item::One(assertion, _) => vec![one(assertion, false)],
        Item::Set(set, _) => {
            let threshold = set.threshold.map_or_else(String::new, |least| format!("a score of {least}"));
            let whole = ("assert-set".to_owned(), false, threshold);
            std::iter::once(whole).chain(set.asserts.iter().map(|assertion| one(assertion, true))).collect()
        }
    }
}

fn said(((kind, member, wants), component): ((String, bool, String), Component)) -> Said {
    let grade = component.grade;
    Said { kind, member, wants, pass: Some(grade.pass), score: Some(grade.score), reason: grade.reason }
}

fn untold(item: &Item, vars: &serde_json::Map<String, serde_json::Value>, why: &str) -> Vec<Said> {
    let one = |(kind, member, wants)| Said { kind, member, wants, pass: None, score: None, reason: why.to_owned() };
    asked(item, vars).into_iter().map(one).collect()
}
