//! From one test to its cases: what it inherits, its lists of values, its id.

use std::sync::Arc;

use serde_json::{Map, Value};
use source::yaml::{Kind, Node};
use source::{Digest, Finding, Place, Severity, Span};

use super::foreign::{REFUSED_TEST, clean_options};
use super::names::spans;
use super::{Assembler, Graders, MOST_BYTES, MOST_CASES, MOST_COMBINATIONS, MOST_FINDINGS, digest_of, shallow};
use crate::Answer;
use crate::assertion::{self, Item};
use crate::dataset::{From, is_csv};
use crate::reading::Reading;
use crate::rules;
use crate::suite::document::{Flaky, Options, Test};
use crate::suite::expand::{choices, expand, size};
use crate::suite::{Case, Own, Vars};

/// What tests inherit.
#[derive(Clone, Default)]
pub(super) struct Defaults {
    pub(super) vars: Vec<(String, Value)>,
    pub(super) items: Vec<Item>,
    /// The assertions as written, for the grader's digest.
    pub(super) written: Vec<Value>,
    /// The files that these name, likewise.
    pub(super) files: Vec<Digest>,
    pub(super) threshold: Option<f64>,
    pub(super) cluster: Option<String>,
    pub(super) metadata: Map<String, Value>,
    pub(super) options: Options,
    /// Whether the assertions that were inherited are left out.
    pub(super) options_clear_asserts: bool,
    pub(super) flaky: Option<Flaky>,
    pub(super) stored: Option<Value>,
    pub(super) id: Option<String>,
    pub(super) description: Option<String>,
}

impl Assembler<'_> {
    /// Reads a test as something to inherit from.
    pub(super) fn inherit(
        &mut self,
        reading: &mut Reading<'_>,
        node: &Node,
        from: From,
        into: &mut Defaults,
    ) -> Option<()> {
        let node = reading.without_refused(node, REFUSED_TEST);
        let node = clean_options(reading, &node);
        let test: Option<Test> = {
            let shallow = shallow(reading, &node);
            reading.typed(&shallow)
        };
        // What is wrong here and what is wrong there is told at once, not one after the other.
        let vars = self.variables(reading, &node, from, into);
        if test.as_ref().and_then(|t| t.options.as_ref()).and_then(|o| o.disable_default_asserts) == Some(true) {
            into.items.clear();
            into.written.clear();
            into.files.clear();
            into.options_clear_asserts = true;
        }
        let mut asserts = Some(());
        if let Some(list) = node.get("assert") {
            into.written.extend(list.items().iter().map(Node::to_json));
            let before = reading.named.len();
            asserts = assertion::list(reading, list).map(|items| into.items.extend(items));
            into.files.extend(reading.named.drain(before..));
        }
        let test = test.filter(|_| vars.is_some() && asserts.is_some())?;
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

    /// Reads a test's variables over those that it inherits.
    fn variables(&mut self, reading: &mut Reading<'_>, node: &Node, from: From, into: &mut Defaults) -> Option<()> {
        let Some(vars) = node.get("vars") else { return Some(()) };
        if let Kind::Str(text) = &vars.kind
            && text.starts_with("file://")
        {
            let help = format!("write the variables here; where the file holds rows, name it under `tests`: {text}");
            reading.fault(rules::KEY_REFUSED, vars.span, "`vars` from a file is not offered", help);
            return None;
        }
        let mut sound = Some(());
        for entry in reading.map(vars, "`vars`")? {
            let Some(value) = self.value(reading, &entry.value, from) else {
                sound = None;
                continue;
            };
            match into.vars.iter_mut().find(|(name, _)| *name == entry.key) {
                Some((_, old)) => *old = value,
                None => into.vars.push((entry.key.clone(), value)),
            }
        }
        sound
    }

    pub(super) fn test(&mut self, reading: &mut Reading<'_>, node: &Node, from: From, defaults: &Defaults) {
        if self.is_full(reading) {
            return;
        }
        if !matches!(node.kind, Kind::Map(_)) {
            let help = "write `- vars: {…}` with `assert:` below it";
            reading.fault("value-invalid", node.span, "a test is not a mapping", help);
            return;
        }
        let known = ["vars", "assert", "id", "description", "options", "providerOutput", "metadata", "threshold"];
        if from == From::Row && !node.entries().is_empty() && !known.iter().any(|key| node.get(key).is_some()) {
            let help = "put the row's values below it: {\"vars\": {…}}";
            return reading.fault(rules::DATA_UNREADABLE, node.span, "this row has no `vars`", help);
        }
        let own = node.get("assert").is_some()
            || node.get("options").is_some_and(|o| o.get("disableDefaultAsserts").is_some());
        let mut merged = Defaults { options_clear_asserts: false, ..defaults.clone() };
        if self.inherit(reading, node, from, &mut merged).is_none() {
            return;
        }
        if merged.items.is_empty() && !merged.written.is_empty() {
            // What is wrong with those that are written was said already.
            return;
        }
        if merged.items.is_empty() {
            return bare(reading, node, from);
        }
        if !merged.items.iter().any(Item::scores) {
            let message = "every assertion has the weight 0, so this case passes whatever is answered";
            let help = "give one of them a weight, or leave out `weight`";
            reading.fault(rules::THRESHOLD_VACUOUS, node.get("assert").map_or(node.span, |n| n.span), message, help);
        }
        let cleared = merged.options_clear_asserts;
        let inherited = if cleared { 0 } else { defaults.items.len() };
        let repeat = merged.options.repeat.unwrap_or(1);
        let options = node.get("options").map_or(node.span, |o| o.span);
        if repeat == 0 || repeat > 1000 {
            let message = format!("a case is asked 1 to 1000 times, not {repeat}");
            reading.fault("value-invalid", options, message, "choose a number in between");
        }
        if let Some(flaky) = merged.flaky.filter(|f| f.min_pass == 0 || f.min_pass > repeat) {
            let message = format!("`min_pass` is {} of {repeat} repeats", flaky.min_pass);
            let help = "choose a number from 1 to `options.repeat`";
            let span = node.get("flaky").map_or(node.span, |n| n.span);
            reading.fault(rules::GATE_CONTRADICTORY, span, message, help);
        } else if let Some(least) = merged.flaky.filter(|f| f.needed(repeat) > f.min_pass).map(|f| f.needed(repeat)) {
            let message =
                format!("a case that fails as often as not is not flaky: {least} of {repeat} repeats must pass");
            let span = node.get("flaky").map_or(node.span, |n| n.span);
            // One that every case inherits is told once.
            if !reading.findings.iter().any(|finding| finding.message == message) {
                let finding = Finding::new(rules::GATE_CONTRADICTORY, reading.at(span).place(), message);
                let help = format!("write `min_pass: {least}` or more");
                reading.findings.push(finding.severity(Severity::Warning).help(help));
            }
        }
        let (asserts, grader) = self.asserts(&merged, (!own).then_some(defaults));
        let own = if own && from == From::Row { self.own(node, cleared, defaults) } else { None };
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
            self.undefined(reading, (&asserts, inherited), &vars, node.span);
            let inputs = digest_of(&Value::Object(vars.clone()));
            let id = match &merged.id {
                Some(id) if several => format!("{id}#{}", n + 1),
                Some(id) => id.clone(),
                None => inputs.short16(),
            };
            self.cases.push(Case {
                id,
                description: merged.description.clone(),
                vars: Vars::new(vars),
                asserts: Arc::clone(&asserts),
                own: own.clone(),
                threshold: merged.threshold,
                cluster: merged.cluster.clone(),
                repeat,
                flaky: merged.flaky,
                metadata: merged.metadata.clone(),
                stored: merged.stored.clone().map(|output| Arc::new(Answer { output, ..Answer::default() })),
                inputs,
                grader,
                sealed: reading.is_sealed(),
                at: reading.at(node.span),
            });
        }
    }

    /// Whether nothing further is read: scenarios name the same faults, and the same files, over and over.
    pub(super) fn is_full(&mut self, reading: &Reading<'_>) -> bool {
        self.full |= reading.findings.len() + self.findings.len() > MOST_FINDINGS;
        self.full
    }

    /// Lists in variables and scenarios multiply: a few lines may stand for more cases than anybody can run.
    pub(super) fn too_many(&mut self, reading: &mut Reading<'_>, span: Span, count: usize) {
        if count > MOST_COMBINATIONS {
            let message = format!("these lists make {count} cases, at most {MOST_COMBINATIONS} of one test are read");
            let help = "list fewer values, or set `options.disableVarExpansion` and pass the lists whole";
            return reading.fault("too-complex", span, message, help);
        }
        // Said once: every further test is one too many.
        if !std::mem::replace(&mut self.full, true) {
            let message = match self.bytes > MOST_BYTES {
                true => format!("the variables of the cases up to here take more than {MOST_BYTES} bytes"),
                false => format!("the suite holds more than {MOST_CASES} cases"),
            };
            reading.fault("too-complex", span, message, "part it into several suites");
        }
    }

    /// The assertions, shared where a test adds none to what it inherits.
    fn asserts(&mut self, merged: &Defaults, inherited: Option<&Defaults>) -> Graders {
        let make = || {
            let mut written = Map::new();
            written.insert("assert".to_owned(), Value::Array(merged.written.clone()));
            if !merged.files.is_empty() {
                let files = merged.files.iter().map(|digest| digest.to_string().into()).collect();
                written.insert("files".to_owned(), Value::Array(files));
            }
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

    /// What a row asserts by itself, where that can be read again without looking at files.
    fn own(&mut self, node: &Node, cleared: bool, defaults: &Defaults) -> Option<Own> {
        let written = node.get("assert").map_or(Value::Array(Vec::new()), Node::to_json).to_string();
        let inherited = if cleared { Arc::from([]) } else { self.asserts(defaults, Some(defaults)).0 };
        (!written.contains("file:")).then(|| Own { inherited, written: written.into() })
    }

    /// A variable's value; `file://` is read where people write, and is text in rows.
    fn value(&mut self, reading: &mut Reading<'_>, node: &Node, from: From) -> Option<Value> {
        if let Kind::Str(text) = &node.kind {
            if let Some(reference) = text.strip_prefix("file://") {
                if from == From::File {
                    return reading.load_value(reference, node.span).map(|n| n.to_json());
                }
                let help = "write the text itself, or move the case into the suite";
                self.otherwise(reading, node.span, "`file://` in a row is text: rows are data", help);
            } else if text.contains("{{") || text.contains("{%") {
                let help = "write what they should become, if promptfoo is to read this suite too";
                self.otherwise(reading, node.span, "braces in a value are text: promptfoo would expand them", help);
            }
        }
        Some(node.to_json())
    }

    fn otherwise(&mut self, reading: &mut Reading<'_>, span: Span, message: &str, help: &str) {
        self.braces += 1;
        if self.braces <= 10 {
            let finding = Finding::new(rules::READ_OTHERWISE, Place::new(&reading.text, span), message).help(help);
            reading.findings.push(finding.severity(Severity::Note));
        }
    }
}

/// A test without assertions: most often they stand in the wrong place, or the row is none.
fn bare(reading: &mut Reading<'_>, node: &Node, from: From) {
    let vars = node.get("vars");
    if let Some(stray) = vars.and_then(|vars| vars.entry("assert")) {
        let help = "indent it as `vars`, not below it";
        let message = "`assert` stands among the variables, so this test has no assertions";
        return reading.fault(rules::ASSERTIONS_MISSING, stray.key_span, message, help);
    }
    let help = match from {
        From::Row if is_csv(reading.text.path()) => match vars.map(Node::entries) {
            Some([only]) if only.key.contains(';') => "part the cells by commas: the first line has semicolons",
            Some([only]) if only.key.contains('\t') => "part the cells by commas: the first line has tabs",
            _ => "name a column `__expected` in the first line, or add `assert:` to `defaultTest`",
        },
        _ => "add `assert:` to the test or to `defaultTest`",
    };
    reading.fault(rules::ASSERTIONS_MISSING, node.span, "this test has no assertions", help);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use source::{File, Mode, RepoPath, Snapshot};

    use super::*;

    /// The digest of a suite's cases, which assert what the file holds, or what every case inherits of it.
    fn dataset(test: &str, held: &str) -> Digest {
        let file = |path: &str, text: &str| {
            (RepoPath::new(path).expect("a path"), File { mode: Mode::Regular, bytes: text.as_bytes().into() })
        };
        let suite = format!("{test}\n");
        let files = BTreeMap::from([file("evals/ask.yaml", &suite), file("evals/words.json", held)]);
        let path = RepoPath::new("evals/ask.yaml").expect("a path");
        let loaded = crate::suite::load(&Snapshot { name: "it".into(), files }, &path);
        loaded.suite.unwrap_or_else(|| panic!("{:?}", loaded.findings)).dataset
    }

    #[test]
    fn what_a_file_of_values_holds_is_part_of_the_cases() {
        let assert = "assert: [{ type: contains-any, value: 'file://words.json' }]";
        for suite in [
            format!("tests: [{{ vars: {{ a: x }}, {assert} }}]"),
            format!("defaultTest: {{ {assert} }}\ntests: [{{ vars: {{ a: x }} }}]"),
            format!(
                "tests:\n  - vars: {{ a: x }}\n    assert: [{{ type: assert-set, {assert} }}, {{ type: equals, value: y }}]"
            ),
        ] {
            let strict = dataset(&suite, "[\"severity\"]");
            assert_eq!(strict, dataset(&suite, "[\"severity\"]"));
            assert_ne!(strict, dataset(&suite, "[\"s\"]"), "{suite}");
        }
    }
}
