//! What becomes of cases: those that are gone, and those that ask, assert or count otherwise.

use std::collections::{BTreeMap, HashMap, HashSet};

use policy::diff::Effect;
use source::Place;
use source::render::counted;

use super::{Pair, named, renamed};
use crate::assertion::Mark;
use crate::hashed::hashed;
use crate::suite::{At, Case, Suite};

/// At most so many ids are kept of a kind.
const MOST: usize = 1_000;

/// What may become of a case. In the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Removed,
    Retired,
    Given,
    Less,
    Lower,
    Alone,
    Rarer,
    Flakier,
    Asks,
    Answered,
    Graded,
    Clustered,
    Relabelled,
    Renamed,
    Added,
    More,
    Oftener,
    Steadier,
    Higher,
}

impl Fate {
    /// Which way it goes, and what is said of one case and of several.
    const fn says(self) -> (Effect, &'static str, &'static str) {
        use Effect::{Other, Stronger, Weaker};
        match self {
            Self::Removed => (Weaker, "was removed", "were removed"),
            Self::Given => (
                Weaker,
                "is no longer asked: the suite gives its answer",
                "are no longer asked: the suite gives answers",
            ),
            Self::Less => (Weaker, "asserts less", "assert less"),
            Self::Lower => (Weaker, "passes from a lower score", "pass from a lower score"),
            Self::Alone => {
                (Weaker, "counts by itself, out of its cluster", "count by themselves, out of their clusters")
            }
            Self::Rarer => (Weaker, "is asked less often", "are asked less often"),
            Self::Flakier => (Weaker, "passes although more repeats fail", "pass although more repeats fail"),
            Self::Retired => (Other, "was retired", "were retired"),
            Self::Asks => (Other, "asks something else", "ask something else"),
            Self::Answered => (Other, "has another given answer", "have other given answers"),
            Self::Graded => (Other, "is graded otherwise", "are graded otherwise"),
            Self::Clustered => (Other, "counts in another cluster", "count in other clusters"),
            Self::Relabelled => (Other, "is in another stratum", "are in other strata"),
            Self::Renamed => (Other, "has another id", "have other ids"),
            Self::Added => (Stronger, "is new", "are new"),
            Self::More => (Stronger, "asserts more", "assert more"),
            Self::Oftener => (Stronger, "is asked more often", "are asked more often"),
            Self::Higher => (Stronger, "passes only from a higher score", "pass only from a higher score"),
            Self::Steadier => (Stronger, "passes only where more repeats do", "pass only where more repeats do"),
        }
    }
}

/// The cases of one fate.
struct Kept {
    count: usize,
    ids: Vec<String>,
    /// The first of them, where it stands in the new suite.
    at: Option<At>,
}

/// What was found, by fate.
#[derive(Default)]
struct Found(BTreeMap<Fate, Kept>);

impl Found {
    fn add(&mut self, fate: Fate, id: &str, at: Option<&At>) {
        let kept = self.0.entry(fate).or_insert_with(|| Kept { count: 0, ids: Vec::new(), at: at.cloned() });
        kept.count += 1;
        if kept.ids.len() < MOST {
            kept.ids.push(id.to_owned());
        }
    }
}

/// Whether both suites hold the same cases in the same order, as far as a verdict rests on them: more than the digest of
/// the cases tells, which leaves out how they count.
pub fn same_cases(one: &Suite, other: &Suite) -> bool {
    let same = |a: &Case, b: &Case| {
        (a.id == b.id && a.inputs == b.inputs && a.grader == b.grader && a.stored == b.stored)
            && (a.cluster == b.cluster && a.repeat == b.repeat && a.flaky == b.flaky && a.metadata == b.metadata)
    };
    one.cases.len() == other.cases.len() && one.cases.iter().zip(&other.cases).all(|(a, b)| same(&a, &b))
}

pub(super) fn compare(pair: &mut Pair<'_>) {
    let (old, new) = (pair.old.suite, pair.new.suite);
    if same_cases(old, new) {
        return;
    }
    let mut found = Found::default();
    let before: HashMap<u64, usize> = old.cases.iter().enumerate().map(|(at, case)| (hashed(&case.id), at)).collect();
    let moved = renamed(new, old, &before);
    let stratified = new.sample.as_ref().and_then(|sample| sample.stratify_by.as_ref());
    let mut kept = HashSet::new();
    for (position, case) in new.cases.iter().enumerate() {
        let at = before.get(&hashed(&case.id)).or_else(|| moved.get(&position));
        let Some(was) = at.map(|at| old.cases.at(*at)) else {
            found.add(Fate::Added, &case.id, Some(&case.at));
            continue;
        };
        kept.insert(hashed(&was.id));
        if was.id != case.id {
            found.add(Fate::Renamed, &case.id, Some(&case.at));
        }
        for fate in fates(&was, &case) {
            found.add(fate, &case.id, Some(&case.at));
        }
        if let Some(by) = stratified
            && was.metadata.get(by) != case.metadata.get(by)
        {
            found.add(Fate::Relabelled, &case.id, Some(&case.at));
        }
    }
    drop((before, moved));
    gone(old, new, &kept, &mut found);
    for (fate, kept) in found.0 {
        tell(pair, fate, kept);
    }
}

/// Cases that are in `old` alone.
fn gone(old: &Suite, new: &Suite, kept: &HashSet<u64>, found: &mut Found) {
    if kept.len() == old.cases.len() {
        return;
    }
    let asked = |case: &Case| hashed(&(case.inputs, case.grader));
    let still: HashSet<u64> = new.cases.iter().map(|case| asked(&case)).collect();
    let must: HashSet<&String> = old.gate.must_pass.iter().collect();
    let retired: HashSet<&String> = new.gate.retired.iter().map(|retired| &retired.id).collect();
    for case in old.cases.iter().filter(|case| !kept.contains(&hashed(&case.id))) {
        // Of several cases that were one and the same, one stays: nothing is removed.
        if !must.contains(&case.id) && still.contains(&asked(&case)) {
            continue;
        }
        found.add(if retired.contains(&case.id) { Fate::Retired } else { Fate::Removed }, &case.id, None);
    }
}

/// What becomes of a case that both have.
fn fates(old: &Case, new: &Case) -> Vec<Fate> {
    let mut fates = Vec::new();
    if old.inputs != new.inputs {
        fates.push(Fate::Asks);
    }
    match (&old.stored, &new.stored) {
        (None, Some(_)) => fates.push(Fate::Given),
        (old, new) if old != new => fates.push(Fate::Answered),
        _ => {}
    }
    if old.grader != new.grader {
        fates.extend(graded(old, new));
    }
    match (&old.cluster, &new.cluster) {
        (Some(_), None) => fates.push(Fate::Alone),
        (old, new) if old != new => fates.push(Fate::Clustered),
        _ => {}
    }
    if old.repeat != new.repeat {
        fates.push(if new.repeat < old.repeat { Fate::Rarer } else { Fate::Oftener });
    }
    let needed = |case: &Case| {
        f64::from(case.flaky.map_or(case.repeat, |f| f.needed(case.repeat))) / f64::from(case.repeat.max(1))
    };
    if needed(old) > needed(new) {
        fates.push(Fate::Flakier);
    } else if needed(old) < needed(new) {
        fates.push(Fate::Steadier);
    }
    fates
}

/// Which way the assertions go: where only some are gone, or only some are new, and no score can make up for it.
fn graded(old: &Case, new: &Case) -> Vec<Fate> {
    let lower = match (old.threshold, new.threshold) {
        (None, Some(threshold)) => threshold < 1.0,
        (Some(old), Some(new)) => new < old,
        _ => false,
    };
    let marks = |case: &Case| {
        let mut counts: BTreeMap<Mark, usize> = BTreeMap::new();
        case.asserts.iter().for_each(|item| *counts.entry(item.mark()).or_default() += 1);
        counts
    };
    let scoring = |case: &Case| case.asserts.iter().filter(|item| item.scores()).count();
    let (a, b) = (marks(old), marks(new));
    let within =
        |a: &BTreeMap<Mark, usize>, b: &BTreeMap<Mark, usize>| a.iter().all(|(m, n)| b.get(m).is_some_and(|k| k >= n));
    let mut fates = Vec::new();
    if lower {
        fates.push(Fate::Lower);
    }
    if a == b {
        // Then it is the threshold alone.
        if !lower {
            fates.push(Fate::Higher);
        }
    } else if within(&b, &a) || scoring(new) < scoring(old) {
        fates.push(Fate::Less);
    } else if within(&a, &b) && new.threshold.is_none() {
        fates.push(Fate::More);
    } else {
        fates.push(Fate::Graded);
    }
    fates
}

fn tell(pair: &mut Pair<'_>, fate: Fate, kept: Kept) {
    let Kept { count, mut ids, at } = kept;
    ids.sort();
    let (effect, one, many) = fate.says();
    let mut listed = named(&ids, count);
    if fate == Fate::Retired
        && let [only] = ids.as_slice()
        && let Some(retired) = pair.new.suite.gate.retired.iter().find(|retired| retired.id == *only)
    {
        listed = format!("{listed} ({})", retired.reason);
    }
    let what = format!("{} {}", counted(count, "case"), if count == 1 { one } else { many });
    let at = match fate {
        Fate::Retired => pair.new.suite.place_of(&["gate", "retired"]),
        _ => at.map_or_else(|| Place::file(pair.new.suite.text.path()), |at| at.place()),
    };
    pair.push(effect, what, (listed, ids), at);
    if fate == Fate::Renamed
        && pair.new.suite.sample.is_none()
        && let Some(change) = pair.changes.last_mut()
    {
        // What asks and asserts the same is compared as the same; a sample goes by ids.
        change.rule = None;
    }
}
