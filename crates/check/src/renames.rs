//! A prompt that is gone beside one that is new and says the same: probably a rename, which is a new id.
//!
//! Nothing follows from it: a rename is told as what it is, a prompt that callers lose and one that nobody calls yet.

use std::collections::{BTreeMap, HashMap};

use prompt::body::Part;
use prompt::{Catalog, Prompt};
use source::PromptId;

/// A prompt that says what another one said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Twin {
    /// Its id.
    pub id: PromptId,
    /// How much of the words of both they share, in percent.
    pub alike: u8,
}

/// Less in common than this, in percent, is no rename.
const ALIKE: u8 = 75;
/// Short texts resemble each other easily: of fewer words than this nearly all must be the same.
const SHORT: usize = 12;
/// What short texts must have in common, in percent.
const ALIKE_SHORT: u8 = 95;
/// So many pairs are held against each other; of more, nobody would read the list.
const MOST: usize = 250_000;

/// The prompts that only one of two catalogs has and that are probably one, both ways: the gone ones with what they became,
/// the new ones with what they were. The closest pairs first; nobody has two twins.
pub fn renames(before: &Catalog, after: &Catalog) -> BTreeMap<PromptId, Twin> {
    let lacking = |of: &'_ Catalog, other: &Catalog| -> Vec<(PromptId, Words)> {
        let only = of.prompts().filter(|prompt| !other.holds(&prompt.id));
        only.map(|prompt| (prompt.id.clone(), Words::of(prompt))).collect()
    };
    let (gone, new) = (lacking(before, after), lacking(after, before));
    let mut pairs = Vec::new();
    for (at, (_, then)) in gone.iter().enumerate().take(MOST / new.len().max(1)) {
        for (to, (_, now)) in new.iter().enumerate() {
            pairs.extend(then.alike(now).map(|alike| (alike, at, to)));
        }
    }
    pairs.sort_by_key(|(alike, at, to)| (std::cmp::Reverse(*alike), *at, *to));
    let mut twins = BTreeMap::new();
    for (alike, at, to) in pairs {
        let (old, new) = (&gone[at].0, &new[to].0);
        if !twins.contains_key(old) && !twins.contains_key(new) {
            twins.insert(old.clone(), Twin { id: new.clone(), alike });
            twins.insert(new.clone(), Twin { id: old.clone(), alike });
        }
    }
    twins
}

/// The words of a prompt's messages, each with how often it stands there.
struct Words {
    counts: HashMap<String, usize>,
    all: usize,
}

impl Words {
    fn of(prompt: &Prompt) -> Self {
        let mut words = Self { counts: HashMap::new(), all: 0 };
        for part in &prompt.body.messages {
            match part {
                Part::Role { role, source, .. } => {
                    words.add([role.as_str()].into_iter().chain(source.split_whitespace()))
                }
                Part::Turns { input, .. } => words.add([&**input].into_iter()),
            }
        }
        words
    }

    fn add<'t>(&mut self, words: impl Iterator<Item = &'t str>) {
        for word in words {
            *self.counts.entry(word.to_owned()).or_default() += 1;
            self.all += 1;
        }
    }

    /// How much both share, in percent, where that is enough to take them for one.
    fn alike(&self, other: &Self) -> Option<u8> {
        let (least, most) = (self.all.min(other.all), self.all.max(other.all));
        // What is twice as long shares two thirds at most.
        if most > 2 * least {
            return None;
        }
        let of = |word: &String, count: &usize| other.counts.get(word).copied().unwrap_or(0).min(*count);
        let shared: usize = self.counts.iter().map(|(word, count)| of(word, count)).sum();
        let alike = u8::try_from(200 * shared / (self.all + other.all).max(1)).unwrap_or(100);
        (alike >= if least < SHORT { ALIKE_SHORT } else { ALIKE }).then_some(alike)
    }
}

#[cfg(test)]
mod tests {
    use source::Snapshot;

    use super::*;

    fn catalog<const N: usize>(prompts: [(&str, &str); N]) -> Catalog {
        let file = |(id, body): (&str, &str)| {
            let text = format!("---\nversion: 1.0.0\ndescription: d\nowner: o\nrisk: low\nmodel: a/b\n---\n{body}\n");
            (format!("prompts/{id}.md"), text)
        };
        let files = prompts.map(file);
        Catalog::load(&Snapshot::of_texts("t", files.iter().map(|(path, text)| (path.as_str(), text.as_str()))))
    }

    #[test]
    fn a_rename_is_noticed_and_a_stranger_is_not() {
        let long = "Write an answer to the customer who asks us this, in a few friendly sentences.";
        let before = catalog([("mail/reply", long), ("mail/short", "Say hello."), ("stays", long)]);
        let near = long.replace("friendly", "short");
        let after = catalog([("mail/answer", &near), ("mail/greet", "Say goodbye."), ("stays", long)]);
        let found = renames(&before, &after);
        let said: Vec<_> = found.iter().map(|(id, twin)| format!("{id} = {}, {}", twin.id, twin.alike)).collect();
        assert_eq!(said, ["mail/answer = mail/reply, 93", "mail/reply = mail/answer, 93"]);
        let moved = catalog([("a", "Say hello."), ("b", "Say hello."), ("stays", long)]);
        let found = renames(&before, &moved);
        assert_eq!(found.len(), 2, "nobody has two twins: {found:?}");
    }
}
