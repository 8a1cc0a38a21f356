//! A recording file: read, looked up, added to, written.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use source::{Bytes, Digest, Finding, Place, RepoPath, Span, Text};

use super::layer::{self, Layer, Line, Listed, Near};
use super::nearest::{self, Index};
use super::{Asked, Entry};
use crate::rules;

/// The answers on file for one suite: lines by their keys, each read as an entry when somebody asks for it.
///
/// They lie over one another: what was added later stands before what was there.
#[derive(Debug, Clone, Default)]
pub struct Recordings {
    layers: Vec<Layer>,
    /// Where some were taken out, those that are left.
    kept: Option<Arc<BTreeSet<Digest>>>,
    /// Made when it is first asked for, gone with every change.
    index: OnceLock<Index>,
}

/// After so many findings nobody reads on.
const MOST_FINDINGS: usize = 100;

/// So many new answers are held in memory before they are put aside.
const HELD: usize = 8192;

/// Where the recordings of the suite `name` are.
pub fn path_of(name: &str) -> RepoPath {
    RepoPath::new(&format!("evals/recordings/{name}.jsonl")).expect("a suite's name has only sound segments")
}

/// Where the answers to the suite at `path` stand; `None` where no suite does.
pub fn path_beside(path: &RepoPath) -> Option<RepoPath> {
    crate::suite::name_of(path).map(|(name, _)| path_of(name))
}

impl Recordings {
    /// Reads a file. Lines out of order are taken; what is no entry, or stands twice and differs, is a finding: a merge
    /// may have left both sides.
    pub fn read(text: &Text) -> Result<Self, Vec<Finding>> {
        let mut near = Near { text: Some(text.clone()), ..Near::default() };
        let mut findings = Vec::new();
        let mut at = 0;
        for line in text.as_str().split_inclusive('\n') {
            let span = Span::new(at, at + line.trim_end().len());
            at += line.len();
            if line.trim().is_empty() {
                continue;
            }
            if findings.len() >= MOST_FINDINGS {
                break;
            }
            let fault = |message: String, help: &str| {
                Finding::new(rules::RECORDING_INVALID, Place::new(text, span), message).help(help)
            };
            match serde_json::from_str::<Entry>(line) {
                Err(error) => {
                    let conflict = ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|m| line.starts_with(m));
                    let message = if conflict {
                        "this line is left from a merge".to_owned()
                    } else {
                        // The error may quote a key that is as long as the line.
                        format!("this line is no recording: {}", crate::assertion::shown(&error.to_string()))
                    };
                    let help = match conflict {
                        true => "remove the line; keep the recordings of both sides, each on its own line",
                        false => {
                            "restore the line from git, or remove it and ask anew for its answer: promptuary eval --record"
                        }
                    };
                    findings.push(fault(message, help));
                }
                Ok(entry) => {
                    let other = near.lines.insert(entry.key, Line::Read(span));
                    let other = other.and_then(|line| match line {
                        Line::Read(span) => serde_json::from_str::<Entry>(text.slice(span)).ok(),
                        Line::Added(_) => None,
                    });
                    if other.is_some_and(|other| other != entry) {
                        let message = format!("the key {} stands twice with different answers", entry.key.short16());
                        findings.push(fault(message, "keep one of the two lines"));
                    }
                }
            }
        }
        if findings.is_empty() {
            Ok(Self { layers: vec![Layer::Near(near)], ..Self::default() })
        } else {
            Err(findings)
        }
    }

    /// The same of a file's bytes; a long one is left where it lies.
    pub fn read_file(path: &RepoPath, bytes: &Bytes) -> Result<Self, Vec<Finding>> {
        match Self::read_long(bytes, 0, false) {
            Some(recordings) => Ok(recordings),
            None => Self::read(&Text::new(path.clone(), String::from_utf8_lossy(bytes))),
        }
    }

    /// Reads a long file where it lies, after its first `from` bytes and, with `cut`, without a last line that has no end;
    /// `None` where it is not long, or where there is anything to say about it.
    pub fn read_long(bytes: &Bytes, from: u64, cut: bool) -> Option<Self> {
        if !matches!(bytes, Bytes::There(_)) {
            return None;
        }
        Some(Self { layers: vec![layer::long(bytes, from, cut)?], ..Self::default() })
    }

    /// The answer to `asked`.
    pub fn get(&self, asked: &Asked<'_>) -> Option<Entry> {
        self.by_key(&asked.key())
    }

    /// The answer under `key`.
    pub fn by_key(&self, key: &Digest) -> Option<Entry> {
        // What was taken in was read once already.
        serde_json::from_str(&self.line(key)?).ok()
    }

    /// Whether there is an answer under `key`.
    pub fn has(&self, key: &Digest) -> bool {
        self.line(key).is_some()
    }

    fn line(&self, key: &Digest) -> Option<String> {
        if self.kept.as_ref().is_some_and(|kept| !kept.contains(key)) {
            return None;
        }
        self.layers.iter().rev().find_map(|layer| layer.find(key))
    }

    /// The answer to `case` whose output has this digest: what evidence names without telling its text.
    pub fn by_output(&self, case: &str, output: &Digest) -> Option<Entry> {
        let fits = |e: &Entry| e.case == case && Digest::of(e.answer.text_output().as_bytes()) == *output;
        self.index().of_case(case).filter_map(|key| self.by_key(key)).find(fits)
    }

    /// Whether anything was recorded for `case`, by its id.
    pub fn has_case(&self, case: &str) -> bool {
        self.index().of_case(case).filter_map(|key| self.by_key(key)).any(|entry| entry.case == case)
    }

    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self.entries()))
    }

    /// Adds or replaces.
    pub fn insert(&mut self, entry: &Entry) {
        self.index.take();
        if let Some(kept) = &mut self.kept {
            Arc::make_mut(kept).insert(entry.key);
        }
        let line = entry.line();
        if let Some(Layer::Listed(listed)) = self.layers.last_mut()
            && let Some(listed) = Arc::get_mut(listed)
            && listed.put(&entry.key, &line)
        {
            return;
        }
        if !matches!(self.layers.last(), Some(Layer::Near(_))) {
            self.layers.push(Layer::Near(Near::default()));
        }
        if let Some(Layer::Near(near)) = self.layers.last_mut() {
            near.lines.insert(entry.key, Line::Added(line.into()));
            if near.text.is_none() && near.lines.len() >= HELD {
                self.put_aside();
            }
        }
    }

    /// Puts new answers on the shelf, where there is one.
    fn put_aside(&mut self) {
        let Some(layer) = self.layers.last_mut() else { return };
        let mut listed = Listed::new(None);
        if layer.lines().all(|(key, line)| listed.put(&key, &line)) {
            *layer = Layer::Listed(listed.into());
        }
    }

    /// Says that nothing more is added for now: what was put aside is looked up by key.
    pub(crate) fn close(&mut self) {
        for layer in &mut self.layers {
            if let Layer::Listed(listed) = layer
                && let Some(listed) = Arc::get_mut(listed)
            {
                listed.close();
            }
        }
    }

    /// Adds what `other` holds; where both have an answer, that of `other` stands.
    pub fn add(&mut self, other: &Self) {
        self.index.take();
        match (&other.kept, &self.kept) {
            (None, None) => self.layers.extend(other.layers.iter().cloned()),
            // Whoever took something out of either adds the rest by itself.
            _ => other.entries().for_each(|entry| self.insert(&entry)),
        }
    }

    /// Everything on file, by key.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.lines().filter_map(|(_, line)| serde_json::from_str(&line).ok())
    }

    fn lines(&self) -> impl Iterator<Item = (Digest, String)> + '_ {
        let mut layers: Vec<_> = self.layers.iter().map(|layer| layer.lines().peekable()).collect();
        let kept = self.kept.clone();
        let next = std::iter::from_fn(move || {
            let key = layers.iter_mut().filter_map(|layer| layer.peek().map(|(key, _)| *key)).min()?;
            // The last one that has it was added last.
            layers.iter_mut().filter_map(|layer| layer.next_if(|(own, _)| *own == key)).last()
        });
        next.filter(move |(key, _)| kept.as_ref().is_none_or(|kept| kept.contains(key)))
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        match (self.layers.as_slice(), &self.kept) {
            ([], _) => 0,
            ([Layer::Near(near)], None) => near.lines.len(),
            ([only @ Layer::Sorted(_)], None) => only.len(),
            _ => self.lines().count(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines().next().is_none()
    }

    /// Keeps only what `used` names; returns how many went.
    pub fn prune(&mut self, used: &BTreeSet<Digest>) -> usize {
        self.index.take();
        let before = self.len();
        let still = |key: &&Digest| self.kept.as_ref().is_none_or(|kept| kept.contains(*key));
        self.kept = Some(Arc::new(used.iter().filter(still).copied().collect()));
        before - self.len()
    }

    /// Why `asked` is not on file, in a sentence.
    pub fn explain(&self, asked: &Asked<'_>, case: &str) -> String {
        nearest::explain(self, asked, case, false)
    }

    /// The same of a question that was asked in order to grade an answer to `case`.
    pub fn explain_grading(&self, asked: &Asked<'_>, case: &str) -> String {
        nearest::explain(self, asked, case, true)
    }

    /// The file's text, a line for each entry, by key, one after another to `take`.
    pub fn write(&self, take: &mut dyn FnMut(&str)) {
        // Lines that another program wrote are put as this one would; what it cannot read again was paid for all the same.
        let own = |line: String| serde_json::from_str::<Entry>(&line).map_or(line, |entry| entry.line());
        self.lines().for_each(|(_, line)| take(&(own(line) + "\n")));
    }

    /// The file's whole text.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut |line| text.push_str(line));
        text
    }
}
