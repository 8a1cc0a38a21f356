//! Grading: whatever the assertion and the answer, a grade or a reason, within the time that the fuzzer grants.
//!
//! The text is assertions in YAML and an answer, parted by a line `%%%%`.

#![no_main]

use eval::Answer;
use eval::assertion::{NoGrader, Subject};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let [asserts, answer] = fuzz::parts(text);
    let indented = asserts.replace('\n', "\n      ");
    let suite = format!("tests:\n  - vars: {{ a: x }}\n    assert:\n      {indented}\n");
    let snapshot = fuzz::snapshot([("evals/a.yaml", suite.as_str())]);
    let path = source::RepoPath::new("evals/a.yaml").expect("a path");
    let Some(suite) = eval::suite::load(&snapshot, &path).suite else { return };
    let answers = [
        Answer::text(answer),
        serde_json::from_str(answer).map_or_else(|_| Answer::default(), |output| Answer { output, ..Answer::default() }),
    ];
    for case in suite.cases.iter() {
        let vars = case.vars.map();
        for answer in &answers {
            let text = match &answer.output {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let subject = Subject { answer, text: &text, vars: &vars, tools: &[], question: "a?", grader: &NoGrader };
            for assertion in case.asserts.iter().flat_map(|item| item.asserts()) {
                if let Ok(grade) = assertion.grade(&subject) {
                    assert!(!grade.score.is_nan(), "{assertion:?}");
                }
            }
        }
    }
});
