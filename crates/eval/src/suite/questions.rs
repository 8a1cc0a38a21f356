//! Questions that several cases ask: to the model they are one, however many ids they have.
//!
//! What a case asks is what its prompt becomes with its variables, history and all: a variable that only assertions read
//! makes no other question. An answer that stands in the suite was asked by somebody else and is a question by itself.

use std::collections::{HashMap, HashSet};

use prompt::Message;
use source::{Finding, Severity};

use super::{Case, Suite};
use crate::hashed::hashed;
use crate::rules;

/// So many questions are told of.
const MOST_TOLD: usize = 100;

/// The questions of a suite that more than one of its cases asks.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// The question of each case that asks what another asks, by the hash of its id.
    cases: HashMap<u64, u64>,
    /// What a cluster counts with, where a case in it asks what one outside asks.
    clusters: HashMap<u64, u64>,
    /// Two cases that ask the same, the first ones.
    pub twins: Option<[String; 2]>,
    /// Cases less questions.
    pub surplus: usize,
}

impl Questions {
    /// The question of the case whose id has this hash, where another case asks it too.
    pub(crate) fn of(&self, id: u64) -> Option<u64> {
        self.cases.get(&id).copied()
    }

    /// What a case counts with that asks `question`, where others ask it too, and is in `cluster`; `None` where it counts
    /// by itself.
    pub(crate) fn counts_with(&self, question: Option<u64>, cluster: Option<&str>) -> Option<u64> {
        // Whatever cluster it is put in, a question stays the one that it is.
        let at = question.or_else(|| cluster.map(clustered))?;
        Some(root(&self.clusters, at))
    }

    /// How many independent units the cases of `suite` are.
    pub(super) fn units(&self, suite: &Suite) -> usize {
        let (mut alone, mut together) = (0, HashSet::new());
        for case in &suite.cases {
            match self.counts_with(self.of(hashed(&case.id)), case.cluster.as_deref()) {
                Some(unit) => drop(together.insert(unit)),
                None => alone += 1,
            }
        }
        alone + together.len()
    }
}

fn clustered(cluster: &str) -> u64 {
    hashed(&("cluster", cluster))
}

fn root(joined: &HashMap<u64, u64>, mut at: u64) -> u64 {
    while let Some(above) = joined.get(&at).filter(|above| **above != at) {
        at = *above;
    }
    at
}

/// What the cases of a suite ask, in their order: eight bytes each, 0 for nothing.
#[derive(Default)]
pub(super) struct Asked(Vec<u64>);

/// The cases that ask one question.
struct Group {
    first: usize,
    members: usize,
    second: usize,
    /// Cases by all that makes one what it is: the first, and how many.
    seen: HashMap<u64, (usize, usize)>,
    /// The first that is in nothing but its id another than one before, and what makes them what they are.
    same: Option<([usize; 2], u64)>,
}

impl Asked {
    /// Takes the next case, with what it becomes.
    pub(super) fn push(&mut self, case: &Case, messages: Option<&[Message]>) {
        let asked = messages.filter(|_| case.stored.is_none());
        self.0.push(asked.map_or(0, |messages| hashed(messages).max(1)));
    }

    /// What is asked more than once, and what there is to say of it.
    pub(super) fn closed(self, suite: &Suite) -> (Questions, Vec<Finding>) {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let again: HashSet<u64> = sorted.windows(2).filter(|w| w[0] == w[1] && w[0] != 0).map(|w| w[0]).collect();
        drop(sorted);
        if again.is_empty() {
            return (Questions::default(), Vec::new());
        }
        let mut questions = Questions::default();
        let (mut order, mut groups): (Vec<u64>, HashMap<u64, Group>) = (Vec::new(), HashMap::new());
        for (at, case) in suite.cases.iter().enumerate() {
            let Some(asked) = self.0.get(at).copied().filter(|asked| again.contains(asked)) else { continue };
            questions.cases.insert(hashed(&case.id), asked);
            if let Some(cluster) = &case.cluster {
                questions.join(clustered(cluster), asked);
            }
            let group = groups.entry(asked).or_insert_with(|| {
                order.push(asked);
                Group { first: at, members: 0, second: at, seen: HashMap::new(), same: None }
            });
            group.take(at, &case);
        }
        questions.surplus = groups.values().map(|group| group.members - 1).sum();
        let id = |at: usize| suite.cases.at(at).id.clone();
        questions.twins = order.first().map(|asked| [id(groups[asked].first), id(groups[asked].second)]);
        let told = order.iter().take(MOST_TOLD).map(|asked| groups[asked].finding(suite)).collect();
        (questions, told)
    }
}

impl Questions {
    /// Has `one` and `other` count as one.
    fn join(&mut self, one: u64, other: u64) {
        let (one, other) = (root(&self.clusters, one), root(&self.clusters, other));
        if one != other {
            self.clusters.insert(one, other);
        }
    }
}

impl Group {
    fn take(&mut self, at: usize, case: &Case) {
        self.members += 1;
        if self.members == 2 {
            self.second = at;
        }
        let metadata = serde_json::to_string(&case.metadata).unwrap_or_default();
        let flaky = case.flaky.map(|flaky| flaky.min_pass);
        let all = hashed(&(case.inputs, case.grader, case.repeat, flaky, &case.cluster, metadata));
        let (first, count) = self.seen.entry(all).or_insert((at, 0));
        *count += 1;
        if *count == 2 {
            self.same = self.same.or(Some(([*first, at], all)));
        }
    }

    fn finding(&self, suite: &Suite) -> Finding {
        let (pair, alike) = match self.same {
            Some((pair, all)) => (pair, self.seen.get(&all).map_or(2, |(_, count)| *count)),
            None => ([self.first, self.second], self.members),
        };
        let [one, other] = pair.map(|at| suite.cases.at(at));
        let more = match alike - 2 {
            0 => String::new(),
            1 => ", as does 1 more case".to_owned(),
            n => format!(", as do {n} more cases"),
        };
        let message = match self.same {
            Some(_) => {
                format!("`{}` asks and asserts what `{}` does{more}: nothing is gained but the count", other.id, one.id)
            }
            None => {
                format!("`{}` asks the model what `{}` asks{more}: to the statistics they are one", other.id, one.id)
            }
        };
        let (rule, severity, help) = match self.same {
            Some(_) => (
                rules::CASE_REPEATED,
                Severity::Error,
                "take it out; `options: { repeat: 3 }` asks a case several times",
            ),
            None => (
                rules::QUESTION_REPEATED,
                Severity::Warning,
                "write one case with all of their assertions; `options: { repeat: 3 }` asks it several times",
            ),
        };
        let finding = Finding::new(rule, other.at.place(), message);
        finding.also(one.at.place(), "the other one").severity(severity).help(help)
    }
}
