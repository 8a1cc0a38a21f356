//! A prompt that has another id in a baseline, known by its cases: words may change with the name, cases stay.

use std::collections::HashSet;

use source::{Digest, Files, PromptId, ReadError};

use crate::suite::{self, Suite};

/// The prompt of `files`, one of those that are `gone` by now, whose suite has most of the cases of `now` in common: at
/// least half of those of the smaller one.
pub fn renamed_from(
    files: &dyn Files,
    now: &Suite,
    gone: impl Fn(&PromptId) -> bool,
) -> Result<Option<PromptId>, ReadError> {
    let asked: HashSet<Digest> = now.cases.iter().map(|case| case.inputs).collect();
    let mut best: Option<(usize, PromptId)> = None;
    for path in suite::paths(files)? {
        let Some(id) = suite::prompt_of(&path).filter(&gone) else { continue };
        let Some(there) = suite::load(files, &path).suite else { continue };
        let shared = there.cases.iter().filter(|case| asked.contains(&case.inputs)).count();
        let is_one = shared > 0 && shared * 2 >= there.cases.len().min(now.cases.len());
        if is_one && best.as_ref().is_none_or(|(most, _)| shared > *most) {
            best = Some((shared, id));
        }
    }
    Ok(best.map(|(_, id)| id))
}
