//! From a suite's files to its cases: defaults, data files, scenarios, lists of values, ids.

mod asked;
mod case;
mod foreign;
mod names;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::Value;
use source::yaml::{self, Kind, Node};
use source::{Bytes, Digest, File, Files, Finding, Mode, Place, PromptId, RepoPath, Severity, Span, Text, canonical};

use self::case::Defaults;
use self::foreign::{REFUSED_TOP, is_path_of_tests, pass_over, without_misplaced};
use super::document::{Document, Scenario};
use super::{Cases, Loaded, Questions, RowFile, Suite, gate_check, name_of};
use crate::assertion::Item;
use crate::dataset::{self, From};
use crate::reading::{Reading, WRITTEN_LIMITS};
use crate::rules;
use crate::sealed::Keys;

/// Assertions and their digest.
type Graders = (Arc<[Item]>, Digest);

struct Assembler<'a> {
    files: &'a dyn Files,
    keys: &'a Keys,
    /// The suite's own text.
    home: Text,
    findings: Vec<Finding>,
    cases: Cases,
    /// References that were already reported, by file, place and name.
    undefined: HashSet<(RepoPath, Span, String)>,
    /// How often a value with braces was reported.
    braces: usize,
    /// Assertions that many cases share, with their digest.
    shared: BTreeMap<(usize, u64), Graders>,
    /// What the variables of all cases take.
    bytes: usize,
    /// Bytes of the files of tests, each as often as it was named.
    read: usize,
    /// Whether more was met than is read.
    full: bool,
}

/// How many cases lists of values may make of one test.
const MOST_COMBINATIONS: usize = 10_000;
/// How many cases one suite may hold.
const MOST_CASES: usize = crate::reading::MOST_ROWS;
/// How many of them scenarios may make, which multiply what is written.
const MOST_MADE: usize = 200_000;
/// What the variables of all its cases may take together.
const MOST_BYTES: usize = 2 << 30;
/// What the files of its tests may hold together; scenarios read one again and again.
const MOST_READ: usize = 4 << 30;
/// After so many findings nobody reads on.
const MOST_FINDINGS: usize = 1_000;

pub(super) fn load(files: &dyn Files, keys: &Keys, path: &RepoPath) -> Loaded {
    let fail = |rule, message: String, help: &str| Loaded {
        suite: None,
        findings: vec![Finding::new(rule, Place::file(path), message).help(help)],
    };
    let named = name_of(path).and_then(|(name, id)| Some((name.to_owned(), id.parse::<PromptId>().ok()?)));
    let Some((name, prompt)) = named else {
        let message = "the path names no prompt".to_owned();
        return fail(rules::SUITE_MISPLACED, message, "put it at `evals/<id>.yaml` or `evals/<id>.<name>.yaml`");
    };
    let mut reading = Reading::new(files, keys, Text::new(path.clone(), ""));
    let Some(text) = reading.load(path, Span::default()) else {
        return Loaded { suite: None, findings: reading.findings };
    };
    let root = match yaml::read(&text, Span::new(0, text.as_str().len()), &WRITTEN_LIMITS) {
        Ok(root) => root,
        Err(findings) => return Loaded { suite: None, findings },
    };
    let digest = Digest::of(text.as_str().as_bytes());
    let hidden = reading.findings;
    let mut reading = Reading::new(files, keys, text.clone());
    reading.findings = hidden;
    let mut assembler = Assembler {
        files,
        keys,
        home: text.clone(),
        findings: Vec::new(),
        cases: Cases::default(),
        undefined: HashSet::new(),
        braces: 0,
        shared: BTreeMap::new(),
        bytes: 0,
        read: 0,
        full: false,
    };
    let document = assembler.document(&mut reading, &root);
    let mut findings = reading.findings;
    findings.append(&mut assembler.findings);
    let Some((document, root)) = document else { return Loaded { suite: None, findings } };
    let cases = assembler.cases;
    let models = root.get("models").map_or(&[][..], Node::items).iter();
    let models = models.filter_map(|n| Some((n.as_str()?.to_owned(), n.span))).collect();
    let suite = Suite {
        name,
        prompt,
        text,
        description: document.description,
        models,
        dataset: dataset_digest(&cases),
        cases,
        sample: document.sample,
        gate: document.gate,
        budget: document.budget,
        judge: document.judge,
        digest,
        questions: Questions::default(),
    };
    if !findings.iter().any(|f| f.severity == Severity::Error) {
        findings.extend(gate_check::findings(&suite, &root));
    }
    let sound = !findings.iter().any(|f| f.severity == Severity::Error);
    Loaded { suite: sound.then_some(suite), findings }
}

/// What is to be written instead of `reference`, where it is spelled as no path is.
fn misspelt(reference: &str, plain: &str) -> Option<String> {
    if plain.contains('\\') {
        return Some(format!("write `file://{}`: steps are parted by `/`", plain.replace('\\', "/")));
    }
    if plain != plain.trim() {
        return Some(format!("write `file://{}`", plain.trim()));
    }
    let short = reference.strip_prefix("file:").filter(|rest| !rest.starts_with("//"))?;
    Some(format!("write `file://{}`", short.trim_start_matches('/')))
}

/// How many cases a scenario makes at least.
fn least_cases(scenario: &Node) -> usize {
    let items = |key| scenario.get(key).map_or(&[][..], Node::items).len();
    items("config").saturating_mul(items("tests"))
}

/// SHA-256 over a line for each case: id, and digests of variables, assertions and stored answer.
pub(crate) fn dataset_digest(cases: &Cases) -> Digest {
    Digest::of_parts(cases.iter().map(|case| {
        let stored = case.stored.as_ref().map_or_else(String::new, |a| digest_of(&a.output).to_string());
        format!("{} {} {} {stored}\n", case.id, case.inputs, case.grader)
    }))
}

/// SHA-256 over canonical JSON, or over plain JSON where a number has no canonical form.
pub(crate) fn digest_of(value: &Value) -> Digest {
    let text = canonical::to_string(value).unwrap_or_else(|_| value.to_string());
    Digest::of(text.as_bytes())
}

impl Assembler<'_> {
    fn document(&mut self, reading: &mut Reading<'_>, root: &Node) -> Option<(Document, Node)> {
        let root = pass_over(reading, root);
        let root = reading.without_refused(&root, REFUSED_TOP);
        let root = without_misplaced(reading, &root);
        let document: Option<Document> = {
            let shallow = shallow(reading, &root);
            reading.typed(&shallow)
        };
        let mut defaults = Defaults::default();
        // What is wrong in what every test inherits may leave none of them: then that was said.
        let mut inherited = Some(());
        if let Some(node) = root.get("defaultTest").filter(|node| node.as_str().is_some()) {
            let help = "write what the file holds here, below `defaultTest:`";
            reading.fault(rules::KEY_REFUSED, node.span, "`defaultTest` from a file is not offered", help);
            inherited = None;
        } else if let Some(node) = root.get("defaultTest") {
            inherited = self.inherit(reading, node, From::File, &mut defaults);
        }
        if let Some(repeat) = document.as_ref().and_then(|d| d.evaluate_options.as_ref()?.repeat) {
            defaults.options.repeat.get_or_insert(repeat);
        }
        let before = self.cases.len() + reading.findings.len() + self.findings.len();
        match (root.get("tests"), root.get("scenarios")) {
            (None, None) => {
                let help = "add `tests:` with at least one case";
                reading.fault(rules::TESTS_MISSING, root.span, "the suite has no tests", help);
            }
            (tests, scenarios) => {
                if let Some(node) = tests {
                    self.tests(reading, node, &defaults);
                }
                if let Some(node) = scenarios {
                    self.scenarios(reading, node, &defaults);
                }
            }
        }
        let nothing_said = before == self.cases.len() + reading.findings.len() + self.findings.len();
        if nothing_said && inherited.is_some() {
            reading.fault(rules::TESTS_MISSING, root.span, "the suite has no tests", "add at least one case");
        }
        self.twins();
        document.map(|d| (d, root))
    }

    /// A list of tests and paths, or one path.
    fn tests(&mut self, reading: &mut Reading<'_>, node: &Node, defaults: &Defaults) {
        match &node.kind {
            Kind::Str(reference) => self.data(reading, reference, node.span, defaults),
            Kind::Seq(items) if items.is_empty() => {
                reading.fault(rules::TESTS_MISSING, node.span, "the list of tests is empty", "add a case");
            }
            Kind::Seq(items) => {
                for item in items {
                    match &item.kind {
                        Kind::Str(reference) => self.data(reading, reference, item.span, defaults),
                        _ if is_path_of_tests(reading, item) => {}
                        _ => self.test(reading, item, From::File, defaults),
                    }
                }
            }
            _ if is_path_of_tests(reading, node) => {}
            _ => reading.fault(
                "value-invalid",
                node.span,
                "`tests` is neither a list nor a path",
                "begin each case with `- vars:`, or write `file://` and a path",
            ),
        }
    }

    /// The tests in the file that `reference` names.
    fn data(&mut self, reading: &mut Reading<'_>, reference: &str, span: Span, defaults: &Defaults) {
        let plain = reference.strip_prefix("file://").unwrap_or(reference);
        if plain.contains("://") {
            let help = "commit the data and name it with `file://`";
            reading.fault(rules::FILE_OUTSIDE, span, format!("`{reference}` is not in the repository"), help);
            return;
        }
        if let Some(help) = misspelt(reference, plain) {
            return reading.fault(rules::FILE_OUTSIDE, span, format!("`{reference}` is no path"), help);
        }
        if plain.contains(['*', '?', '[']) {
            let help = "list each file by its name, so that a missing one is noticed";
            reading.fault(rules::FILE_MISSING, span, format!("`{reference}` is a pattern"), help);
            return;
        }
        let Some(path) = reading.path(plain, span) else { return };
        if self.is_full(reading) {
            return;
        }
        let file = self.files.file(&path);
        if let Ok(Some(File { mode: Mode::Regular, bytes })) = &file
            && self.row_by_row(&path, bytes, defaults)
        {
            return;
        }
        let Some(text) = reading.load_read(&path, file, span) else { return };
        self.read = self.read.saturating_add(text.as_str().len());
        if self.read > MOST_READ {
            self.full = true;
            let message = format!("the files of tests named up to here have more than {MOST_READ} bytes together");
            return reading.fault("too-complex", span, message, "part it into several suites");
        }
        let mut inner = Reading::new(self.files, self.keys, text);
        let before = self.cases.len();
        dataset::read(&mut inner, &path, &mut |inner, node, from| self.test(inner, node, from, defaults));
        if self.cases.len() == before && inner.findings.is_empty() {
            let help = "add a case to it, or remove it from the suite";
            reading.fault(rules::TESTS_MISSING, span, format!("{path} holds no test"), help);
        }
        self.findings.append(&mut inner.findings);
    }

    /// Takes the rows of a file that is too long to hold, one after another; `false`, and nothing taken, where it is not, or
    /// where there is anything to say about it: then it is read as a whole, so that what is said has a place.
    fn row_by_row(&mut self, path: &RepoPath, bytes: &Bytes, defaults: &Defaults) -> bool {
        if !matches!(bytes, Bytes::There(_)) || self.read.saturating_add(bytes.len()) > MOST_READ {
            return false;
        }
        let (cases, taken, braces, undefined) = (self.cases.len(), self.bytes, self.braces, self.undefined.clone());
        let file = Arc::new(RowFile::new(path.clone(), bytes.clone()));
        let mut inner = Reading::new(self.files, self.keys, Text::new(path.clone(), ""));
        let whole = dataset::rows(&mut inner, &file, &mut |inner, node, from| self.test(inner, node, from, defaults));
        if whole && inner.findings.is_empty() && !self.full && self.cases.len() > cases {
            self.read += bytes.len();
            return true;
        }
        self.cases.truncate(cases);
        (self.bytes, self.braces, self.undefined, self.full) = (taken, braces, undefined, false);
        false
    }

    fn scenarios(&mut self, reading: &mut Reading<'_>, node: &Node, defaults: &Defaults) {
        if !matches!(node.kind, Kind::Seq(_)) {
            reading.fault("value-invalid", node.span, "`scenarios` is not a list", "write `- ` in front of each");
            return;
        }
        let cases = node.items().iter().map(least_cases).fold(0_usize, usize::saturating_add);
        if cases > MOST_MADE {
            let message = format!("these scenarios make {cases} cases, at most {MOST_MADE} are read");
            return reading.fault("too-complex", node.span, message, "write the cases as rows, or part it");
        }
        if cases.saturating_add(self.cases.len()) > MOST_CASES {
            return self.too_many(reading, node.span, 1);
        }
        for scenario in node.items() {
            if let Kind::Str(_) = scenario.kind {
                let help = "write its `config` and `tests` here";
                reading.fault(rules::KEY_REFUSED, scenario.span, "a scenario from another file is not offered", help);
                continue;
            }
            if reading.typed::<Scenario>(scenario).is_none() {
                continue;
            }
            let configs = scenario.get("config").map_or(&[][..], Node::items);
            if let Some(config) = scenario.get("config").filter(|config| matches!(config.kind, Kind::Map(_))) {
                let help = "write `- vars: {…}` for each set of variables";
                reading.fault("value-invalid", config.span, "`config` of a scenario is not a list", help);
            } else if configs.is_empty() {
                let help = "add at least one set of `vars`";
                reading.fault(rules::TESTS_MISSING, scenario.span, "the scenario has no `config`", help);
            }
            let alone = Node { span: scenario.span, kind: Kind::Map(Vec::new()) };
            for config in configs {
                let mut merged = defaults.clone();
                self.inherit(reading, config, From::File, &mut merged);
                match scenario.get("tests") {
                    Some(tests) => self.tests(reading, tests, &merged),
                    None => self.test(reading, &alone, From::File, &merged),
                }
            }
        }
    }
}

/// `node` without the parts that are read on their own, so that each fault is found once.
fn shallow(_reading: &mut Reading<'_>, node: &Node) -> Node {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let aside: BTreeSet<&str> = ["tests", "scenarios", "assert", "vars", "defaultTest"].into();
    let entries = entries.iter().filter(|e| !aside.contains(e.key.as_str())).cloned().collect();
    Node { span: node.span, kind: Kind::Map(entries) }
}
