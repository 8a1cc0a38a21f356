//! Every recorded answer of promptfoo 0.123.1 agrees with ours, or is named here with the reason.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use source::{RepoPath, Severity, Snapshot, Span, Text};

use super::{Graded, NoGrader, OFFERED, Subject, aggregate, list};
use crate::reading::{Reading, node_of};
use crate::{Answer, ecma};

const RECORDED: &str = include_str!("../../tests/oracle/promptfoo-0.123.1.jsonl");

/// Where we answer otherwise on purpose, by the number that begins the case's id.
const DEVIATIONS: &[(&str, &str)] = &[
    ("22", "a list of texts that is empty is a finding"),
    ("25", "a list of texts that is empty is a finding"),
    ("36", "a pattern that is none is a finding before any call"),
    ("38", "a pattern that is none is a finding before any call"),
    ("39", "a pattern that is none is a finding before any call"),
    ("62", "a schema is read by the draft that its `$schema` names"),
    ("91", "a measure without a threshold is a finding"),
    ("145", "`transform` runs code and is refused by name"),
    ("149", "promptfoo crashes without a provider; the call names a tool that the prompt does not offer"),
    ("158", "a case without assertions is a finding"),
    ("165", "a threshold of 0 is a finding"),
    ("167", "a weight below 0 is a finding"),
];

/// What we say of a case: a result, or why there is none.
fn ours(case: &Value) -> Result<Graded, String> {
    let files = Snapshot::default();
    let text = Text::new(RepoPath::new("evals/oracle.yaml").unwrap(), "");
    let keys = crate::Keys::default();
    let mut reading = Reading::new(&files, &keys, text);
    let asserts = case.get("assert").cloned().unwrap_or_else(|| Value::Array(vec![case["assertion"].clone()]));
    let items = list(&mut reading, &node_of(asserts, Span::default())).unwrap();
    if let Some(finding) = reading.findings.iter().find(|f| f.severity == Severity::Error) {
        return Err(finding.message.clone());
    }
    if items.is_empty() {
        return Err("no assertions".to_owned());
    }
    let answer = Answer {
        output: case["output"].clone(),
        latency_ms: case.get("latencyMs").and_then(Value::as_u64),
        cost: case.get("cost").and_then(Value::as_f64),
        finish_reason: case.get("finishReason").and_then(Value::as_str).map(str::to_owned),
        log_probs: case
            .get("logProbs")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect(),
        usage: None,
    };
    let vars = case.get("vars").and_then(Value::as_object).cloned().unwrap_or_default();
    let text = ecma::text_of(&answer.output);
    let subject = Subject { answer: &answer, text: &text, vars: &vars, tools: &[], question: "", grader: &NoGrader };
    aggregate::grade(&items, case.get("threshold").and_then(Value::as_f64), &subject).map_err(|e| e.to_string())
}

fn not_offered(case: &Value) -> Option<&'static str> {
    let spelled = case.get("assertion")?.get("type")?.as_str()?;
    let base = spelled.strip_prefix("not-").unwrap_or(spelled);
    let known: [&'static str; 6] = ["is-html", "contains-html", "is-sql", "contains-sql", "javascript", "python"];
    known.into_iter().find(|k| *k == base)
}

#[test]
fn every_recorded_answer_agrees_or_is_named() {
    let (mut wrong, mut agreed, mut skipped, mut deviated) = (Vec::new(), 0, BTreeSet::new(), BTreeSet::new());
    for line in RECORDED.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        let number = id.split(':').next().unwrap();
        if let Some(kind) = not_offered(&case) {
            assert!(!OFFERED.contains(&kind) && ours(&case).is_err(), "{id} must be refused by name");
            skipped.insert(kind);
            continue;
        }
        let expected = &case["expected"];
        let same = match ours(&case) {
            Err(_) => expected.get("error").is_some(),
            Ok(graded) => {
                expected["pass"].as_bool() == Some(graded.pass)
                    && expected["score"].as_f64().is_some_and(|s| (s - graded.score).abs() < 1e-9)
                    && named_scores_agree(expected, &graded)
                    && expected.get("components").is_none_or(|n| n.as_u64() == Some(graded.components.len() as u64))
            }
        };
        match (same, DEVIATIONS.iter().any(|(n, _)| *n == number)) {
            (true, false) => agreed += 1,
            (false, true) => drop(deviated.insert(number.to_owned())),
            (true, true) => wrong.push(format!("{id}: named as a deviation, but agrees")),
            (false, false) => wrong.push(format!("{id}\n  expected {expected}\n  ours     {:?}", ours(&case))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(deviated.len(), DEVIATIONS.len());
    assert_eq!(agreed + deviated.len(), RECORDED.lines().count() - 20, "skipped: {skipped:?}");
}

fn named_scores_agree(expected: &Value, graded: &Graded) -> bool {
    let none = Map::new();
    let scores = expected.get("namedScores").and_then(Value::as_object).unwrap_or(&none);
    scores
        .iter()
        .all(|(name, score)| graded.metrics.get(name).is_some_and(|s| (s - score.as_f64().unwrap()).abs() < 1e-9))
}

/// A new type cannot land without recorded cases, or a reason why there can be none.
#[test]
fn every_offered_type_has_cases_or_a_reason() {
    let ours_alone = ["any-of", "char-count", "ends-with"];
    let asks_a_model = |k: &str| {
        k.starts_with("similar")
            || k.starts_with("context-")
            || k.starts_with("model-graded")
            || matches!(k, "factuality" | "g-eval" | "llm-rubric")
    };
    let by_unit_tests = ["is-valid-function-call", "is-valid-openai-function-call", "tool-call-f1"];
    for kind in OFFERED {
        let recorded = RECORDED.contains(&format!("\"type\": \"{kind}\""))
            || RECORDED.contains(&format!("\"type\": \"not-{kind}\""));
        let excused = ours_alone.contains(kind) || asks_a_model(kind) || by_unit_tests.contains(kind);
        assert!(recorded || excused, "{kind} has no recorded case");
    }
}
