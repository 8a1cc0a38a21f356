//! A prompt that has another id in a baseline, known by its cases: words may change with the name, cases stay.

use std::collections::HashSet;

use source::{Digest, Files, PromptId, ReadError};

use crate::suite::{self, Suite};

/// The prompt of `files`, one of those that are `gone` by now, whose suite has most of the cases of `now` in common: at
/// least half of those of the smaller one. Cases without variables ask any prompt the same, and tell none from another.
pub fn renamed_from(
    files: &dyn Files,
    now: &Suite,
    gone: impl Fn(&PromptId) -> bool,
) -> Result<Option<PromptId>, ReadError> {
    let (mut asked, mut mine): (HashSet<Digest>, usize) = (HashSet::new(), 0);
    for inputs in telling(now) {
        asked.insert(inputs);
        mine += 1;
    }
    let mut best: Option<(usize, PromptId)> = None;
    for path in suite::paths(files)? {
        let Some(id) = suite::prompt_of(&path).filter(&gone) else { continue };
        let Some(there) = suite::load(files, &path).suite else { continue };
        let (mut shared, mut theirs) = (0, 0);
        for inputs in telling(&there) {
            shared += usize::from(asked.contains(&inputs));
            theirs += 1;
        }
        let is_one = shared > 0 && shared * 2 >= mine.min(theirs);
        if is_one && best.as_ref().is_none_or(|(most, _)| shared > *most) {
            best = Some((shared, id));
        }
    }
    Ok(best.map(|(_, id)| id))
}

/// What its cases put in, where they put in anything.
fn telling(suite: &Suite) -> impl Iterator<Item = Digest> {
    suite.cases.iter().filter(|case| !case.vars.is_empty()).map(|case| case.inputs)
}
