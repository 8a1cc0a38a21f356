//! Why an answer is not on file: the recording that comes nearest, and the first thing that differs.

use std::collections::BTreeMap;

use source::Digest;

use super::{Asked, Entry, Recordings, Traits, VOTE};
use crate::hashed::hashed;

/// What finds the nearest entry without looking at all of them for every miss: keys by case and by what was said, both as
/// hashes, and one for each way of asking.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    cases: Vec<(u64, Digest)>,
    messages: Vec<(u64, Digest)>,
    ways: BTreeMap<Way, Digest>,
}

/// Everything in which two requests may differ besides the case and the messages.
type Way = ([String; 5], u32);

impl Index {
    pub(super) fn of(entries: impl Iterator<Item = Entry>) -> Self {
        let mut this = Self::default();
        for entry in entries {
            let Traits { kind, path, model, messages, shape, parameters } = entry.asked;
            this.cases.push((hashed(&entry.case), entry.key));
            this.messages.push((hashed(&messages), entry.key));
            this.ways.entry(([kind, path, model, shape, parameters], entry.sample)).or_insert(entry.key);
        }
        this.cases.sort_unstable();
        this.messages.sort_unstable();
        this
    }

    /// The entries that answer `case`, by key, and hardly any other.
    pub(super) fn of_case(&self, case: &str) -> impl Iterator<Item = &Digest> {
        alike(&self.cases, case)
    }

    /// Entries of which one is nearest: whatever shares neither the case nor the words is as near as the first that was
    /// asked in the same way.
    fn candidates(&self, case: &str, messages: &str) -> impl Iterator<Item = &Digest> {
        self.of_case(case).chain(alike(&self.messages, messages)).chain(self.ways.values())
    }
}

fn alike<'a>(keys: &'a [(u64, Digest)], of: &str) -> impl Iterator<Item = &'a Digest> + use<'a> {
    let wanted = hashed(of);
    let from = keys.partition_point(|(hash, _)| *hash < wanted);
    keys[from..].iter().take_while(move |(hash, _)| *hash == wanted).map(|(_, key)| key)
}

/// One sentence about the entry nearest to `asked`, which `case` asked.
pub(super) fn explain(recordings: &Recordings, asked: &Asked<'_>, case: &str, grading: bool) -> String {
    let traits = asked.traits();
    let far = |entry: &Entry| {
        let t = &entry.asked;
        let (said, shape, parameters) =
            (t.messages != traits.messages, t.shape != traits.shape, t.parameters != traits.parameters);
        let parts = [
            said,
            entry.case != case,
            t.model != traits.model,
            t.kind != traits.kind || t.path != traits.path,
            shape,
            parameters,
            entry.sample != asked.sample,
            // Nothing in common: a verdict on an answer to the case, where the answer is looked for.
            said && shape && parameters,
        ];
        // A difference in what was said weighs most: an answer to the same words is the likeliest to be meant.
        let weights = [16, 12, 8, 8, 4, 4, 1, 24];
        parts.iter().zip(weights).filter(|(differs, _)| **differs).map(|(_, weight)| weight).sum::<u32>()
    };
    // Whoever grades is always asked in one form and with the same parameters; what has others is an answer's.
    let alike = |entry: &Entry| {
        !grading || (&entry.asked.shape, &entry.asked.parameters) == (&traits.shape, &traits.parameters)
    };
    let candidates = recordings.index().candidates(case, &traits.messages);
    let candidates = candidates.filter_map(|key| recordings.by_key(key)).filter(alike);
    let Some(entry) = candidates.min_by_key(|e| (far(e), e.key)) else {
        return match grading && !recordings.is_empty() {
            true => format!("nothing that {} was asked in order to grade is on file for this suite", traits.model),
            false => "nothing is recorded for this suite yet".to_owned(),
        };
    };
    let key = entry.key.short16();
    let t = &entry.asked;
    let both = |part: fn(u32) -> u32| (part(entry.sample), part(asked.sample));
    let (repeats, votes) = (both(|sample| sample % VOTE), both(|sample| sample / VOTE));
    let what = match grading {
        true => "what is to be graded differs: the answer, the question or the criterion changed",
        false => "the messages differ: the prompt, a block or the case's variables changed",
    };
    let is_own = entry.case == case;
    let differences = [
        (t.kind != traits.kind, format!("it was asked of {}, not {}", t.kind, traits.kind)),
        (t.model != traits.model, format!("it was asked of the model {}, not {}", t.model, traits.model)),
        (t.path != traits.path, format!("it was asked at {}, not {}", t.path, traits.path)),
        (is_own && t.messages != traits.messages, what.to_owned()),
        (t.shape != traits.shape, "the output schema or the tools differ".to_owned()),
        (t.parameters != traits.parameters, "the parameters differ".to_owned()),
        (repeats.0 != repeats.1, format!("it is repeat {}, not {}", repeats.0 + 1, repeats.1 + 1)),
        (votes.0 != votes.1, format!("it is verdict {} on the same answer, not {}", votes.0 + 1, votes.1 + 1)),
    ];
    let said: Vec<String> = differences.into_iter().filter(|(differs, _)| *differs).map(|(_, said)| said).collect();
    if !is_own && t.messages != traits.messages {
        // Whichever it is was only asked in the same way: of the words and the case, nothing is known.
        let also = if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
        let other = &entry.case;
        return match grading {
            true => format!(
                "no verdict on file is about the case {case} by its id: it is new, or it was renamed, or shared one with another \
                 case, and what is to be graded changed; the nearest recording is {key}, about the case {other}{also}"
            ),
            false => format!(
                "no answer on file is that of the case {case} by its id: it is new, or it was renamed and its question \
                 changed, too (promptuary recordings explain --base REV tells how); the nearest recording is {key}, of the \
                 case {other}{also}"
            ),
        };
    }
    format!(
        "the nearest recording is {key}: {}",
        if said.is_empty() { "it differs in nothing known".to_owned() } else { said.join("; ") }
    )
}
