//! Putting the shards of a run together: the same results as one run would have.

use std::collections::BTreeMap;

use super::{Ended, Results};
use crate::suite::Suite;

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
    /// A case was run twice.
    #[error("merge {suite}: the case {case} is in two parts")]
    Twice {
        /// The suite.
        suite: String,
        /// The case.
        case: String,
    },
}

/// One result of the shards in `parts`, its outcomes in the order of `suite`.
pub fn merge(suite: &Suite, parts: &[Results]) -> Result<Results, MergeError> {
    let mut whole = parts.first().ok_or(MergeError::Nothing)?.clone();
    let name = whole.suite.clone();
    for part in &parts[1..] {
        let differs = [
            (part.suite != whole.suite || part.suite_digest != whole.suite_digest, "the suite"),
            (part.dataset != whole.dataset, "the cases"),
            (part.content != whole.content, "the prompt"),
            (part.models != whole.models || part.parameters != whole.parameters, "models or parameters"),
            (part.mode != whole.mode, "where answers came from"),
        ];
        if let Some((_, what)) = differs.into_iter().find(|(differs, _)| *differs) {
            return Err(MergeError::Different { suite: name, what });
        }
        whole.outcomes.extend(part.outcomes.iter().cloned());
        whole.misses.extend(part.misses.iter().cloned());
        let (spent, more) = (&mut whole.spent, part.spent);
        spent.requests += more.requests;
        spent.retries += more.retries;
        spent.replayed += more.replayed;
        spent.usage.input += more.usage.input;
        spent.usage.output += more.usage.output;
        spent.usd += more.usd;
        spent.unpriced += more.unpriced;
        if whole.ended == Ended::Complete {
            whole.ended = part.ended;
        }
    }
    let places: BTreeMap<&str, usize> = suite.cases.iter().enumerate().map(|(i, c)| (c.id.as_str(), i)).collect();
    let place = |case: &str| places.get(case).copied().unwrap_or(usize::MAX);
    whole.outcomes.sort_by_key(|o| (o.model, place(&o.case), o.sample));
    let twice = whole
        .outcomes
        .windows(2)
        .find(|w| (w[0].model, &w[0].case, w[0].sample) == (w[1].model, &w[1].case, w[1].sample));
    match twice {
        Some(pair) => Err(MergeError::Twice { suite: name, case: pair[0].case.clone() }),
        None => Ok(whole),
    }
}
