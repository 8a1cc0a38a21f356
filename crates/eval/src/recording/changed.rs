//! Answers that changed although the question did not.

use super::Recordings;

impl Recordings {
    /// How many answers are not those that `before` has to the same questions: asked anew, or edited by hand.
    pub fn changed_since(&self, before: &Self) -> usize {
        let changed = |entry: &super::Entry| {
            before.by_key(&entry.key).is_some_and(|old| old.answer.output != entry.answer.output)
        };
        self.entries().filter(changed).count()
    }
}
