//! A recording file: read, looked up, added to, written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use source::{Digest, Finding, Place, RepoPath, Span, Text};

use super::nearest::{self, Index};
use super::{Asked, Entry};
use crate::rules;

/// The answers on file for one suite: lines by their keys, each read as an entry when somebody asks for it.
#[derive(Debug, Clone, Default)]
pub struct Recordings {
    /// The file that was read.
    text: Option<Text>,
    lines: BTreeMap<Digest, Line>,
    /// Made when it is first asked for, gone with every change.
    index: OnceLock<Index>,
}

/// Where the line of an entry is.
#[derive(Debug, Clone)]
enum Line {
    /// In the file.
    Read(Span),
    /// Here.
    Added(Box<str>),
}

/// After so many findings nobody reads on.
const MOST_FINDINGS: usize = 100;

/// Where the recordings of the suite `name` are.
pub fn path_of(name: &str) -> RepoPath {
    RepoPath::new(&format!("evals/recordings/{name}.jsonl")).expect("a suite's name has only sound segments")
}

impl Recordings {
    /// Reads a file. Lines out of order are taken; what is no entry, or stands twice and differs, is a finding: a merge
    /// may have left both sides.
    pub fn read(text: &Text) -> Result<Self, Vec<Finding>> {
        let mut this = Self { text: Some(text.clone()), ..Self::default() };
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
                        format!("this line is no recording: {error}")
                    };
                    findings.push(fault(
                        message,
                        "remove the line; keep the recordings of both sides, each on its own line",
                    ));
                }
                Ok(entry) => match this.by_key(&entry.key) {
                    Some(other) if other != entry => {
                        let message = format!("the key {} stands twice with different answers", entry.key.short16());
                        findings.push(fault(message, "keep one of the two lines"));
                    }
                    _ => drop(this.lines.insert(entry.key, Line::Read(span))),
                },
            }
        }
        if findings.is_empty() { Ok(this) } else { Err(findings) }
    }

    /// The answer to `asked`.
    pub fn get(&self, asked: &Asked<'_>) -> Option<Entry> {
        self.by_key(&asked.key())
    }

    /// The answer under `key`.
    pub fn by_key(&self, key: &Digest) -> Option<Entry> {
        self.entry(self.lines.get(key)?)
    }

    /// Whether there is an answer under `key`.
    pub fn has(&self, key: &Digest) -> bool {
        self.lines.contains_key(key)
    }

    fn entry(&self, line: &Line) -> Option<Entry> {
        let line = match line {
            Line::Read(span) => self.text.as_ref()?.slice(*span),
            Line::Added(line) => line,
        };
        // What was taken in was read once already.
        serde_json::from_str(line).ok()
    }

    /// The answer to `case` whose output has this digest: what evidence names without telling its text.
    pub fn by_output(&self, case: &str, output: &Digest) -> Option<Entry> {
        let fits = |e: &Entry| Digest::of(e.answer.text_output().as_bytes()) == *output;
        self.index().of_case(case).filter_map(|key| self.by_key(key)).find(fits)
    }

    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self.entries()))
    }

    /// Adds or replaces.
    pub fn insert(&mut self, entry: &Entry) {
        self.index.take();
        self.lines.insert(entry.key, Line::Added(entry.line().into()));
    }

    /// Adds what `other` holds; where both have an answer, that of `other` stands.
    pub fn add(&mut self, other: &Self) {
        self.index.take();
        for (key, line) in &other.lines {
            let line = match line {
                Line::Read(span) => other.text.as_ref().map_or("", |text| text.slice(*span)).into(),
                Line::Added(line) => line.clone(),
            };
            self.lines.insert(*key, Line::Added(line));
        }
    }

    /// Everything on file, by key.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.lines.values().filter_map(|line| self.entry(line))
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Keeps only what `used` names; returns how many went.
    pub fn prune(&mut self, used: &BTreeSet<Digest>) -> usize {
        self.index.take();
        let before = self.lines.len();
        self.lines.retain(|key, _| used.contains(key));
        before - self.lines.len()
    }

    /// Why `asked` is not on file, in a sentence.
    pub fn explain(&self, asked: &Asked<'_>, case: &str) -> String {
        nearest::explain(self, asked, case, false)
    }

    /// The same of a question that was asked in order to grade an answer to `case`.
    pub fn explain_grading(&self, asked: &Asked<'_>, case: &str) -> String {
        nearest::explain(self, asked, case, true)
    }

    /// The file's whole text: a line for each entry, by key.
    pub fn to_text(&self) -> String {
        self.entries().map(|e| e.line() + "\n").collect()
    }
}
