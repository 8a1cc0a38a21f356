//! What promptfoo's files have and suites do not: passed over with a note where it changes no verdict, else refused by name.

use source::yaml::{self, Kind, Node};
use source::{Finding, Place, Severity};

use super::asked::who;
use crate::assertion::AS_IT_IS;
use crate::reading::Reading;
use crate::rules;

/// Keys of a promptfoo configuration that mean nothing here and change no verdict: why, and what to do instead.
const PASSED_OVER: &[(&str, &str, &str)] = &[
    ("prompts", "the suite's place names its prompt", "put the text into the prompt's own file, then remove this"),
    ("providers", NOT_WHO, WHO),
    ("targets", NOT_WHO, WHO),
    ("outputPath", "reports go where the command says", "name the file in the command: --report out.html"),
    ("commandLineOptions", "options are given to the command", "see `promptuary eval --help` for them"),
    ("sharing", "nothing is uploaded", "remove it"),
    ("writeLatestResults", "results are written where you say", "name a file in the command: --report out.json"),
    ("tags", "they are for promptfoo's own records", "remove them, or keep them under a test's `metadata`"),
    ("metadata", "they are for promptfoo's own records", "remove them, or keep them under a test's `metadata`"),
    ("$schema", "it names promptfoo's schema", "name ours: promptuary schema suite"),
];

const NOT_WHO: &str = "providers come from policy or from your own configuration";
const WHO: &str = "name models under `models`, and what a provider is in policies/models.yaml or with --providers FILE";

/// Keys of promptfoo's `evaluateOptions`, likewise.
const OPTIONS_PASSED_OVER: &[(&str, &str, &str)] = &[
    ("maxConcurrency", "how many are asked at once is the command's", "give it to the command: -j 8"),
    ("cache", "answers come from recordings", "ask anew with --live, or --record --fresh"),
    ("delay", "pauses are asked for by the provider", "limit `concurrency` of the provider"),
    ("timeoutMs", "how long to wait is the provider's", "set `timeout` of the provider"),
    ("maxEvalTimeMs", "a run is bounded by its budget", "set `budget`, or end the run: what is done is kept"),
    ("showProgressBar", "progress is shown on a terminal alone", "remove it"),
    ("generateSuggestions", "no prompts are suggested", "remove it"),
    ("interactiveProviders", "nobody is asked at a terminal", "remove it"),
];

/// Keys of a promptfoo configuration that are refused: why, and what to do instead.
pub(super) const REFUSED_TOP: &[(&str, &str, &str)] = &[
    ("extensions", "they run code", "remove it"),
    ("nunjucksFilters", "they run code", "write what they make of a value into the value"),
    ("env", "a suite never sets the environment", "remove it; keys come from the environment of whoever runs it"),
    ("derivedMetrics", "they are formulas", "give assertions a `metric`, and hold it with `gate.min_metrics`"),
    ("redteam", "red-teaming is another program's work", "remove it"),
    ("assertScoringFunction", "it runs code", "weigh assertions with `weight`, and set a `threshold`"),
    ("tracing", "traces are not read", "remove it"),
    ("assertionTemplates", "an assertion stands where it is used", "write them out there, or under `defaultTest`"),
];

/// Keys of a test, which mean nothing beside `tests`.
const OF_A_TEST: &[&str] = &["id", "vars", "assert", "threshold", "cluster", "flaky", "providerOutput", "options"];

/// Takes out what a test says and a suite does not, saying where it belongs.
pub(super) fn without_misplaced(reading: &mut Reading<'_>, root: &Node) -> Node {
    let Kind::Map(entries) = &root.kind else { return root.clone() };
    let (misplaced, kept): (Vec<_>, Vec<_>) =
        entries.iter().cloned().partition(|entry| OF_A_TEST.contains(&entry.key.as_str()));
    for entry in misplaced {
        let help = match entry.key.as_str() {
            "id" => "put it under the test that it names",
            _ => "put it under a test, or under `defaultTest` where it holds for all of them",
        };
        let message = format!("`{}` is said of a test, not of a suite", entry.key);
        reading.fault("key-unknown", entry.key_span, message, help);
    }
    Node { span: root.span, kind: Kind::Map(kept) }
}

/// Whether `node` is what promptfoo has for a file of tests with settings, `{ path, config }`; then it says what to write.
pub(super) fn is_path_of_tests(reading: &mut Reading<'_>, node: &Node) -> bool {
    let Some(entry) = node.entry("path").filter(|_| node.get("vars").is_none()) else { return false };
    let Some(path) = entry.value.as_str() else { return false };
    let file = path.split('#').next().unwrap_or(path);
    let plain = file.strip_prefix("file://").unwrap_or(file);
    let rows = [".yaml", ".yml", ".json", ".jsonl", ".ndjson", ".csv"].iter().any(|ending| plain.ends_with(ending));
    let help = match rows && !plain.contains("://") {
        true => format!("write the path alone: `tests: file://{plain}`, or `- file://{plain}` in a list"),
        false => "write the cases as data into a file, and name it: `tests: file://cases.csv`".to_owned(),
    };
    let message = "`path` with `config` is promptfoo's way to name a program or a sheet that makes tests";
    let message =
        if node.get("config").is_some() { message } else { "`path` is promptfoo's way to name a file of tests" };
    reading.fault(rules::KEY_REFUSED, entry.key_span, message, help);
    true
}

pub(super) const REFUSED_TEST: &[(&str, &str, &str)] = &[
    ("provider", NEVER_WHO, "name models for the whole suite: `models: [provider/model]`"),
    ("providers", NEVER_WHO, "name models for the whole suite: `models: [provider/model]`"),
    ("prompts", "the suite's place names its prompt", "put the case into the suite of that prompt"),
    ("assertScoringFunction", "it runs code", "weigh assertions with `weight`, and set a `threshold`"),
    ("_conversation", "cases do not depend on one another", "write earlier turns as a value of type `messages`"),
];

const NEVER_WHO: &str = "a suite never defines who answers";

pub(super) const REFUSED_OPTIONS: &[(&str, &str, &str)] = &[
    ("transform", "it runs code", AS_IT_IS),
    ("postprocess", "it runs code", AS_IT_IS),
    ("transformVars", "it runs code", "write the values as they should be"),
    ("prefix", "it changes the prompt under test", "write it into the prompt's own text"),
    ("suffix", "it changes the prompt under test", "write it into the prompt's own text"),
    ("provider", "a suite never defines who answers", "name the judge once: `judge: { model: provider/model }`"),
    ("rubricPrompt", "the judge's instructions are part of this program", "say in the rubric what it goes by"),
    ("disableConversationVar", "cases do not depend on one another", "remove it"),
    ("storeOutputAs", "cases do not depend on one another", "write the earlier answer as a value"),
    ("runSerially", "cases do not depend on one another", "remove it"),
    ("response_format", "it changes the prompt under test", "declare `output` in its front matter"),
    ("factuality", "its scores are fixed", "remove it"),
];

/// Takes out what promptfoo has and we do not need, saying so.
pub(super) fn pass_over(reading: &mut Reading<'_>, root: &Node) -> Node {
    let root = without(reading, root, "", PASSED_OVER);
    let Some(options) = root.get("evaluateOptions") else { return root };
    let options = without(reading, options, "evaluateOptions.", OPTIONS_PASSED_OVER);
    replaced(&root, "evaluateOptions", &options)
}

fn without(reading: &mut Reading<'_>, node: &Node, above: &str, keys: &[(&str, &str, &str)]) -> Node {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let mut kept = Vec::new();
    for entry in entries {
        match keys.iter().find(|(key, ..)| *key == entry.key) {
            Some((key, why, help)) => {
                let message = format!("`{above}{key}` is not read: {why}");
                let finding = Finding::new(rules::READ_OTHERWISE, Place::new(&reading.text, entry.key_span), message);
                let help = if *help == WHO { who(&entry.value) } else { None }.unwrap_or_else(|| (*help).to_owned());
                reading.findings.push(finding.help(help).severity(Severity::Note));
            }
            None => kept.push(entry.clone()),
        }
    }
    Node { span: node.span, kind: Kind::Map(kept) }
}

/// `node` with another value of `key`.
fn replaced(node: &Node, key: &str, value: &Node) -> Node {
    let entries = node.entries().iter().map(|e| match e.key == key {
        true => yaml::Entry { value: value.clone(), ..e.clone() },
        false => e.clone(),
    });
    Node { span: node.span, kind: Kind::Map(entries.collect()) }
}

pub(super) fn clean_options(reading: &mut Reading<'_>, node: &Node) -> Node {
    let Some(options) = node.get("options") else { return node.clone() };
    let clean = reading.without_refused(options, REFUSED_OPTIONS);
    replaced(node, "options", &clean)
}
