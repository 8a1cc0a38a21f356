//! What several targets need: texts in parts, findings that must be sound, documents that are good.
//!
//! A target fails by panicking, by taking longer than the fuzzer's `-timeout`, or by needing more than its
//! `-rss_limit_mb`. Nothing here touches git, the disk or a network.

use source::{Finding, Snapshot};

/// What parts a text of several files: a line of its own.
pub const PART: &str = "\n%%%%\n";

/// The parts of `text`, as many as `N`; missing ones are empty.
pub fn parts<const N: usize>(text: &str) -> [&str; N] {
    let mut rest = text.splitn(N, PART);
    std::array::from_fn(|_| rest.next().unwrap_or(""))
}

/// Panics where a finding points outside of its text, splits a character, carries no known rule, or cannot be shown.
pub fn hold(findings: &[Finding]) {
    for finding in findings {
        let text = finding.at.text.as_str();
        assert!(text.get(finding.at.span.range()).is_some(), "outside of its text: {finding:?}");
        assert!(check::find(finding.rule).is_some(), "no page: {finding:?}");
        assert!(!finding.message.is_empty(), "says nothing: {finding:?}");
        for (place, _) in &finding.also {
            assert!(place.text.as_str().get(place.span.range()).is_some(), "outside of its text: {finding:?}");
        }
        for edits in finding.fix.iter().map(|fix| &fix.edits) {
            assert!(edits.is_sorted_by(|a, b| a.0.end <= b.0.start), "a fix that overlaps: {finding:?}");
            assert!(edits.iter().all(|(span, _)| text.get(span.range()).is_some()), "a fix outside: {finding:?}");
        }
    }
    assert!(findings.len() < 5_000, "{} findings in one file", findings.len());
}

/// Whether any of them is an error.
pub fn fails(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == source::Severity::Error)
}

/// Routes without which no prompt compiles.
pub const ROUTES: (&str, &str) = (
    "prompts/routes.yaml",
    "routes: { fast: openai/gpt-5-mini }\ndefaults: { low: fast, medium: fast, high: fast }\n",
);

/// The good documents of a policy, by path.
pub const POLICY: [(&str, &str); 3] = [
    ("policies/policy.yaml", include_str!("../../policy/tests/good/policy.yaml")),
    ("policies/models.yaml", include_str!("../../policy/tests/good/models.yaml")),
    ("policies/principals.yaml", include_str!("../../policy/tests/good/principals.yaml")),
];

/// A front matter with an input of every kind.
pub const FRONT: &str = "---
version: 1.0.0
description: What is fuzzed.
owner: us
risk: low
inputs:
  text: { type: string, maxLength: 100 }
  word: { enum: [a, b, \"c d\"], default: a }
  count: { type: integer, minimum: 0, maximum: 1000 }
  share: number
  flag: boolean
  items: { type: array, maxItems: 5, items: { type: string, maxLength: 20 } }
  rows: { type: array, maxItems: 3, items: { type: object } }
  object: { type: object, properties: { name: { type: string, maxLength: 9 } }, required: [name] }
  history: messages
---
";

/// A snapshot of these texts.
pub fn snapshot<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Snapshot {
    Snapshot::of_texts("fuzz", texts)
}

/// Whether a runner would take a line for a command. ` ::: path` is ours, and none: no command is called `:`.
pub fn heard(shown: &str) -> bool {
    shown.lines().map(str::trim_start).any(|line| line.starts_with("::") && !line.starts_with("::: "))
}
