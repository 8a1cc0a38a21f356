//! A prompt, a suite and a provider to try things on.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use eval::gate::{Demands, Verdict, judge};
use eval::provider::{Environment, Patience, Providers};
use eval::recording::Recordings;
use eval::run::{Finished, Keep, Mode, Plan, run};
use eval::suite::{Loaded, Suite, load};
use prompt::{Compiled, compile_from};
use source::{RepoPath, Severity, Snapshot};

const PROMPT: &str = "---
version: 1.0.0
description: Answer a question.
owner: team
risk: low
model: local/tiny
parameters: { temperature: 0, max_tokens: 50 }
inputs:
  question: { type: string }
---
{{ role(\"system\") }}
Answer.

{{ role(\"user\") }}
{{ question }}
";

pub(crate) struct Scene {
    pub(crate) files: Snapshot,
    pub(crate) compiled: Compiled,
}

impl Scene {
    pub(crate) fn new(suite: &str) -> Self {
        Self::with(suite, &[])
    }

    pub(crate) fn with(suite: &str, more: &[(&str, &str)]) -> Self {
        let mut texts = vec![("prompts/ask.md", PROMPT), ("evals/ask.yaml", suite)];
        texts.extend(more);
        let files = Snapshot::of_texts("the test", texts);
        let (_, compiled) = compile_from(&files, &"ask".parse().unwrap()).unwrap();
        Self { files, compiled }
    }

    pub(crate) fn loaded(&self) -> Loaded {
        load(&self.files, &RepoPath::new("evals/ask.yaml").unwrap())
    }

    pub(crate) fn suite(&self) -> Suite {
        let loaded = self.loaded();
        let wrong: Vec<_> = loaded.findings.iter().filter(|f| f.severity == Severity::Error).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let suite = loaded.suite.unwrap();
        let fit = suite.fit(&self.compiled, &self.compiled.renderer().unwrap());
        assert!(fit.findings.is_empty(), "{:#?}", fit.findings);
        suite
    }
}

/// `n` questions, each of which the answer must repeat.
pub(crate) fn questions(n: usize) -> String {
    let mut suite = "defaultTest:\n  assert:\n    - { type: contains, value: '{{ question }}' }\ntests:\n".to_owned();
    for i in 0..n {
        suite.push_str(&format!("  - {{ id: q{i}, vars: {{ question: 'number {i}?' }} }}\n"));
    }
    suite
}

/// A provider `local` whose server is at `address`, with a key and little patience.
pub(crate) fn providers(address: &str, concurrency: usize) -> Providers {
    defined(&format!(
        "{{ kind: openai, base_url: '{address}/v1', key_variable: TEST_KEY, concurrency: {concurrency}, timeout: 1s }}"
    ))
}

pub(crate) fn defined(definition: &str) -> Providers {
    let text = source::Text::new(
        RepoPath::new("providers.yaml").unwrap(),
        format!("format: 1\nproviders:\n  local: {definition}\n"),
    );
    let definitions = policy::providers::read(&text).unwrap();
    let environment = Environment {
        variable: Box::new(|name| (name == "TEST_KEY").then(|| "sk-very-secret".to_owned())),
        certificates: None,
        patience: Patience {
            attempts: 3,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_secs(60),
        },
    };
    Providers::new([definitions, BTreeMap::new()], environment)
}

pub(crate) fn go(scene: &Scene, providers: &Providers, recordings: &Recordings, mode: Mode) -> (Finished, Verdict) {
    let suite = scene.suite();
    let mut plan = Plan::new(&suite, &scene.compiled, recordings, mode).unwrap();
    plan.keep = Keep::All;
    let finished = run(&plan, providers, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let verdict = judge(&suite, &finished.results, None, &Demands::default());
    (finished, verdict)
}
