//! A branch whose prompt fell and that brings what makes its gate hold: every way that was thought of is told, by `review`,
//! by `eval --base` and by `check --base`.

use crate::sandbox::Sandbox;

const SUITE: &str = "defaultTest:\n  assert: [{ type: contains, value: kind }]\ntests: file://data/rows.jsonl\ngate: { min_pass_rate: 0.9 }\n";

/// `main` with ten cases, three of which fail once the prompt is kind no longer, as it will be on the branch.
fn repository() -> Sandbox {
    let sandbox = Sandbox::of_ada();
    sandbox.write(
        "prompts/routes.yaml",
        "routes: { fast: echo/echo }\ndefaults: { low: fast, medium: fast, high: fast }\n",
    );
    sandbox.write(
        "prompts/ask.md",
        "---\nversion: 1.0.0\ndescription: Ask.\nowner: docs\nrisk: low\ninputs: { q: string }\n---\nBe kind: {{ q }}\n",
    );
    sandbox.write("evals/ask.yaml", SUITE);
    sandbox.write("evals/data/rows.jsonl", &rows(|row| Some(row.to_owned())));
    sandbox.done("git init -q -b main && promptuary -q eval --record && git add -A && git commit -qm one && git checkout -qb change");
    sandbox
}

/// The rows, those that fail as `edit` leaves them.
fn rows(edit: impl Fn(&str) -> Option<String>) -> String {
    let row = |id: &str, q: &str| format!("{{\"id\":\"{id}\",\"vars\":{{\"q\":\"{q}\"}}}}");
    let sound = (0..7).map(|n| row(&format!("k{n}"), &format!("kind {n}")));
    let fails = (0..3).filter_map(|n| edit(&row(&format!("f{n}"), &format!("row {n}"))));
    sound.chain(fails).map(|row| row + "\n").collect()
}

/// The rows that fail, with further keys.
fn with(keys: &str) -> String {
    rows(|row| Some(format!("{},{keys}}}", &row[..row.len() - 1])))
}

fn gate(keys: &str) -> String {
    SUITE.replace("min_pass_rate: 0.9", keys)
}

#[test]
fn whatever_makes_a_gate_hold_is_told() {
    let quarantined: Vec<String> = (0..3).map(|n| format!("{{ id: f{n}, owner: ada, until: 2999-01-01 }}")).collect();
    let quarantined = gate(&format!("min_pass_rate: 0.9, quarantine: [{}]", quarantined.join(", ")));
    let retired =
        gate("min_pass_rate: 0.9, retired: [{ id: f0, reason: x }, { id: f1, reason: x }, { id: f2, reason: x }]");
    let easy: String =
        (0..60).map(|n| format!("{{\"id\":\"n{n}\",\"vars\":{{\"q\":\"kind and new {n}\"}}}}\n")).collect();
    let diluted = rows(|row| Some(row.to_owned())) + &easy;
    let own = "\"assert\":[{\"type\":\"contains\",\"value\":\"row\"}]";
    let only_own = format!("{own},\"options\":{{\"disableDefaultAsserts\":true}}");
    let (sandbox, none) = (repository(), String::new());
    for (suite, data, told) in [
        (&none, rows(|_| None), "3 cases were removed since main: `f0`, `f1`, `f2`"),
        (&none, rows(|row| Some(row.replace("row", "kind row"))), "3 cases ask something else since main"),
        (&none, with(&only_own), "3 cases are graded otherwise since main"),
        (&none, with(&format!("{own},\"threshold\":0.5")), "3 cases pass from a lower score since main"),
        (
            &none,
            with("\"providerOutput\":\"be kind\""),
            "3 cases are no longer asked: the suite gives answers since main",
        ),
        (&none, diluted, "60 cases that are new since main lift the pass rate of echo/echo from 70.0 % to 95.7 %"),
        (
            &SUITE.replace("value: kind", "value: ''").replace("contains", "regex").replace("''", "'[a-z]'"),
            none.clone(),
            "10 cases are graded otherwise since main",
        ),
        (
            &SUITE.replace("value: kind }", "value: kind, weight: 0 }, { type: regex, value: '[a-z]' }"),
            none.clone(),
            "10 cases are graded otherwise since main",
        ),
        (
            &SUITE
                .replace("value: kind }", "value: kind }, { type: regex, value: '[a-z]' }")
                .replace("\n  assert", "\n  threshold: 0.5\n  assert"),
            none.clone(),
            "10 cases pass from a lower score since main",
        ),
        (&gate("min_pass_rate: 0.7"), none.clone(), "`gate.min_pass_rate`: 0.9 → 0.7 since main"),
        (
            &gate("compare: { baseline: 'rev:HEAD', min_effect: 0.9 }"),
            none.clone(),
            "`gate.min_pass_rate`: 0.9 → none since main",
        ),
        (&quarantined, none.clone(), "3 cases are in quarantine since main: `f0`, `f1`, `f2`"),
        (&retired, rows(|_| None), "3 cases were retired since main: `f0`, `f1`, `f2`"),
        (
            &(SUITE.to_owned() + "sample: { n: 1, seed: 2 }\n"),
            none.clone(),
            "`sample`: all cases → 1 of 10 cases since main",
        ),
    ] {
        sandbox.done("git checkout -q . && git clean -fdq && sed -i 's/Be kind: //; s/1.0.0/1.1.0/' prompts/ask.md");
        for (path, text) in [("evals/ask.yaml", suite.as_str()), ("evals/data/rows.jsonl", &data)] {
            if !text.is_empty() {
                sandbox.write(path, text);
            }
        }
        sandbox.done("promptuary -q eval --record --no-compare > /dev/null || true");
        let eval = sandbox.run("promptuary eval --base main");
        assert_eq!(eval.code, 0, "the gate does not hold, {told}\n{}", eval.raw);
        assert!(eval.raw.contains(told), "eval does not say: {told}\n{}", eval.raw);
        let review = sandbox.run("promptuary review --base main --format json");
        let shown: serde_json::Value = serde_json::from_str(&review.raw).unwrap();
        let found = shown["findings"]["new"].as_array().unwrap();
        let is_told = |f: &serde_json::Value| f["message"].as_str().is_some_and(|message| message.contains(told));
        assert!(found.iter().any(is_told), "review does not say: {told}\n{}", review.raw);
        assert_eq!(shown["conclusion"], "ready", "{told}");
        // What came of a run is not known to a check.
        if !told.contains("lift") {
            let check = sandbox.run("promptuary check --base main --format short").raw;
            assert!(check.contains(told), "check does not say: {told}\n{check}");
        }
    }
}
