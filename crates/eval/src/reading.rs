//! Reading a suite's files: where faults are collected, and how `file://` finds its way inside the snapshot.

use serde::de::DeserializeOwned;
use source::characters;
use source::yaml::{self, Entry, Kind, Limits, Node};
use source::{Digest, File, Files, Finding, Mode, Place, ReadError, RepoPath, Span, Text};

use crate::recording::Recordings;
use crate::reference::Template;
use crate::rules;
use crate::sealed::{self, Keys};
use crate::suite::At;

/// What people write: suites and tests in YAML. A tree of it takes many times its bytes, so larger sets are rows.
pub(crate) const WRITTEN_LIMITS: Limits = Limits { bytes: 4 << 20, depth: 32 };
/// Rows: JSON, JSONL and CSV.
pub(crate) const DATA_BYTES: usize = 256 << 20;

/// JSON is read as a whole; more rows than fit are written as JSONL.
const JSON_BYTES: usize = 32 << 20;
/// Lines of JSONL and CSV; cells may hold several.
const MOST_LINES: usize = 4_000_000;
/// How long a line of them may be: a value costs many times the comma that ends it.
pub(crate) const MOST_LINE: usize = 4 << 20;
/// How many rows, and how many cases, one suite may have.
pub(crate) const MOST_ROWS: usize = 2_000_000;
/// After so many findings nobody reads on.
pub(crate) const MOST_FAULTS: usize = 2_000;

/// What the files that values name may hold together.
const MOST_LOADED: usize = 64 << 20;

/// One file being read, with the faults found so far.
pub(crate) struct Reading<'a> {
    pub(crate) files: &'a dyn Files,
    /// What opens encrypted files.
    pub(crate) keys: &'a Keys,
    pub(crate) text: Text,
    pub(crate) findings: Vec<Finding>,
    /// The row that is read, where its file is too long to be a text.
    pub(crate) row: Option<At>,
    /// Bytes of the files that values named so far, each as often as it was named.
    loaded: usize,
    /// The digests of these files, in the order in which they were named.
    pub(crate) named: Vec<Digest>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(files: &'a dyn Files, keys: &'a Keys, text: Text) -> Self {
        Self { files, keys, text, findings: Vec::new(), row: None, loaded: 0, named: Vec::new() }
    }

    /// Whether what is read was encrypted: nothing of it is quoted.
    pub(crate) fn is_sealed(&self) -> bool {
        sealed::is_sealed(self.text.path())
    }

    /// The place of what stands at `span`.
    pub(crate) fn at(&self, span: Span) -> At {
        self.row.clone().unwrap_or_else(|| At::Text(Place::new(&self.text, span)))
    }

    /// Notes a fault at `span` with what to do about it.
    pub(crate) fn fault(
        &mut self,
        rule: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings.push(Finding::new(rule, Place::new(&self.text, span), message).help(help));
    }

    /// Reads `node` as a `T`, noting every fault.
    pub(crate) fn typed<T: DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        match yaml::from_node(&self.text, node) {
            Ok(value) => Some(value),
            Err(findings) => {
                self.findings.extend(findings);
                None
            }
        }
    }

    /// The entries of a mapping; a fault where `node` is none.
    pub(crate) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.kind {
            Kind::Map(entries) => Some(entries),
            _ => {
                self.fault("value-invalid", node.span, format!("{what} is not a mapping"), "write `key: value` lines");
                None
            }
        }
    }

    /// Takes out the keys in `refused`, noting each with its reason.
    pub(crate) fn without_refused(&mut self, node: &Node, refused: &[(&str, &str, &str)]) -> Node {
        let why =
            |entry: &Entry| refused.iter().find(|(key, ..)| *key == entry.key).map(|(_, why, help)| (*why, *help));
        let Kind::Map(entries) = &node.kind else { return node.clone() };
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            match why(entry) {
                Some((why, help)) => {
                    let message = format!("`{}` is not offered: {why}", entry.key);
                    self.fault(rules::KEY_REFUSED, entry.key_span, message, help);
                }
                None => kept.push(entry.clone()),
            }
        }
        Node { span: node.span, kind: Kind::Map(kept) }
    }

    /// Reads `text` as a template, noting why it is none.
    pub(crate) fn template(&mut self, text: &str, span: Span) -> Option<Template> {
        match Template::parse(text) {
            Ok(template) => Some(template),
            Err(why) => {
                let help = "write a variable's name alone between the braces; {{ \"{{\" }} writes two braces";
                self.fault(rules::TEMPLATE_REFUSED, span, why.to_string(), help);
                None
            }
        }
    }

    /// The path that `reference` (after `file://`) means, from the folder of the file being read.
    pub(crate) fn path(&mut self, reference: &str, span: Span) -> Option<RepoPath> {
        let folder = self.text.path().as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut steps: Vec<&str> = folder.split('/').filter(|s| !s.is_empty()).collect();
        let mut inside = !reference.starts_with('/');
        for step in reference.split('/') {
            match step {
                "." | "" => {}
                ".." => inside &= steps.pop().is_some(),
                step => steps.push(step),
            }
        }
        let path = RepoPath::new(&steps.join("/")).ok().filter(|_| inside);
        if path.is_none() {
            let message = format!("`file://{reference}` does not lead to a file inside the repository");
            let help = "name a file by its path from this file's folder";
            self.fault(rules::FILE_OUTSIDE, span, message, help);
        }
        path
    }

    /// The text of the regular file at `path`; a fault where there is none.
    pub(crate) fn load(&mut self, path: &RepoPath, span: Span) -> Option<Text> {
        self.load_read(path, self.files.file(path), span)
    }

    /// The same of what was read already.
    pub(crate) fn load_read(
        &mut self,
        path: &RepoPath,
        file: Result<Option<File>, ReadError>,
        span: Span,
    ) -> Option<Text> {
        let file = match file {
            Ok(Some(file)) => file,
            Ok(None) => {
                let near = self.siblings(path);
                let help = near.map_or_else(
                    || "add the file, or correct the path".to_owned(),
                    |n| format!("did you mean `{n}`? Otherwise add the file"),
                );
                self.fault(rules::FILE_MISSING, span, format!("there is no file {path}"), help);
                return None;
            }
            Err(error) => {
                self.fault(rules::FILE_MISSING, span, format!("could not {error}"), "restore the file from git");
                return None;
            }
        };
        let file = match sealed::is_sealed(path).then(|| self.keys.open(&file.bytes)) {
            None => file,
            Some(Ok(bytes)) => File { bytes: bytes.into(), ..file },
            Some(Err(why)) => {
                self.fault(why.rule(), span, format!("{path} {why}"), why.help());
                return None;
            }
        };
        // People write YAML; rows are values, gathered as they came.
        let name = sealed::inner_name(path.as_str());
        let written = name.ends_with(".yaml") || name.ends_with(".yml");
        let most = match name.rsplit('.').next() {
            _ if written => WRITTEN_LIMITS.bytes,
            Some("json") => JSON_BYTES,
            Some("jsonl" | "ndjson" | "csv") => DATA_BYTES,
            _ => WRITTEN_LIMITS.bytes,
        };
        let text = match characters::read(path, &file, most) {
            Ok(text) => text,
            Err(finding) => {
                self.elsewhere(*finding, span);
                return None;
            }
        };
        if most == DATA_BYTES && text.as_str().bytes().filter(|b| *b == b'\n').nth(MOST_LINES).is_some() {
            // Without its text: where lines begin is not worth finding out.
            let finding =
                Finding::new("too-complex", Place::file(path), format!("the file has more than {MOST_LINES} lines"));
            self.elsewhere(finding.help("split the file"), span);
            return None;
        }
        let faults = if written { characters::faults(&text, most) } else { characters::faults_of_data(&text) };
        for finding in faults.findings {
            self.elsewhere(finding, span);
        }
        (!faults.fatal).then_some(text)
    }

    /// The recordings at `path`; what is wrong with them is noted.
    pub(crate) fn recordings(&mut self, path: &RepoPath) -> Recordings {
        let file = self.files.file(path);
        if let Ok(Some(File { mode: Mode::Regular, bytes })) = &file
            && let Some(recordings) = Recordings::read_long(bytes, 0, false)
        {
            return recordings;
        }
        let Some(text) = self.load_read(path, file, Span::default()) else { return Recordings::default() };
        Recordings::read(&text).unwrap_or_else(|findings| {
            self.findings.extend(findings);
            Recordings::default()
        })
    }

    /// Notes what is wrong in a file that `span` names, where it names one.
    fn elsewhere(&mut self, finding: Finding, span: Span) {
        let here = Place::new(&self.text, span);
        let named = span != Span::default() && here.path() != finding.at.path();
        self.findings.push(if named { finding.also(here, "named here") } else { finding });
    }

    fn siblings(&self, path: &RepoPath) -> Option<String> {
        let folder = path.as_str().rsplit_once('/')?.0;
        let paths = self.files.paths_below(folder).ok()?;
        source::nearest::nearest(path.as_str(), paths.iter().map(RepoPath::as_str)).map(str::to_owned)
    }

    /// A JSON or YAML value from a file that `value: file://…` names; other text files are their text.
    pub(crate) fn load_value(&mut self, reference: &str, span: Span) -> Option<Node> {
        let name = reference.split(':').next().unwrap_or(reference);
        let code = [".js", ".mjs", ".cjs", ".ts", ".py", ".rb"].iter().any(|end| name.ends_with(end));
        if code || name.len() != reference.len() {
            let message = format!("`file://{reference}` would run code");
            self.fault(rules::ASSERTION_REFUSED, span, message, "write the value as data: JSON, YAML or text");
            return None;
        }
        let path = self.path(reference, span)?;
        if sealed::is_sealed(&path) {
            let message = format!("`file://{reference}` is encrypted, and only files of tests may be");
            self.fault(rules::DATA_SEALED, span, message, "put the whole case into an encrypted file of tests");
            return None;
        }
        // Said once: every further one is one too many.
        if self.loaded > MOST_LOADED {
            return None;
        }
        let text = self.load(&path, span)?;
        self.loaded = self.loaded.saturating_add(text.as_str().len());
        if self.loaded > MOST_LOADED {
            let message = format!("the values named by `file://` up to here take more than {MOST_LOADED} bytes");
            self.fault("too-complex", span, message, "name fewer or smaller files");
            return None;
        }
        self.named.push(Digest::of(text.as_str().as_bytes()));
        if ![".json", ".yaml", ".yml"].iter().any(|end| path.as_str().ends_with(end)) {
            return Some(Node { span, kind: Kind::Str(text.as_str().trim().to_owned()) });
        }
        if path.as_str().ends_with(".json")
            && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text.as_str())
        {
            let message = format!("{path} is not JSON: {error}");
            self.fault(rules::DATA_UNREADABLE, span, message, "mend the file");
            return None;
        }
        match yaml::read(&text, Span::new(0, text.as_str().len()), &Limits::DOCUMENT) {
            // Spans of another file mean nothing here: whatever is wrong with the value is said of the reference.
            Ok(node) => Some(at_span(&node, span)),
            Err(findings) => {
                self.findings.extend(findings);
                None
            }
        }
    }
}

/// The same value with every span replaced.
pub(crate) fn at_span(node: &Node, span: Span) -> Node {
    let kind = match &node.kind {
        Kind::Seq(items) => Kind::Seq(items.iter().map(|n| at_span(n, span)).collect()),
        Kind::Map(entries) => Kind::Map(
            entries
                .iter()
                .map(|e| Entry { key: e.key.clone(), key_span: span, value: at_span(&e.value, span) })
                .collect(),
        ),
        other => other.clone(),
    };
    Node { span, kind }
}

/// A JSON value as a tree, every part of it at `span`.
pub(crate) fn node_of(value: serde_json::Value, span: Span) -> Node {
    use serde_json::Value;
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(b) => Kind::Bool(b),
        Value::Number(n) => Kind::Number(n),
        Value::String(s) => Kind::Str(s),
        Value::Array(items) => Kind::Seq(items.into_iter().map(|v| node_of(v, span)).collect()),
        Value::Object(map) => {
            Kind::Map(map.into_iter().map(|(key, v)| Entry { key, key_span: span, value: node_of(v, span) }).collect())
        }
    };
    Node { span, kind }
}
