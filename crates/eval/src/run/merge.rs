//! Putting the parts of a run together: the same results as one run would have.

use std::collections::BTreeMap;

use super::{Ended, Results, Shard};
use crate::gate::Baseline;
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
    },
    /// The suite is not the one that was run.
    #[error("merge {suite}: {what} as it was run is not the one here; merge at the revision of the runs (--rev)")]
    Other {
        /// The suite.
        suite: String,
        /// What differs.
        what: &'static str,
    },
    /// A part is given twice, or a whole run beside others.
    #[error("merge {suite}: {what} is given twice")]
    Twice {
        /// The suite.
        suite: String,
        /// What.
        what: String,
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
}

/// What came of a run, or of one part of it, with its baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What came of it.
    pub results: Results,
    /// What it was compared with.
    pub baseline: Option<Baseline>,
}

/// One run of the parts, its outcomes in the order of `suite`.
pub fn merge(suite: &Suite, parts: &[Part]) -> Result<Part, MergeError> {
    let first = parts.first().ok_or(MergeError::Nothing)?;
    let name = &first.results.suite;
    let other = |what| Err(MergeError::Other { suite: name.clone(), what });
    if first.results.suite_digest != suite.digest {
        return other("the suite");
    }
    if first.results.dataset != suite.dataset {
        return other("its data");
    }
    complete(name, parts)?;
    let results: Vec<&Results> = parts.iter().map(|p| &p.results).collect();
    let mut whole = Part { results: joined(suite, &results)?, baseline: first.baseline.clone() };
    whole.results.shard = None;
    if parts.iter().any(|p| aside(p.baseline.as_ref()) != aside(whole.baseline.as_ref())) {
        return Err(MergeError::Different { suite: name.clone(), what: "the baseline" });
    }
    if let Some(baseline) = whole.baseline.as_mut() {
        let results: Vec<&Results> =
            parts.iter().filter_map(|p| p.baseline.as_ref()).filter_map(|b| b.results.as_ref()).collect();
        if !results.is_empty() {
            let mut joined = joined(suite, &results)?;
            joined.shard = None;
            baseline.results = Some(joined);
        }
    }
    Ok(whole)
}

/// A baseline without what each part has of its own.
fn aside(baseline: Option<&Baseline>) -> Option<Baseline> {
    baseline.map(|b| Baseline { results: None, ..b.clone() })
}

/// Refuses parts that are not all of them, each once.
fn complete(suite: &str, parts: &[Part]) -> Result<(), MergeError> {
    let shards: Vec<Option<Shard>> = parts.iter().map(|p| p.results.shard).collect();
    let twice = |what: String| Err(MergeError::Twice { suite: suite.to_owned(), what });
    let Some(count) = shards.iter().flatten().map(|s| s.count).next() else {
        return if parts.len() == 1 { Ok(()) } else { twice("the whole run".to_owned()) };
    };
    if shards.iter().any(Option::is_none) {
        return twice("a whole run beside parts".to_owned());
    }
    if shards.iter().flatten().any(|s| s.count != count) {
        return Err(MergeError::Different { suite: suite.to_owned(), what: "how many there are" });
    }
    for index in 1..=count {
        match shards.iter().flatten().filter(|s| s.index == index).count() {
            0 => return Err(MergeError::Missing { suite: suite.to_owned(), index, count }),
            1 => {}
            _ => return twice(format!("part {index} of {count}")),
        }
    }
    Ok(())
}

fn joined(suite: &Suite, parts: &[&Results]) -> Result<Results, MergeError> {
    let mut whole = parts[0].clone();
    for part in &parts[1..] {
        let differs = [
            (part.suite != whole.suite || part.suite_digest != whole.suite_digest, "the suite"),
            (part.dataset != whole.dataset, "the cases"),
            (part.content != whole.content, "the prompt"),
            (part.models != whole.models || part.parameters != whole.parameters, "models or parameters"),
            (part.mode != whole.mode, "where answers came from"),
        ];
        if let Some((_, what)) = differs.into_iter().find(|(differs, _)| *differs) {
            return Err(MergeError::Different { suite: whole.suite, what });
        }
        whole.outcomes.extend(part.outcomes.iter().cloned());
        whole.misses.extend(part.misses.iter().cloned());
        whole.spent = whole.spent.and(&part.spent);
        if whole.ended == Ended::Complete {
            whole.ended = part.ended;
        }
    }
    let places: BTreeMap<&str, usize> = suite.cases.iter().enumerate().map(|(i, c)| (c.id.as_str(), i)).collect();
    // What a baseline alone has comes after all else, by its id.
    let place = |case: &str| places.get(case).copied().unwrap_or(usize::MAX);
    whole.outcomes.sort_by(|a, b| {
        let key = |o: &super::Outcome| (o.model, place(&o.case));
        key(a).cmp(&key(b)).then_with(|| a.case.cmp(&b.case)).then(a.sample.cmp(&b.sample))
    });
    whole.misses.sort_by_key(|m| (place(&m.case), m.sample));
    whole.misses.truncate(MISSES);
    let twice = whole
        .outcomes
        .windows(2)
        .find(|w| (w[0].model, &w[0].case, w[0].sample) == (w[1].model, &w[1].case, w[1].sample));
    match twice {
        Some(pair) => Err(MergeError::Twice { suite: whole.suite, what: format!("the case {}", pair[0].case) }),
        None => Ok(whole),
    }
}
