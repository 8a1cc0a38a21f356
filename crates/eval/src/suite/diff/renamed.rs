//! Cases that have another id in another version of their suite.

use std::collections::{HashMap, HashSet, VecDeque};

use source::Digest;

use crate::hashed::hashed;
use crate::suite::{Case, Suite};

/// Cases of `now` whose id `old` does not have, by position, with the position of the one there that asks the same under
/// an id that `now` does not have. One that had to pass keeps its id, or has to pass under the new one.
pub(crate) fn renamed(now: &Suite, old: &Suite, before: &HashMap<u64, usize>) -> HashMap<usize, usize> {
    let new = |case: &Case| !before.contains_key(&hashed(&case.id));
    if !now.cases.iter().any(|case| new(&case)) {
        return HashMap::new();
    }
    let known: HashSet<u64> = now.cases.iter().map(|case| hashed(&case.id)).collect();
    let mut gone: HashMap<Digest, VecDeque<usize>> = HashMap::new();
    for (at, case) in old.cases.iter().enumerate().filter(|(_, case)| !known.contains(&hashed(&case.id))) {
        gone.entry(case.inputs).or_default().push_back(at);
    }
    let mut found = HashMap::new();
    for (position, case) in now.cases.iter().enumerate().filter(|(_, case)| new(case)) {
        let Some(places) = gone.get_mut(&case.inputs) else { continue };
        let demoted =
            |at: &usize| old.gate.must_pass.contains(&old.cases.at(*at).id) && !now.gate.must_pass.contains(&case.id);
        if let Some(at) = places.front().copied().filter(|at| !demoted(at)) {
            places.pop_front();
            found.insert(position, at);
        }
    }
    found
}
