//! From a suite's files to its cases: defaults, data files, scenarios, lists of values, ids.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};
use source::yaml::{self, Kind, Node};
use source::{Digest, Files, Finding, Place, PromptId, RepoPath, Severity, Span, Text, canonical};

use super::document::{Document, Flaky, Options, Scenario, Test};
use super::expand::{choices, expand, size};
use super::{Case, Loaded, Suite, gate_check, name_of};
use crate::Answer;
use crate::assertion::{self, Item};
use crate::dataset;
use crate::reading::{Reading, WRITTEN_LIMITS};
use crate::rules;

/// Keys of a promptfoo configuration that mean nothing here and change no verdict.
const PASSED_OVER: &[(&str, &str)] = &[
    ("prompts", "the suite's place names its prompt"),
    ("providers", "providers come from policy or from your own configuration; name models under `models`"),
    ("targets", "providers come from policy or from your own configuration; name models under `models`"),
    ("outputPath", "say where reports go on the command line"),
    ("commandLineOptions", "say it on the command line"),
    ("sharing", "nothing is uploaded"),
    ("writeLatestResults", "results are written where you say"),
    ("tags", "they are for promptfoo's own records"),
    ("metadata", "they are for promptfoo's own records"),
];

const REFUSED_TOP: &[(&str, &str)] = &[
    ("extensions", "they run code"),
    ("nunjucksFilters", "they run code"),
    ("env", "a suite never sets the environment"),
    ("derivedMetrics", "they are formulas; give assertions a `metric`"),
    ("redteam", "red-teaming is another program's work"),
    ("assertScoringFunction", "it runs code"),
    ("tracing", "traces are not read"),
];

const REFUSED_TEST: &[(&str, &str)] = &[
    ("provider", "a suite never defines who answers; name models under `models`"),
    ("providers", "a suite never defines who answers; name models under `models`"),
    ("prompts", "the suite's place names its prompt"),
    ("assertScoringFunction", "it runs code"),
    ("_conversation", "write earlier turns as a value of type `messages`"),
];

const REFUSED_OPTIONS: &[(&str, &str)] = &[
    ("transform", "it runs code"),
    ("postprocess", "it runs code"),
    ("transformVars", "it runs code"),
    ("prefix", "it changes the prompt under test"),
    ("suffix", "it changes the prompt under test"),
    ("provider", "name the judge under `judge.model`"),
    ("rubricPrompt", "the judge's instructions are part of this program"),
    ("storeOutputAs", "cases do not depend on one another"),
    ("runSerially", "cases do not depend on one another"),
    ("response_format", "it changes the prompt under test; declare `output` in its front matter"),
    ("factuality", "its scores are fixed"),
];

/// How a test reached us: people write suites, but rows are data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    File,
    Row,
}

/// What tests inherit.
#[derive(Clone, Default)]
struct Defaults {
    vars: Vec<(String, Value)>,
    items: Vec<Item>,
    /// The assertions as written, for the grader's digest.
    written: Vec<Value>,
    threshold: Option<f64>,
    cluster: Option<String>,
    metadata: Map<String, Value>,
    options: Options,
    flaky: Option<Flaky>,
    stored: Option<Value>,
    id: Option<String>,
    description: Option<String>,
}

/// Assertions and their digest.
type Graders = (Arc<[Item]>, Digest);

struct Assembler<'a> {
    files: &'a dyn Files,
    findings: Vec<Finding>,
    cases: Vec<Case>,
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
/// What the variables of all its cases may take together.
const MOST_BYTES: usize = 512 << 20;
/// What the files of its tests may hold together; scenarios read one again and again.
const MOST_READ: usize = 1 << 30;
/// After so many findings nobody reads on.
const MOST_FINDINGS: usize = 1_000;

pub(super) fn load(files: &dyn Files, path: &RepoPath) -> Loaded {
    let fail = |rule, message: String, help: &str| Loaded {
        suite: None,
        findings: vec![Finding::new(rule, Place::file(path), message).help(help)],
    };
    let named = name_of(path).and_then(|(name, id)| Some((name.to_owned(), id.parse::<PromptId>().ok()?)));
    let Some((name, prompt)) = named else {
        let message = "the path names no prompt".to_owned();
        return fail(rules::SUITE_MISPLACED, message, "put it at `evals/<id>.yaml` or `evals/<id>.<name>.yaml`");
    };
    let mut reading = Reading::new(files, Text::new(path.clone(), ""));
    let Some(text) = reading.load(path, Span::default()) else {
        return Loaded { suite: None, findings: reading.findings };
    };
    let root = match yaml::read(&text, Span::new(0, text.as_str().len()), &WRITTEN_LIMITS) {
        Ok(root) => root,
        Err(findings) => return Loaded { suite: None, findings },
    };
    let digest = Digest::of(text.as_str().as_bytes());
    let hidden = reading.findings;
    let mut reading = Reading::new(files, text.clone());
    reading.findings = hidden;
    let mut assembler = Assembler {
        files,
        findings: Vec::new(),
        cases: Vec::new(),
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
    };
    if !findings.iter().any(|f| f.severity == Severity::Error) {
        findings.extend(gate_check::findings(&suite, &root));
    }
    let sound = !findings.iter().any(|f| f.severity == Severity::Error);
    Loaded { suite: sound.then_some(suite), findings }
}

/// How many cases a scenario makes at least.
fn least_cases(scenario: &Node) -> usize {
    let items = |key| scenario.get(key).map_or(&[][..], Node::items).len();
    items("config").saturating_mul(items("tests"))
}

/// SHA-256 over a line for each case: id, and digests of variables, assertions and stored answer.
pub(crate) fn dataset_digest(cases: &[Case]) -> Digest {
    let mut lines = String::new();
    for case in cases {
        let stored = case.stored.as_ref().map_or_else(String::new, |a| digest_of(&a.output).to_string());
        lines.push_str(&format!("{} {} {} {stored}\n", case.id, case.inputs, case.grader));
    }
    Digest::of(lines.as_bytes())
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
        let document: Option<Document> = {
            let shallow = shallow(reading, &root);
            reading.typed(&shallow)
        };
        let mut defaults = Defaults::default();
        if let Some(node) = root.get("defaultTest") {
            self.inherit(reading, node, From::File, &mut defaults);
        }
        if let Some(repeat) = document.as_ref().and_then(|d| d.evaluate_options.as_ref()?.repeat) {
            defaults.options.repeat.get_or_insert(repeat);
        }
        let before = self.cases.len() + reading.findings.len() + self.findings.len();
        match (root.get("tests"), root.get("scenarios")) {
            (None, None) => {
                let help = "add `tests:` with at least one case";
                reading.fault_help(rules::TESTS_MISSING, root.span, "the suite has no tests", help);
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
        if nothing_said {
            reading.fault_help(rules::TESTS_MISSING, root.span, "the suite has no tests", "add at least one case");
        }
        self.twins();
        document.map(|d| (d, root))
    }

    /// A list of tests and paths, or one path.
    fn tests(&mut self, reading: &mut Reading<'_>, node: &Node, defaults: &Defaults) {
        match &node.kind {
            Kind::Str(reference) => self.data(reading, reference, node.span, defaults),
            Kind::Seq(items) if items.is_empty() => {
                reading.fault_help(rules::TESTS_MISSING, node.span, "the list of tests is empty", "add a case");
            }
            Kind::Seq(items) => {
                for item in items {
                    match &item.kind {
                        Kind::Str(reference) => self.data(reading, reference, item.span, defaults),
                        _ => self.test(reading, item, From::File, defaults),
                    }
                }
            }
            _ => reading.fault_help(
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
            reading.fault_help(rules::FILE_OUTSIDE, span, format!("`{reference}` is not in the repository"), help);
            return;
        }
        if plain.contains(['*', '?', '[']) {
            let help = "list each file by its name, so that a missing one is noticed";
            reading.fault_help(rules::FILE_MISSING, span, format!("`{reference}` is a pattern"), help);
            return;
        }
        let Some(path) = reading.path(plain, span) else { return };
        if self.is_full(reading) {
            return;
        }
        let Some(text) = reading.load(&path, span) else { return };
        self.read = self.read.saturating_add(text.as_str().len());
        if self.read > MOST_READ {
            self.full = true;
            let message = format!("the files of tests named up to here have more than {MOST_READ} bytes together");
            return reading.fault_help("too-complex", span, message, "part it into several suites");
        }
        let mut inner = Reading::new(self.files, text);
        let before = self.cases.len();
        match dataset::read(&mut inner, &path) {
            dataset::Data::Tests(nodes) => {
                for node in &nodes {
                    self.test(&mut inner, node, From::File, defaults);
                }
            }
            dataset::Data::Rows(rows) => {
                for row in rows {
                    self.test(&mut inner, &row, From::Row, defaults);
                }
            }
            dataset::Data::Unread => {}
        }
        if self.cases.len() == before && inner.findings.is_empty() {
            let help = "add a case to it, or remove it from the suite";
            reading.fault_help(rules::TESTS_MISSING, span, format!("{path} holds no test"), help);
        }
        self.findings.append(&mut inner.findings);
    }

    fn scenarios(&mut self, reading: &mut Reading<'_>, node: &Node, defaults: &Defaults) {
        if !matches!(node.kind, Kind::Seq(_)) {
            reading.fault("value-invalid", node.span, "`scenarios` is not a list");
            return;
        }
        let cases = node.items().iter().map(least_cases).fold(0_usize, usize::saturating_add);
        if cases.saturating_add(self.cases.len()) > MOST_CASES {
            return self.too_many(reading, node.span, 1);
        }
        for scenario in node.items() {
            if let Kind::Str(_) = scenario.kind {
                let help = "write the scenario here";
                reading.fault_help(rules::KEY_REFUSED, scenario.span, "a scenario is named by a path", help);
                continue;
            }
            if reading.typed::<Scenario>(scenario).is_none() {
                continue;
            }
            let configs = scenario.get("config").map_or(&[][..], Node::items);
            if configs.is_empty() {
                let help = "add at least one set of `vars`";
                reading.fault_help(rules::TESTS_MISSING, scenario.span, "the scenario has no `config`", help);
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

    /// Reads a test as something to inherit from.
    fn inherit(&mut self, reading: &mut Reading<'_>, node: &Node, from: From, into: &mut Defaults) -> Option<()> {
        let node = reading.without_refused(node, REFUSED_TEST);
        let node = clean_options(reading, &node);
        let test: Test = {
            let shallow = shallow(reading, &node);
            reading.typed(&shallow)?
        };
        if let Some(vars) = node.get("vars") {
            for entry in reading.map(vars, "`vars`")? {
                let value = self.value(reading, &entry.value, from)?;
                match into.vars.iter_mut().find(|(name, _)| *name == entry.key) {
                    Some((_, old)) => *old = value,
                    None => into.vars.push((entry.key.clone(), value)),
                }
            }
        }
        if test.options.as_ref().and_then(|o| o.disable_default_asserts) == Some(true) {
            into.items.clear();
            into.written.clear();
        }
        if let Some(list) = node.get("assert") {
            into.items.extend(assertion::list(reading, list)?);
            into.written.extend(list.items().iter().map(Node::to_json));
        }
        if let Some(threshold) = assertion::fraction(reading, &node, test.threshold) {
            into.threshold = Some(threshold);
        }
        into.cluster = test.cluster.or(into.cluster.take());
        into.metadata.extend(test.metadata.unwrap_or_default());
        into.flaky = test.flaky.or(into.flaky);
        into.stored = test.provider_output.or(into.stored.take());
        into.id = test.id;
        into.description = test.description.or(into.description.take());
        let options = test.options.unwrap_or_default();
        into.options.repeat = options.repeat.or(into.options.repeat);
        into.options.disable_var_expansion = options.disable_var_expansion.or(into.options.disable_var_expansion);
        Some(())
    }

    fn test(&mut self, reading: &mut Reading<'_>, node: &Node, from: From, defaults: &Defaults) {
        if self.is_full(reading) {
            return;
        }
        if !matches!(node.kind, Kind::Map(_)) {
            let help = "write `- vars: {…}` with `assert:` below it";
            reading.fault_help("value-invalid", node.span, "a test is not a mapping", help);
            return;
        }
        let own = node.get("assert").is_some()
            || node.get("options").is_some_and(|o| o.get("disableDefaultAsserts").is_some());
        let mut merged = defaults.clone();
        if self.inherit(reading, node, from, &mut merged).is_none() {
            return;
        }
        if merged.items.is_empty() && !merged.written.is_empty() {
            // What is wrong with those that are written was said already.
            return;
        }
        if merged.items.is_empty() {
            // One that could not be read was found already.
            if !merged.written.is_empty() {
                return;
            }
            let help = "add `assert:` to the test or to `defaultTest`";
            reading.fault_help(rules::ASSERTIONS_MISSING, node.span, "this test has no assertions", help);
            return;
        }
        let repeat = merged.options.repeat.unwrap_or(1);
        let options = node.get("options").map_or(node.span, |o| o.span);
        if repeat == 0 || repeat > 1000 {
            reading.fault("value-invalid", options, format!("a case is asked 1 to 1000 times, not {repeat}"));
        }
        if let Some(flaky) = merged.flaky.filter(|f| f.min_pass == 0 || f.min_pass > repeat) {
            let message = format!("`min_pass` is {} of {repeat} repeats", flaky.min_pass);
            let help = "choose a number from 1 to `options.repeat`";
            let span = node.get("flaky").map_or(node.span, |n| n.span);
            reading.fault_help(rules::GATE_CONTRADICTORY, span, message, help);
        }
        let (asserts, grader) = self.asserts(&merged, (!own).then_some(defaults));
        let whole = merged.options.disable_var_expansion == Some(true);
        let count = choices(&merged.vars, whole).fold(1_usize, |count, choices| count.saturating_mul(choices.len()));
        if count > MOST_COMBINATIONS || count.saturating_add(self.cases.len()) > MOST_CASES {
            self.too_many(reading, node.get("vars").map_or(node.span, |vars| vars.span), count);
            return;
        }
        let size: usize = merged.vars.iter().map(|(_, value)| size(value)).sum();
        self.bytes = self.bytes.saturating_add(size.saturating_mul(count));
        if self.bytes > MOST_BYTES {
            self.too_many(reading, node.span, 1);
            return;
        }
        let combinations = expand(&merged.vars, whole);
        let several = combinations.len() > 1;
        for (n, vars) in combinations.into_iter().enumerate() {
            self.undefined(reading, &asserts, &vars);
            let inputs = digest_of(&Value::Object(vars.clone()));
            let id = match &merged.id {
                Some(id) if several => format!("{id}#{}", n + 1),
                Some(id) => id.clone(),
                None => inputs.short16(),
            };
            self.cases.push(Case {
                id,
                description: merged.description.clone(),
                vars: Arc::new(vars),
                asserts: Arc::clone(&asserts),
                threshold: merged.threshold,
                cluster: merged.cluster.clone(),
                repeat,
                flaky: merged.flaky,
                metadata: merged.metadata.clone(),
                stored: merged.stored.clone().map(|output| Arc::new(Answer { output, ..Answer::default() })),
                inputs,
                grader,
                at: Place::new(&reading.text, node.span),
            });
        }
    }

    /// Whether nothing further is read: scenarios name the same faults, and the same files, over and over.
    fn is_full(&mut self, reading: &Reading<'_>) -> bool {
        self.full |= reading.findings.len() + self.findings.len() > MOST_FINDINGS;
        self.full
    }

    /// Lists in variables and scenarios multiply: a few lines may stand for more cases than anybody can run.
    fn too_many(&mut self, reading: &mut Reading<'_>, span: Span, count: usize) {
        if count > MOST_COMBINATIONS {
            let message = format!("these lists make {count} cases, at most {MOST_COMBINATIONS} of one test are read");
            let help = "list fewer values, or set `options.disableVarExpansion` and pass the lists whole";
            return reading.fault_help("too-complex", span, message, help);
        }
        // Said once: every further test is one too many.
        if !std::mem::replace(&mut self.full, true) {
            let message = match self.bytes > MOST_BYTES {
                true => format!("the variables of the cases up to here take more than {MOST_BYTES} bytes"),
                false => format!("the suite holds more than {MOST_CASES} cases"),
            };
            reading.fault_help("too-complex", span, message, "part it into several suites");
        }
    }

    /// The assertions, shared where a test adds none to what it inherits.
    fn asserts(&mut self, merged: &Defaults, inherited: Option<&Defaults>) -> Graders {
        let make = || {
            let mut written = Map::new();
            written.insert("assert".to_owned(), Value::Array(merged.written.clone()));
            if let Some(threshold) = merged.threshold {
                written.insert("threshold".to_owned(), threshold.into());
            }
            (Arc::from(merged.items.as_slice()), digest_of(&Value::Object(written)))
        };
        let Some(inherited) = inherited else { return make() };
        let address = std::ptr::from_ref(inherited).addr();
        let key = (address, merged.threshold.map_or(u64::MAX, f64::to_bits));
        let fresh = self.shared.entry(key).or_insert_with(make);
        // Addresses are reused between scenarios: the count of assertions and their spans tell them apart.
        let same = fresh.0.len() == merged.items.len()
            && fresh.0.iter().zip(&merged.items).all(|(a, b)| spans(a).eq(spans(b)));
        if !same {
            *fresh = make();
        }
        (Arc::clone(&fresh.0), fresh.1)
    }

    /// A variable's value; `file://` is read where people write, and is text in rows.
    fn value(&mut self, reading: &mut Reading<'_>, node: &Node, from: From) -> Option<Value> {
        if let Kind::Str(text) = &node.kind {
            if let Some(reference) = text.strip_prefix("file://") {
                if from == From::File {
                    return reading.load_value(reference, node.span).map(|n| n.to_json());
                }
                self.otherwise(reading, node.span, "`file://` in a row is text: rows are data");
            } else if text.contains("{{") || text.contains("{%") {
                self.otherwise(reading, node.span, "braces in a value are text: promptfoo would expand them");
            }
        }
        Some(node.to_json())
    }

    fn otherwise(&mut self, reading: &mut Reading<'_>, span: Span, message: &str) {
        self.braces += 1;
        if self.braces <= 10 {
            let finding = Finding::new(rules::READ_OTHERWISE, Place::new(&reading.text, span), message);
            reading.findings.push(finding.severity(Severity::Note));
        }
    }

    /// References of `items` to what `vars` does not hold, each reported once.
    fn undefined(&mut self, reading: &mut Reading<'_>, items: &[Item], vars: &Map<String, Value>) {
        for item in items {
            let set = match item {
                Item::Set(set) => set.metric.as_ref().map(|m| (set.span, m)),
                Item::One(_) => None,
            };
            let asserts = item.asserts().iter().flat_map(|a| a.templates().into_iter().map(|t| (a.span, t)));
            for (span, template) in asserts.chain(set) {
                for name in template.variables().filter(|name| !vars.contains_key(*name)) {
                    if self.undefined.insert((reading.text.path().clone(), span, name.to_owned())) {
                        let near = source::nearest::nearest(name, vars.keys().map(String::as_str));
                        let help = near.map_or_else(
                            || "define it under the test's `vars`".to_owned(),
                            |n| format!("did you mean `{n}`?"),
                        );
                        let message = format!("the variable `{name}` is not defined in every case");
                        reading.fault_help(rules::VARIABLE_UNDEFINED, span, message, help);
                    }
                }
            }
        }
    }

    fn twins(&mut self) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut findings = Vec::new();
        for (i, case) in self.cases.iter().enumerate() {
            if findings.len() >= MOST_FINDINGS {
                break;
            }
            if let Some(first) = seen.insert(&case.id, i) {
                let message = format!("two cases have the id `{}`", case.id);
                let finding = Finding::new(rules::CASE_TWIN, case.at.clone(), message)
                    .also(self.cases[first].at.clone(), "the other one")
                    .help("give each test an `id:` of its own; cases with equal variables have equal ids otherwise");
                findings.push(finding);
            }
            if case.id.is_empty() || case.id.len() > 200 || case.id.chars().any(char::is_control) {
                let message = "an id is 1 to 200 characters without control characters";
                findings.push(Finding::new("value-invalid", case.at.clone(), message));
            }
        }
        self.findings.append(&mut findings);
    }
}

fn spans(item: &Item) -> impl Iterator<Item = Span> {
    item.asserts().iter().map(|a| a.span)
}

/// Takes out what promptfoo has and we do not need, saying so.
fn pass_over(reading: &mut Reading<'_>, root: &Node) -> Node {
    let Kind::Map(entries) = &root.kind else { return root.clone() };
    let mut kept = Vec::new();
    for entry in entries {
        match PASSED_OVER.iter().find(|(key, _)| *key == entry.key) {
            Some((key, why)) => {
                let message = format!("`{key}` is not read: {why}");
                let finding = Finding::new(rules::READ_OTHERWISE, Place::new(&reading.text, entry.key_span), message);
                reading.findings.push(finding.severity(Severity::Note));
            }
            None => kept.push(entry.clone()),
        }
    }
    Node { span: root.span, kind: Kind::Map(kept) }
}

fn clean_options(reading: &mut Reading<'_>, node: &Node) -> Node {
    let Some(options) = node.get("options") else { return node.clone() };
    let clean = reading.without_refused(options, REFUSED_OPTIONS);
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let entries = entries.iter().map(|e| match e.key.as_str() {
        "options" => yaml::Entry { value: clean.clone(), ..e.clone() },
        _ => e.clone(),
    });
    Node { span: node.span, kind: Kind::Map(entries.collect()) }
}

/// `node` without the parts that are read on their own, so that each fault is found once.
fn shallow(_reading: &mut Reading<'_>, node: &Node) -> Node {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let aside: BTreeSet<&str> = ["tests", "scenarios", "assert", "vars", "defaultTest"].into();
    let entries = entries.iter().filter(|e| !aside.contains(e.key.as_str())).cloned().collect();
    Node { span: node.span, kind: Kind::Map(entries) }
}
