//! Two versions of a suite compared by meaning: what its cases and its gate ask less, more or otherwise.
//!
//! Whoever changes a prompt may change what judges it in the same breath. Nothing here refuses that: it is named, so that
//! whoever reviews it sees it, and policy says how seriously it is taken.

mod cases;
mod gate;
mod renamed;

use policy::diff::Effect;
use prompt::Routes;
use source::render::counted;
use source::{Finding, Place, RepoPath, Severity};

pub use cases::same_cases;
pub(crate) use renamed::renamed;

use super::Suite;
use crate::recording::Recordings;
use crate::rules;

/// A suite, and what its surroundings make of the names in it.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// The routes of the same snapshot.
    pub routes: &'a Routes,
}

impl Side<'_> {
    /// What `name` means: the model of a route, or itself.
    fn meaning(&self, name: &str) -> String {
        self.routes.routes.get(name).map_or_else(|| name.to_owned(), ToString::to_string)
    }

    /// The same with the route, for people.
    fn told(&self, name: &str) -> String {
        match self.routes.routes.get(name) {
            Some(model) => format!("{name} ({model})"),
            None => name.to_owned(),
        }
    }
}

/// One difference in meaning.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Change {
    /// Which way it goes.
    pub effect: Effect,
    /// One lower-case clause: `gate.min_pass_rate: 0.9 → 0.5`, keys in backticks.
    pub what: String,
    /// The first of its cases, for people; empty where it is about none.
    #[serde(skip)]
    who: String,
    /// The cases that it is about, sorted, the first thousand of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// Where the new suite says so; the file, for what is gone.
    #[serde(skip)]
    pub at: Place,
    /// The rule that it is told under; absent where nobody has to look.
    #[serde(skip)]
    rule: Option<&'static str>,
}

impl Change {
    /// Whether somebody has to look at it.
    pub const fn is_finding(&self) -> bool {
        self.rule.is_some()
    }

    /// The clause with the first of its cases.
    pub fn told(&self) -> String {
        format!("{}{}", self.what, self.who)
    }

    /// What a reviewer has to look at: that it is weaker, or that nobody can tell by reading it. `base` is what people call
    /// the version that it is compared with.
    pub fn finding(&self, base: &str) -> Option<Finding> {
        let help = match self.rule? {
            rules::SUITE_WEAKENED => "say in the pull request why less will do, or put it back",
            _ => "say in the pull request why, and let whoever reviews it read both versions",
        };
        let message = format!("{} since {base}{}", self.what, self.who);
        Some(Finding::new(self.rule?, self.at.clone(), message).severity(Severity::Warning).help(help))
    }
}

/// Every difference between `old` and `new`, weaker ones first; comments, order and spelling are none.
pub fn diff(old: &Side<'_>, new: &Side<'_>) -> Vec<Change> {
    let mut pair = Pair { old: *old, new: *new, changes: Vec::new() };
    cases::compare(&mut pair);
    gate::compare(&mut pair);
    pair.changes.sort_by_key(|change| change.effect);
    pair.changes
}

/// That answers on file are others although the question is the same: what is judged, not what judges, but told by nothing
/// else. `path` is the file.
pub fn answers(old: &Recordings, new: &Recordings, path: &RepoPath) -> Option<Change> {
    let n = Some(new.changed_since(old)).filter(|n| *n > 0)?;
    let were = if n == 1 { "was" } else { "were" };
    let what = format!("{} on file {were} edited, or asked anew,", counted(n, "answer"));
    let rule = Some(rules::SUITE_CHANGED);
    Some(Change { effect: Effect::Other, what, who: String::new(), cases: Vec::new(), at: Place::file(path), rule })
}

/// Two versions, and what was found so far.
struct Pair<'a> {
    old: Side<'a>,
    new: Side<'a>,
    changes: Vec<Change>,
}

impl Pair<'_> {
    fn push(&mut self, effect: Effect, what: String, (who, cases): (String, Vec<String>), at: Place) {
        let rule = match effect {
            Effect::Weaker => Some(rules::SUITE_WEAKENED),
            Effect::Other => Some(rules::SUITE_CHANGED),
            Effect::Stronger => None,
        };
        self.changes.push(Change { effect, what, who, cases, at, rule });
    }

    /// A key of the suite that has another value.
    fn key(&mut self, effect: Effect, path: &[&str], old: &str, new: &str) {
        let at = self.new.suite.place_of(path);
        let name: Vec<&str> = path.iter().copied().filter(|step| step.parse::<usize>().is_err()).collect();
        self.push(effect, format!("`{}`: {old} → {new}", name.join(".")), Default::default(), at);
    }

    /// A number of which less, or none, asks less.
    fn at_least<T: PartialOrd + std::fmt::Display>(&mut self, path: &[&str], old: Option<T>, new: Option<T>) {
        let weaker = match (&old, &new) {
            (None, None) => return,
            (Some(a), Some(b)) if a == b => return,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => b < a,
        };
        self.turned(weaker, path, old, new);
    }

    /// A number of which more, or none, allows more.
    fn at_most<T: PartialOrd + std::fmt::Display>(&mut self, path: &[&str], old: Option<T>, new: Option<T>) {
        let weaker = match (&old, &new) {
            (None, None) => return,
            (Some(a), Some(b)) if a == b => return,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => b > a,
        };
        self.turned(weaker, path, old, new);
    }

    fn turned<T: std::fmt::Display>(&mut self, weaker: bool, path: &[&str], old: Option<T>, new: Option<T>) {
        let spelt = |value: Option<T>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
        let effect = if weaker { Effect::Weaker } else { Effect::Stronger };
        self.key(effect, path, &spelt(old), &spelt(new));
    }
}

/// `: a, b, c and 4 more`, of `count` in all.
fn named(ids: &[String], count: usize) -> String {
    const NAMED: usize = 3;
    let first = ids.iter().take(NAMED).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let first = format!(": {first}");
    match count.saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
