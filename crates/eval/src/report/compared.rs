//! What is said of the other side of a comparison: its answers, and which cases turned.

use std::collections::HashSet;

use super::Reported;
use crate::Item;
use crate::hashed::hashed;
use crate::run::{Outcome, Results};

/// The outcomes of the other side, to be found by what they answer: twelve bytes each, whatever they hold.
pub(super) struct Before<'a> {
    results: Option<&'a Results>,
    /// For each model of this side its position on the other.
    models: Vec<Option<usize>>,
    places: Vec<(u64, u32)>,
}

impl<'a> Before<'a> {
    pub(super) fn of(one: &Reported<'a>) -> Self {
        let results = one.baseline.and_then(|b| b.results.as_ref());
        let there = |model| results.and_then(|r| r.models.iter().position(|m| m == model));
        let outcomes = results.into_iter().flat_map(|r| &r.outcomes).enumerate();
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mut places: Vec<(u64, u32)> =
            outcomes.map(|(at, o)| (hashed(&(o.model, &o.case, o.sample)), place(at))).collect();
        places.sort_unstable();
        Self { results, models: one.results.models.iter().map(there).collect(), places }
    }

    /// The outcome on the other side of `outcome`: the same case and repeat with the same model.
    pub(super) fn find(&self, outcome: &Outcome) -> Option<Item<'a, Outcome>> {
        let model = (*self.models.get(outcome.model)?)?;
        let wanted = hashed(&(model, &outcome.case, outcome.sample));
        let from = self.places.partition_point(|(hash, _)| *hash < wanted);
        let alike = self.places[from..].iter().take_while(|(hash, _)| *hash == wanted);
        let mut found = alike.filter_map(|(_, at)| self.results?.outcomes.get(*at as usize));
        found.find(|o| o.model == model && o.case == outcome.case && o.sample == outcome.sample)
    }
}

/// Which cases turned, each with the position of its model.
#[derive(Default)]
pub(super) struct Turned<'a> {
    pub(super) fell: HashSet<(usize, &'a str)>,
    pub(super) rose: HashSet<(usize, &'a str)>,
    /// Those that pass less often than before.
    pub(super) less: HashSet<(usize, &'a str)>,
}

impl<'a> Turned<'a> {
    pub(super) fn of(one: &Reported<'a>) -> Self {
        let mut this = Self::default();
        for c in &one.verdict.comparisons {
            let Some(model) = one.results.models.iter().position(|m| m.as_str() == c.model) else { continue };
            for (into, ids) in [
                (&mut this.fell, &c.newly_failing),
                (&mut this.rose, &c.newly_passing),
                (&mut this.less, &c.less_often),
            ] {
                into.extend(ids.iter().map(|id| (model, id.as_str())));
            }
        }
        this
    }
}
