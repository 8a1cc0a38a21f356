//! The cases of a suite, thousands in memory and millions on the shelf.
//!
//! What lies on the shelf is a case as rows of data make them: variables and words. Assertions do not, for they are
//! patterns and schemas ready to grade; those that many cases share stay here once, those of a single row are read again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use source::{Digest, Snapshot, Span, Text};

use super::{At, Case, Flaky, RowFile, Vars};
use crate::Answer;
use crate::assertion;
use crate::bounded;
use crate::log::{Item, Kept, Log};
use crate::reading::{Reading, node_of};
use crate::sealed::Keys;

/// The cases of a suite, in the order of its files.
pub type Cases = Log<Case>;

/// What is known of all cases of a list, and what they share.
#[derive(Debug, Clone, Default)]
pub struct Common(Arc<Facts>);

#[derive(Debug, Default)]
struct Facts {
    tables: Mutex<Tables>,
    repeated: AtomicBool,
    flaky: AtomicBool,
    asked: AtomicBool,
    stored: AtomicBool,
    judged: AtomicBool,
    embedded: AtomicBool,
}

#[derive(Debug, Default)]
struct Tables {
    graders: Vec<Arc<[assertion::Item]>>,
    /// Where each of them stands, by its address.
    known: HashMap<usize, u32>,
    files: Vec<Home>,
}

/// A file that cases stand in.
#[derive(Debug, Clone)]
enum Home {
    Text(Text),
    Rows(Arc<RowFile>),
}

/// Assertions that a row alone has, as it writes them.
#[derive(Debug, Clone)]
pub struct Own {
    /// Those that it inherits, which come first.
    pub(crate) inherited: Arc<[assertion::Item]>,
    /// Its own, as JSON.
    pub(crate) written: Box<str>,
}

impl Log<Case> {
    /// The case `id`, looked for from position `near` on and then from the first; `near` becomes where it is.
    pub(crate) fn seek(&self, id: &str, near: &mut usize) -> Option<Item<'_, Case>> {
        let from = *near;
        let found = (from..self.len()).chain(0..from).find(|at| self.at(*at).id == id)?;
        *near = found;
        self.get(found)
    }

    /// The id that was probably meant by `id`.
    pub fn nearest(&self, id: &str) -> Option<String> {
        let mut best: Option<String> = None;
        for case in self {
            let near = source::nearest::nearest(id, best.as_deref().into_iter().chain([case.id.as_str()]));
            if near.is_some_and(|near| best.as_deref() != Some(near)) {
                best = Some(case.id.clone());
            }
        }
        best
    }
}

impl Common {
    /// Whether any case may be asked more than once.
    pub(crate) fn may_repeat(&self) -> bool {
        self.0.repeated.load(Ordering::Relaxed)
    }

    /// Whether any case may pass where only some of its repeats do.
    pub(crate) fn may_be_flaky(&self) -> bool {
        self.0.flaky.load(Ordering::Relaxed)
    }

    /// Whether any case may have to be asked: its answer does not stand in the suite.
    pub(crate) fn may_ask(&self) -> bool {
        self.0.asked.load(Ordering::Relaxed)
    }

    /// Whether the answer to any case may stand in the suite.
    pub(crate) fn may_store(&self) -> bool {
        self.0.stored.load(Ordering::Relaxed)
    }

    /// Whether grading any case may ask the judge.
    pub(crate) fn may_be_judged(&self) -> bool {
        self.0.judged.load(Ordering::Relaxed)
    }

    /// Whether grading any case may ask for embeddings.
    pub(crate) fn may_be_embedded(&self) -> bool {
        self.0.embedded.load(Ordering::Relaxed)
    }

    fn tables(&self) -> std::sync::MutexGuard<'_, Tables> {
        self.0.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn graders(&mut self, items: &Arc<[assertion::Item]>) -> u32 {
        let next = u32::try_from(self.graders.len()).unwrap_or(u32::MAX);
        *self.known.entry(items.as_ptr().addr()).or_insert_with(|| {
            self.graders.push(Arc::clone(items));
            next
        })
    }

    fn file(&mut self, at: &At) -> u32 {
        let same = |home: &Home| match (home, at) {
            (Home::Rows(rows), At::Row(file, _)) => Arc::ptr_eq(rows, file),
            (Home::Text(text), At::Text(place)) => std::ptr::eq(text.as_str(), place.text.as_str()),
            _ => false,
        };
        let found = self.files.iter().rposition(same).unwrap_or_else(|| {
            self.files.push(match at {
                At::Row(file, _) => Home::Rows(Arc::clone(file)),
                At::Text(place) => Home::Text(place.text.clone()),
            });
            self.files.len() - 1
        });
        u32::try_from(found).unwrap_or(u32::MAX)
    }
}

/// A case as it lies on the shelf.
#[derive(Serialize, Deserialize)]
struct Shelved {
    id: String,
    description: Option<String>,
    vars: Vars,
    graders: u32,
    own: Option<Box<str>>,
    threshold: Option<f64>,
    cluster: Option<String>,
    repeat: u32,
    flaky: Option<u32>,
    metadata: Map<String, Value>,
    stored: Option<Answer>,
    inputs: Digest,
    grader: Digest,
    at: (u32, u32, u32),
}

impl Kept for Case {
    type Shared = Common;

    fn note(&self, common: &Common) {
        let set = |fact: &AtomicBool, holds: bool| {
            if holds {
                fact.store(true, Ordering::Relaxed);
            }
        };
        set(&common.0.repeated, self.repeat != 1);
        set(&common.0.flaky, self.flaky.is_some());
        set(&common.0.asked, self.stored.is_none());
        set(&common.0.stored, self.stored.is_some());
        for kind in self.asserts.iter().flat_map(assertion::Item::asserts).map(|assert| &assert.kind) {
            set(&common.0.judged, kind.asks_the_judge());
            set(&common.0.embedded, kind.embeds());
        }
    }

    fn pack(cases: &[Self], common: &Common) -> Option<Vec<u8>> {
        // What is nested too deep would not be read back.
        let is_deep = |case: &Self| {
            case.stored.iter().any(|stored| bounded::is_deep(&stored.output))
                || case.metadata.values().any(bounded::is_deep)
        };
        if cases.iter().any(|case| case.sealed || is_deep(case)) {
            return None;
        }
        let mut tables = common.tables();
        let shelved = |case: &Self| Shelved {
            id: case.id.clone(),
            description: case.description.clone(),
            vars: case.vars.clone(),
            graders: tables.graders(case.own.as_ref().map_or(&case.asserts, |own| &own.inherited)),
            own: case.own.as_ref().map(|own| own.written.clone()),
            threshold: case.threshold,
            cluster: case.cluster.clone(),
            repeat: case.repeat,
            flaky: case.flaky.map(|flaky| flaky.min_pass),
            metadata: case.metadata.clone(),
            stored: case.stored.as_deref().cloned(),
            inputs: case.inputs,
            grader: case.grader,
            at: (tables.file(&case.at), case.at.span().start, case.at.span().end),
        };
        serde_json::to_vec(&cases.iter().map(shelved).collect::<Vec<_>>()).ok()
    }

    fn unpack(bytes: &[u8], common: &Common) -> Vec<Self> {
        let shelved: Vec<Shelved> = serde_json::from_slice(bytes).expect("what was written a moment ago is read");
        let tables = common.tables();
        let case = |one: Shelved| {
            let (file, start, end) = one.at;
            let span = Span { start, end };
            let at = match &tables.files[file as usize] {
                Home::Rows(rows) => At::Row(Arc::clone(rows), span),
                Home::Text(text) => At::Text(source::Place { text: text.clone(), span }),
            };
            let inherited = Arc::clone(&tables.graders[one.graders as usize]);
            let own = one.own.map(|written| Own { inherited: Arc::clone(&inherited), written });
            let asserts = own.as_ref().map_or(inherited, |own| own.read(&at));
            Self {
                id: one.id,
                description: one.description,
                vars: one.vars,
                asserts,
                own,
                threshold: one.threshold,
                cluster: one.cluster,
                repeat: one.repeat,
                flaky: one.flaky.map(|min_pass| Flaky { min_pass }),
                metadata: one.metadata,
                stored: one.stored.map(Arc::new),
                inputs: one.inputs,
                grader: one.grader,
                sealed: false,
                at,
            }
        };
        shelved.into_iter().map(case).collect()
    }
}

impl Own {
    /// Reads them again, as they were read when the row was: no file is named in them.
    fn read(&self, at: &At) -> Arc<[assertion::Item]> {
        let (nothing, keys) = (Snapshot::default(), Keys::default());
        let mut reading = Reading::new(&nothing, &keys, Text::new(at.path().clone(), ""));
        let written: Value = serde_json::from_str(&self.written).expect("what was written a moment ago is read");
        let node = node_of(written, at.span());
        let own = assertion::list(&mut reading, &node).filter(|own| own.len() == node.items().len());
        self.inherited.iter().cloned().chain(own.expect("they were read when the row was")).collect()
    }
}

#[cfg(test)]
mod tests {
    use source::RepoPath;

    use super::*;

    fn read(written: &str) -> Arc<[assertion::Item]> {
        let text = Text::new(RepoPath::new("evals/data/rows.jsonl").expect("a path"), "");
        let at = At::Text(source::Place { text, span: Span::default() });
        Own { inherited: Arc::from([]), written: written.into() }.read(&at)
    }

    #[test]
    fn assertions_of_a_row_are_read_again() {
        assert_eq!(read(r#"[{"type":"equals","value":"a"}]"#).len(), 1);
    }

    #[test]
    #[should_panic(expected = "they were read when the row was")]
    fn none_of_them_is_left_out_silently() {
        read(r#"[{"type":"equals","value":"a"},{"type":"no such"}]"#);
    }
}
