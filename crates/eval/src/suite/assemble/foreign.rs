//! What promptfoo's files have and suites do not: passed over with a note where it changes no verdict, else refused by name.

use source::yaml::{self, Kind, Node};
use source::{Finding, Place, Severity};

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

pub(super) const REFUSED_TOP: &[(&str, &str)] = &[
    ("extensions", "they run code"),
    ("nunjucksFilters", "they run code"),
    ("env", "a suite never sets the environment"),
    ("derivedMetrics", "they are formulas; give assertions a `metric`"),
    ("redteam", "red-teaming is another program's work"),
    ("assertScoringFunction", "it runs code"),
    ("tracing", "traces are not read"),
    ("assertionTemplates", "an assertion stands where it is used, or under `defaultTest`"),
];

pub(super) const REFUSED_TEST: &[(&str, &str)] = &[
    ("provider", "a suite never defines who answers; name models under `models`"),
    ("providers", "a suite never defines who answers; name models under `models`"),
    ("prompts", "the suite's place names its prompt"),
    ("assertScoringFunction", "it runs code"),
    ("_conversation", "write earlier turns as a value of type `messages`"),
];

pub(super) const REFUSED_OPTIONS: &[(&str, &str)] = &[
    ("transform", "it runs code"),
    ("postprocess", "it runs code"),
    ("transformVars", "it runs code"),
    ("prefix", "it changes the prompt under test"),
    ("suffix", "it changes the prompt under test"),
    ("provider", "name the judge under `judge.model`"),
    ("rubricPrompt", "the judge's instructions are part of this program"),
    ("disableConversationVar", "cases do not depend on one another"),
    ("storeOutputAs", "cases do not depend on one another"),
    ("runSerially", "cases do not depend on one another"),
    ("response_format", "it changes the prompt under test; declare `output` in its front matter"),
    ("factuality", "its scores are fixed"),
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
                reading.findings.push(finding.help(*help).severity(Severity::Note));
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
