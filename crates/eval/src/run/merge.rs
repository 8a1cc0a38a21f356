//! Putting the parts of a run together: the same results as one run would have.

use std::collections::{BTreeMap, BTreeSet};

use prompt::Compiled;

use super::answered::answered;
use super::plan::parameters_of;
use super::{Ended, GradedBy, Outcome, Results, Shard};
use crate::gate::Baseline;
use crate::log::Log;
use crate::suite::Suite;

/// How many misses are kept, as in one run.
const MISSES: usize = 20;

/// Why parts do not make a whole. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("merge: no results were given")]
    Nothing,
    /// Two parts are of different runs.
    #[error("merge {suite}: the parts differ in {what}")]
    Different {
        /// The suite.
        suite: String,
        /// What differs.
        what: &'static str,
        /// Which of them, by their positions.
        parts: Vec<usize>,
    },
    /// The suite is not the one that was run.
    #[error("merge {suite}: {what} as it was run is not the one here; merge at the revision of the runs (--rev)")]
    Other {
        /// The suite.
        suite: String,
        /// What differs.
        what: &'static str,
    },
    /// A part is given twice.
    #[error("merge {suite}: {what} is given twice")]
    Twice {
        /// The suite.
        suite: String,
        /// What.
        what: String,
        /// In which parts, by their positions.
        parts: Vec<usize>,
    },
    /// A whole run stands beside parts.
    #[error("merge {suite}: a whole run is given beside parts")]
    Beside {
        /// The suite.
        suite: String,
        /// The whole runs, by their positions.
        parts: Vec<usize>,
    },
    /// A part is not there.
    #[error("merge {suite}: part {index} of {count} is missing")]
    Missing {
        /// The suite.
        suite: String,
        /// Which.
        index: u32,
        /// Of how many.
        count: u32,
    },
    /// The parts do not answer what was to be asked.
    #[error("merge {suite}: {what}; give the parts as `promptuary eval --shard` wrote them")]
    Broken {
        /// The suite.
        suite: String,
        /// What is wrong.
        what: String,
    },
}

impl MergeError {
    /// The parts that it speaks of, by their positions; none where it speaks of all of them.
    pub fn parts(&self) -> &[usize] {
        match self {
            Self::Different { parts, .. } | Self::Twice { parts, .. } | Self::Beside { parts, .. } => parts,
            // The first one is held against the suite, the others against the first.
            Self::Other { .. } => &[0],
            Self::Nothing | Self::Missing { .. } | Self::Broken { .. } => &[],
        }
    }
}

/// What came of a run, or of one part of it, with its baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What came of it.
    pub results: Results,
    /// What it was compared with.
    pub baseline: Option<Baseline>,
}

/// One run of the parts, its outcomes in the order of `suite`, which tests `compiled`: every answer that one run would have
/// had, and no other.
pub fn merge(suite: &Suite, compiled: &Compiled, parts: &[Part]) -> Result<Part, MergeError> {
    let first = parts.first().ok_or(MergeError::Nothing)?;
    let name = &first.results.suite;
    let other = |what| Err(MergeError::Other { suite: name.clone(), what });
    if first.results.suite_digest != suite.digest {
        return other("the suite");
    }
    if first.results.dataset != suite.dataset {
        return other("its data");
    }
    if first.results.prompt != suite.prompt.as_str() || first.results.content != compiled.digest() {
        return other("the prompt");
    }
    if first.results.parameters.iter().any(|parameters| *parameters != parameters_of(compiled)) {
        return other("a parameter of the prompt");
    }
    complete(name, parts)?;
    let results: Vec<(usize, &Results)> = parts.iter().map(|p| &p.results).enumerate().collect();
    let mut whole = Part { results: joined(suite, &results)?, baseline: aside(first.baseline.as_ref()) };
    whole.results.shard = None;
    if let Some(at) = parts.iter().position(|p| aside(p.baseline.as_ref()) != whole.baseline) {
        return Err(MergeError::Different { suite: name.clone(), what: "the baseline", parts: vec![0, at] });
    }
    if let Some(baseline) = whole.baseline.as_mut() {
        let there = parts.iter().enumerate();
        let results: Vec<(usize, &Results)> =
            there.filter_map(|(at, p)| Some((at, p.baseline.as_ref()?.results.as_ref()?))).collect();
        if !results.is_empty() {
            let mut joined = joined(suite, &results)?;
            joined.shard = None;
            let unlike =
                |one: &Option<GradedBy>, other: &Option<GradedBy>| one.is_some() && other.is_some() && one != other;
            let whole = &whole.results;
            if unlike(&whole.judge, &joined.judge) || unlike(&whole.embeddings, &joined.embeddings) {
                return Err(MergeError::Different {
                    suite: name.clone(),
                    what: "who judged or embedded on both sides",
                    parts: Vec::new(),
                });
            }
            baseline.results = Some(joined);
        }
    }
    answered(suite, &whole).map_err(|what| MergeError::Broken { suite: name.clone(), what })?;
    Ok(whole)
}

/// A baseline without what each part has of its own.
fn aside(baseline: Option<&Baseline>) -> Option<Baseline> {
    baseline.map(Baseline::aside)
}

/// Refuses parts that are not all of them, each once.
fn complete(suite: &str, parts: &[Part]) -> Result<(), MergeError> {
    let shards: Vec<Option<Shard>> = parts.iter().map(|p| p.results.shard).collect();
    let those = |is_meant: &dyn Fn(Option<Shard>) -> bool| {
        (0..shards.len()).filter(|at| is_meant(shards[*at])).collect::<Vec<_>>()
    };
    let twice = |what: String, parts| Err(MergeError::Twice { suite: suite.to_owned(), what, parts });
    let Some(count) = shards.iter().flatten().map(|s| s.count).next() else {
        return if parts.len() == 1 { Ok(()) } else { twice("the whole run".to_owned(), those(&|_| true)) };
    };
    if shards.iter().any(Option::is_none) {
        return Err(MergeError::Beside { suite: suite.to_owned(), parts: those(&|shard| shard.is_none()) });
    }
    if let Some(at) = shards.iter().position(|shard| shard.is_some_and(|s| s.count != count)) {
        let what = "how many there are";
        return Err(MergeError::Different { suite: suite.to_owned(), what, parts: vec![0, at] });
    }
    for index in 1..=count {
        match shards.iter().flatten().filter(|s| s.index == index).count() {
            0 => return Err(MergeError::Missing { suite: suite.to_owned(), index, count }),
            1 => {}
            _ => {
                let parts = those(&|shard| shard.is_some_and(|s| s.index == index));
                return twice(format!("part {index} of {count}"), parts);
            }
        }
    }
    Ok(())
}

/// What `parts` make, each with its position among those that were given.
fn joined(suite: &Suite, parts: &[(usize, &Results)]) -> Result<Results, MergeError> {
    let mut whole = Results { outcomes: Log::default(), ..parts[0].1.head() };
    // A part that does not say it may be of any age; one of no cases asked nobody.
    let asked = parts.iter().filter(|(_, part)| !part.outcomes.is_empty()).map(|(_, part)| part.asked_at);
    whole.asked_at = asked.reduce(|one, other| one.zip(other).map(|(one, other)| one.min(other))).flatten();
    for (at, part) in &parts[1..] {
        let differs = [
            (part.suite != whole.suite || part.suite_digest != whole.suite_digest, "the suite"),
            (part.dataset != whole.dataset, "the cases"),
            (part.content != whole.content, "the prompt"),
            (part.models != whole.models || part.parameters != whole.parameters, "models or parameters"),
            (part.judge != whole.judge || part.embeddings != whole.embeddings, "who judged or embedded"),
            (part.mode != whole.mode, "where answers came from"),
            (part.sample != whole.sample || part.repeat != whole.repeat, "--sample or --repeat"),
        ];
        if let Some((_, what)) = differs.into_iter().find(|(differs, _)| *differs) {
            return Err(MergeError::Different { suite: whole.suite, what, parts: vec![parts[0].0, *at] });
        }
        whole.own_providers.extend(part.own_providers.iter().cloned());
        whole.own_providers.sort();
        whole.own_providers.dedup();
        whole.misses.extend(part.misses.iter().cloned());
        whole.spent = whole.spent.and(&part.spent);
        if whole.ended == Ended::Complete {
            whole.ended = part.ended;
            whole.stop.clone_from(&part.stop);
        }
    }
    let missed: BTreeSet<&str> = whole.misses.iter().map(|m| m.case.as_str()).collect();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut heads: Vec<Head<'_>> = parts.iter().map(|(_, part)| part.outcomes.iter().peekable()).collect();
    let mut twice = Twice { before: None, at: 0 };
    for model in 0..whole.models.len() {
        // Each part has its cases in the order of the suite, those that a baseline alone has after all else, by their ids.
        for (place, case) in suite.cases.iter().enumerate() {
            if model == 0 && missed.contains(case.id.as_str()) {
                places.insert(case.id.clone(), place);
            }
            for (head, (at, _)) in heads.iter_mut().zip(parts) {
                while let Some(outcome) = head.next_if(|o| o.model == model && o.case == case.id) {
                    twice.look(&whole, &outcome, *at)?;
                    whole.outcomes.push((*outcome).clone());
                }
            }
        }
        let of_model =
            |head: &mut Head<'_>| head.peek().filter(|o| o.model == model).map(|o| (o.case.clone(), o.sample));
        while let Some(at) =
            (0..heads.len()).filter_map(|at| Some((of_model(&mut heads[at])?, at))).min().map(|(_, at)| at)
        {
            let Some(outcome) = heads[at].next() else { break };
            twice.look(&whole, &outcome, parts[at].0)?;
            whole.outcomes.push((*outcome).clone());
        }
    }
    if let Some(at) = heads.iter_mut().position(|head| head.peek().is_some()) {
        let what = "the order of their answers";
        return Err(MergeError::Different { suite: whole.suite, what, parts: vec![parts[at].0] });
    }
    whole.misses.sort_by_key(|m| (places.get(&m.case).copied().unwrap_or(usize::MAX), m.sample));
    whole.misses.truncate(MISSES);
    Ok(whole)
}

/// The first outcome of a part that is not taken yet.
type Head<'a> = std::iter::Peekable<crate::log::Iter<'a, Outcome>>;

/// Sees what stands twice in what is put together.
struct Twice {
    before: Option<(usize, String, u32)>,
    /// The position of the part that it stands in.
    at: usize,
}

impl Twice {
    fn look(&mut self, whole: &Results, outcome: &Outcome, at: usize) -> Result<(), MergeError> {
        let question = (outcome.model, outcome.case.clone(), outcome.sample);
        // The repeats of a case come one after another, and of two parts with one case the second begins anew.
        let again = self
            .before
            .as_ref()
            .is_some_and(|before| (before.0, &before.1) == (question.0, &question.1) && before.2 >= question.2);
        if again {
            let (what, mut parts) = (format!("the case {}", question.1), vec![self.at, at]);
            parts.dedup();
            return Err(MergeError::Twice { suite: whole.suite.clone(), what, parts });
        }
        self.at = at;
        self.before = Some(question);
        Ok(())
    }
}
