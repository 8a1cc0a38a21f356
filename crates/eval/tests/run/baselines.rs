//! Comparing with a baseline: what is run there, what is paired, what cannot be, and what taking cases away costs.

mod edits;
mod falls;
mod sides;
mod told;
mod uncompared;

use std::sync::atomic::AtomicBool;

use eval::Keys;
use eval::gate::{Baseline, Demands, Verdict, judge};
use eval::provider::{Environment, Providers};
use eval::run::{Finished, Mode, Part, Plan, Results, Shard, run};
use eval::session::{self, Opened};
use eval::suite::Compare;
use source::{RepoPath, Snapshot};

const PROMPT: &str = "---
version: 1.0.0
description: Answer a question.
owner: team
risk: low
model: echo/echo
inputs:
  question: { type: string }
---
Be kind: {{ question }}
";

/// The prompt, kind only to questions for which `condition` holds.
fn kind_if(condition: &str) -> String {
    let kind = format!("{{% if {condition} %}}Be kind: {{% endif %}}{{{{ question }}}}");
    PROMPT.replace("Be kind: {{ question }}", &kind)
}

/// `n` questions that are answered kindly, and must be.
fn suite(n: usize, more: &str) -> String {
    let mut suite = "defaultTest:\n  assert: [{ type: contains, value: kind }]\ntests:\n".to_owned();
    for i in 0..n {
        suite.push_str(&format!("  - {{ id: q{i:02}, vars: {{ question: 'number {i}' }} }}\n"));
    }
    suite + more
}

fn files(prompt: &str, suite: &str) -> Snapshot {
    Snapshot::of_texts("the test", [("prompts/ask.md", prompt), ("evals/ask.yaml", suite)])
}

fn opened(files: &Snapshot) -> Opened {
    let opened = session::open(files, &RepoPath::new("evals/ask.yaml").unwrap()).unwrap();
    assert!(opened.is_sound(), "{:#?}", opened.findings);
    opened
}

fn plan(opened: &Opened, shard: Option<Shard>) -> Plan<'_> {
    let mut plan = opened.plan(&prompt::Routes::default(), None, Mode::Live, &[]).unwrap();
    plan.shard = shard;
    plan
}

fn ran(plan: &Plan<'_>) -> Finished {
    run(plan, &Providers::new([], Environment::empty()), &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

/// One part of a run of `now`, with its baseline of `then`.
fn part(then: &Snapshot, opened: &Opened, shard: Option<Shard>) -> Part {
    let plan = plan(opened, shard);
    let results = ran(&plan).results;
    let other = session::against(
        opened,
        &plan,
        (then, &Keys::default()),
        Compare::new("rev:then"),
        Some("c0ffee".into()),
        None,
        None,
    )
    .unwrap();
    let there = other.plan(&plan, Some(&results)).unwrap().map(|plan| ran(&plan).results);
    Part { results, baseline: Some(other.ran(there)) }
}

fn compared(then: &Snapshot, now: &Snapshot) -> (Baseline, Verdict) {
    let opened = opened(now);
    let Part { results, baseline } = part(then, &opened, None);
    let verdict = judged(&opened, &results, baseline.as_ref());
    (baseline.unwrap(), verdict)
}

/// What it comes to where policy demands nothing.
fn judged(opened: &Opened, results: &Results, baseline: Option<&Baseline>) -> Verdict {
    judge(opened.suite.as_ref().unwrap(), results, baseline, &Demands::default())
}

fn texts(verdict: &Verdict) -> String {
    verdict.checks.iter().map(|c| format!("{} {}: {}\n", c.name, c.conclusion.as_str(), c.text)).collect()
}
