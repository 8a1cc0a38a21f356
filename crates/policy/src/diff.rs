//! Two policies compared by meaning: what got weaker, what got stronger, what merely changed.

mod demands;
mod models;
mod people;
mod rules;

use std::fmt::Display;

use source::Place;

use crate::Policy;

/// One difference in meaning.
#[derive(Debug, Clone)]
pub struct Change {
    /// Which way it goes.
    pub effect: Effect,
    /// One lower-case clause: `approvals of a policy change: 1 → 0`.
    pub what: String,
    /// Where the new policy says so; where the old one did, for what is gone.
    pub at: Place,
}

/// Which way a difference goes. Ordered as readers should meet them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Something is allowed, or no longer demanded.
    Weaker,
    /// Neither.
    Other,
    /// Something is demanded, or no longer allowed.
    Stronger,
}

/// Every difference between `old` and `new`, weaker ones first, otherwise in the order of the documents.
///
/// Comments, order and spelling (`24h`, `1d`) are no differences.
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut pair = Pair { old, new, changes: Vec::new() };
    rules::compare(&mut pair);
    demands::compare(&mut pair);
    models::compare(&mut pair);
    people::compare(&mut pair);
    pair.changes.sort_by_key(|change| change.effect);
    pair.changes
}

/// Two policies, and what was found so far.
struct Pair<'a> {
    old: &'a Policy,
    new: &'a Policy,
    changes: Vec<Change>,
}

impl Pair<'_> {
    fn push(&mut self, effect: Effect, what: String, at: Place) {
        self.changes.push(Change { effect, what, at });
    }

    /// A limit from above: larger or absent is weaker.
    fn at_most<T: PartialOrd + Display>(&mut self, what: &str, old: Option<T>, new: Option<T>, at: impl Fn() -> Place) {
        let effect = match (&old, &new) {
            (None, None) => return,
            (Some(a), Some(b)) if a == b => return,
            (Some(_), None) => Effect::Weaker,
            (None, Some(_)) => Effect::Stronger,
            (Some(a), Some(b)) => {
                if b > a {
                    Effect::Weaker
                } else {
                    Effect::Stronger
                }
            }
        };
        self.push(effect, turned(what, old, new), at());
    }

    /// A demand from below: smaller or absent is weaker.
    fn at_least<T: PartialOrd + Display>(
        &mut self,
        what: &str,
        old: Option<T>,
        new: Option<T>,
        at: impl Fn() -> Place,
    ) {
        let effect = match (&old, &new) {
            (None, None) => return,
            (Some(a), Some(b)) if a == b => return,
            (Some(_), None) => Effect::Weaker,
            (None, Some(_)) => Effect::Stronger,
            (Some(a), Some(b)) => {
                if b < a {
                    Effect::Weaker
                } else {
                    Effect::Stronger
                }
            }
        };
        self.push(effect, turned(what, old, new), at());
    }

    /// A value of which neither is weaker.
    fn other(&mut self, what: &str, old: String, new: String, at: impl Fn() -> Place) {
        if old != new {
            self.push(Effect::Other, turned(what, Some(old), Some(new)), at());
        }
    }
}

fn turned<T: Display>(what: &str, old: Option<T>, new: Option<T>) -> String {
    let spelt = |value: Option<T>| value.map_or_else(|| "none".to_owned(), |v| v.to_string());
    format!("{what}: {} → {}", spelt(old), spelt(new))
}

#[cfg(test)]
mod tests;
