//! Suites that promptfoo lets pass or misreads: each is refused with the place and what to do.

use eval::suite::{Known, load};
use source::{RepoPath, Severity, Snapshot};

/// A test that is sound, for what stands beside it.
const SOUND: &str = "tests: [{ vars: { question: q }, assert: [{ type: contains, value: a }] }]\n";

/// `assert:` of a single test.
fn asserting(assertion: &str) -> String {
    format!("tests:\n  - vars: {{ question: q, n: 3 }}\n    assert:\n      - {assertion}\n")
}

fn errors(suite: &str, data: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut texts = vec![("evals/ask.yaml", suite)];
    texts.extend(data);
    let files = Snapshot::of_texts("the test", texts);
    let loaded = load(&files, &RepoPath::new("evals/ask.yaml").unwrap());
    let errors = loaded.findings.iter().filter(|f| f.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|f| (f.rule.to_owned(), format!("{} ({:?})", f.message, f.help))).collect();
    assert_eq!(loaded.suite.is_none(), !errors.is_empty(), "{suite}\n{errors:?}");
    errors
}

fn refused(suite: &str, rule: &str, data: &[(&str, &str)]) {
    let errors = errors(suite, data);
    assert!(errors.iter().any(|(r, _)| r == rule), "{rule} expected\n{suite}\n{errors:?}");
}

#[test]
fn what_is_sound_is_taken() {
    assert_eq!(errors(SOUND, &[]), []);
    let used = "tests: file://data/q.csv\ngate: { min_pass_rate: 0.5 }\n";
    let csv = "question,__expected,__metadata:kind\nq,\"contains-any: a, b\",x\nr,plain text,y\n";
    assert_eq!(errors(used, &[("evals/data/q.csv", csv)]), []);
}

#[test]
fn assertions_that_could_not_mean_anything() {
    for (assertion, rule) in [
        ("{ type: contians, value: a }", "assertion-unknown"),
        ("{ type: not-containz, value: a }", "assertion-unknown"),
        ("{ type: javascript, value: 'true' }", "assertion-refused"),
        ("{ type: python, value: 'True' }", "assertion-refused"),
        ("{ type: webhook, value: 'http://x' }", "assertion-refused"),
        ("{ type: is-sql }", "assertion-refused"),
        ("{ type: select-best, value: x }", "assertion-refused"),
        ("{ type: trajectory:tool-used, value: x }", "assertion-refused"),
        ("{ type: contains, value: '' }", "assertion-invalid"),
        ("{ type: contains }", "assertion-invalid"),
        ("{ type: contains, value: [a] }", "assertion-invalid"),
        ("{ type: contains, value: a, threshold: 0.5 }", "assertion-invalid"),
        ("{ type: contains-any, value: '\"a' }", "assertion-invalid"),
        ("{ type: contains-any, value: 3 }", "assertion-invalid"),
        ("{ type: starts-with, value: '' }", "assertion-invalid"),
        ("{ type: regex, value: '(' }", "assertion-invalid"),
        ("{ type: regex, value: '(?i)a' }", "assertion-invalid"),
        ("{ type: not-regex, value: '[' }", "assertion-invalid"),
        ("{ type: equals }", "assertion-invalid"),
        ("{ type: is-json, value: { typ: object } }", "assertion-invalid"),
        ("{ type: is-json, value: { type: objekt } }", "assertion-invalid"),
        ("{ type: is-json, value: { properties: { a: { requird: [b] } } } }", "assertion-invalid"),
        ("{ type: word-count, value: {} }", "assertion-invalid"),
        ("{ type: word-count, value: { min: 9, max: 3 } }", "assertion-invalid"),
        ("{ type: word-count, value: { min: 2.2, max: 2.8 } }", "assertion-invalid"),
        ("{ type: word-count, value: { minimum: 3 } }", "assertion-invalid"),
        ("{ type: word-count, value: many }", "assertion-invalid"),
        ("{ type: is-refusal, value: yes }", "assertion-invalid"),
        ("{ type: latency }", "threshold-missing"),
        ("{ type: cost }", "threshold-missing"),
        ("{ type: perplexity }", "threshold-missing"),
        ("{ type: latency, threshold: -1 }", "threshold-vacuous"),
        ("{ type: rouge-n, value: a, threshold: 75 }", "threshold-vacuous"),
        ("{ type: bleu, value: a, threshold: 0 }", "threshold-vacuous"),
        ("{ type: levenshtein, value: a, threshold: -1 }", "threshold-vacuous"),
        ("{ type: word-count, value: -3 }", "threshold-vacuous"),
        ("{ type: word-count, value: { max: -3 } }", "threshold-vacuous"),
        ("{ type: char-count, value: 2.5 }", "threshold-vacuous"),
        ("{ type: latency, threshold: 0 }", "threshold-vacuous"),
        ("{ type: bleu, value: [] }", "assertion-invalid"),
        ("{ type: llm-rubric, value: kind, threshold: 7 }", "threshold-vacuous"),
        ("{ type: llm-rubric, value: kind }", "assertion-invalid"),
        ("{ type: similar, value: kind }", "assertion-invalid"),
        ("{ type: not-factuality, value: a }", "negation-ignored"),
        ("{ type: not-is-valid-openai-tools-call }", "negation-ignored"),
        ("{ type: tool-call-f1, value: [] }", "assertion-invalid"),
        ("{ type: assert-set }", "assertions-missing"),
        ("{ type: assert-set, assert: [] }", "assertions-missing"),
        ("{ type: assert-set, assert: [{ type: assert-set, assert: [{ type: is-json }] }] }", "assertion-invalid"),
        ("{ type: assert-set, threshold: 1.5, assert: [{ type: is-json }] }", "threshold-vacuous"),
        ("{ type: any-of, assert: [] }", "assertions-missing"),
        ("{ type: any-of, assert: [{ type: is-json }, { type: contains, value: a, weight: 0 }] }", "threshold-vacuous"),
        ("{ type: word-count, value: { min: 0 } }", "threshold-vacuous"),
        ("{ type: not-char-count, value: { min: 0 } }", "threshold-vacuous"),
        ("{ type: regex, value: '^' }", "threshold-vacuous"),
        ("{ type: regex, value: '(?:)' }", "threshold-vacuous"),
        ("{ type: regex, value: '.*' }", "threshold-vacuous"),
        ("{ type: not-regex, value: '$' }", "threshold-vacuous"),
        ("{ type: contains, value: '{{ missing }}' }", "variable-undefined"),
        ("{ type: contains, value: '{{ questoin }}' }", "variable-undefined"),
        ("{ type: contains, value: '{{ question | upper }}' }", "template-refused"),
        ("{ type: contains, value: '{% if x %}a{% endif %}' }", "template-refused"),
        ("{ type: contains, value: '{{ question' }", "template-refused"),
        ("{ type: contains, value: a, metric: '{{ nope }}' }", "variable-undefined"),
        ("{ type: contains, value: a, transform: output.trim() }", "key-refused"),
        ("{ type: llm-rubric, value: a, provider: 'openai:gpt-4' }", "key-refused"),
        ("{ type: contains, valeu: a }", "key-unknown"),
        ("{ type: contains, value: file://nope.txt }", "suite-file-missing"),
        ("{ type: equals, value: file://check.js }", "assertion-refused"),
        ("{ type: equals, value: file://../../../etc/passwd }", "suite-file-outside"),
        ("contains", "assertion-invalid"),
        ("{ value: a }", "key-missing"),
    ] {
        refused(&asserting(assertion), rule, &[]);
    }
}

#[test]
fn suites_that_would_test_nothing() {
    for (suite, rule) in [
        ("description: nothing\n", "tests-missing"),
        ("tests: []\n", "tests-missing"),
        ("tests: file://data/nope.csv\n", "suite-file-missing"),
        ("tests: file://data/*.yaml\n", "suite-file-missing"),
        ("tests: https://example.com/t.csv\n", "suite-file-outside"),
        ("tests: file:///etc/passwd\n", "suite-file-outside"),
        ("tests: file://../../x.yaml\n", "suite-file-outside"),
        ("tests: file://gen.py\n", "suite-file-missing"),
        ("tests: [{ vars: { question: q } }]\n", "assertions-missing"),
        ("tests: [{ vars: { question: q }, assert: [] }]\n", "assertions-missing"),
        ("tests: [{ vars: { question: q }, asert: [{ type: is-json }] }]\n", "key-unknown"),
        ("tests: [q]\n", "suite-file-missing"),
        ("test: []\n", "key-unknown"),
        ("tests: 3\n", "value-invalid"),
        (
            "tests: [{ id: a, vars: { question: q }, assert: [{ type: is-json }] }, { id: a, vars: { question: r }, assert: [{ type: is-json }] }]\n",
            "case-id-twin",
        ),
        (
            "tests: [{ vars: { question: q }, assert: [{ type: is-json }] }, { vars: { question: q }, assert: [{ type: is-xml }] }]\n",
            "case-id-twin",
        ),
        ("tests: [{ vars: { question: q }, threshold: 80, assert: [{ type: is-json }] }]\n", "threshold-vacuous"),
        ("tests: [{ vars: { question: q }, provider: openai, assert: [{ type: is-json }] }]\n", "key-refused"),
        ("tests: [{ vars: { question: q }, options: { prefix: x }, assert: [{ type: is-json }] }]\n", "key-refused"),
        (
            "tests: [{ vars: { question: q }, options: { repeat: 2 }, flaky: { min_pass: 3 }, assert: [{ type: is-json }] }]\n",
            "gate-contradictory",
        ),
        ("scenarios: [{ config: [], tests: [{ assert: [{ type: is-json }] }] }]\n", "tests-missing"),
    ] {
        refused(suite, rule, &[]);
    }
    for (more, rule) in [
        ("gate: { min_pass_rate: 80 }\n", "threshold-vacuous"),
        ("gate: { min_pass_rate: 0 }\n", "threshold-vacuous"),
        ("gate: { min_pass_rate: 0.95, bound: wilson }\n", "gate-contradictory"),
        ("gate: { bound: wilson }\n", "gate-contradictory"),
        ("gate: { max_error_rate: 1 }\n", "threshold-vacuous"),
        ("gate: { must_pass: [nobody] }\n", "case-unknown"),
        ("gate: { compare: { baseline: prod } }\n", "value-invalid"),
        ("gate: { compare: { baseline: 'env:prod', alpha: 5 } }\n", "threshold-vacuous"),
        ("gate: { quarantine: [{ id: x, owner: '', until: soon }] }\n", "value-invalid"),
        ("gate: { min_metrics: { m: 2 } }\n", "threshold-vacuous"),
        ("gate: { min_metrics: { m: -1 } }\n", "threshold-vacuous"),
        ("gate: { min_pas_rate: 1 }\n", "key-unknown"),
        ("sample: { n: 3, stratify_by: label }\n", "case-unknown"),
        ("sample: { n: 0 }\n", "value-invalid"),
        ("budget: { max_requests: 0 }\n", "gate-contradictory"),
        ("models: [a/b, a/b]\n", "value-invalid"),
        ("extensions: [file://hook.js]\n", "key-refused"),
        ("env: { OPENAI_API_KEY: x }\n", "key-refused"),
    ] {
        refused(&format!("{SOUND}{more}"), rule, &[]);
    }
}

#[test]
fn data_that_would_be_misread() {
    for (csv, rule) in [
        ("question,__expected\nq,contians: a\n", "cell-invalid"),
        ("question,__expected\nq,\"contains-any(): a, b\"\n", "cell-invalid"),
        ("question,__expected\nq,levenshtein: a\n", "threshold-missing"),
        ("question,__expected\nq,latency\n", "threshold-missing"),
        ("question,__expected\nq,javascript: true\n", "assertion-refused"),
        ("question,__expected\nq,file://check.py\n", "assertion-refused"),
        ("question,_expected\nq,a\n", "cell-invalid"),
        ("question,__expectd\nq,a\n", "cell-invalid"),
        ("question,__expected,__threshold\nq,a,half\n", "cell-invalid"),
        ("question,question,__expected\nq,r,a\n", "cell-invalid"),
        ("question,__expected,__suffix\nq,a,x\n", "cell-invalid"),
        ("question,__expected,providerOutput\nq,a,b\n", "cell-invalid"),
        ("question,__expected,__provider_output\nq,a,b\n", "cell-invalid"),
        ("question,__expected\nq\n", "data-unreadable"),
        ("question,__expected\nq,\n", "assertions-missing"),
        ("question,__expected\n", "tests-missing"),
        ("question,__expected,__config:__expected2:threshold\nq,a,0.5\n", "cell-invalid"),
    ] {
        refused("tests: file://data/q.csv\n", rule, &[("evals/data/q.csv", csv)]);
    }
    for (jsonl, rule) in [
        ("{\"vars\":{\"question\":\"q\"}}\n", "assertions-missing"),
        ("{\"vars\":\n", "data-unreadable"),
        ("[1]\n", "data-unreadable"),
        ("", "tests-missing"),
        ("{\"vars\":{\"question\":\"q\"},\"assert\":[{\"type\":\"contians\",\"value\":\"a\"}]}\n", "assertion-unknown"),
    ] {
        refused("tests: file://data/q.jsonl\n", rule, &[("evals/data/q.jsonl", jsonl)]);
    }
    refused("tests: file://data/q.xlsx\n", "data-unreadable", &[("evals/data/q.xlsx", "x")]);
    refused("tests: file://gen.py\n", "key-refused", &[("evals/gen.py", "x")]);
}

#[test]
fn lists_of_texts_make_a_case_each_and_rows_stay_data() {
    let suite = "tests: [{ id: a, vars: { question: [q, r], n: [1, 2] }, assert: [{ type: is-json }] }]\n";
    let files = Snapshot::of_texts("the test", [("evals/ask.yaml", suite)]);
    let cases = load(&files, &RepoPath::new("evals/ask.yaml").unwrap()).suite.unwrap().cases;
    assert_eq!(cases.iter().map(|c| c.id.clone()).collect::<Vec<_>>(), ["a#1", "a#2"]);
    assert_eq!(cases.at(1).vars.map()["n"], serde_json::json!([1, 2]));
    let row = "{\"vars\":{\"question\":\"{{ env.SECRET }} file://x\"},\"assert\":[{\"type\":\"contains\",\"value\":\"{{ question }}\"}]}\n";
    let texts = [("evals/ask.yaml", "tests: file://data/q.jsonl\n"), ("evals/data/q.jsonl", row)];
    let loaded = load(&Snapshot::of_texts("the test", texts), &RepoPath::new("evals/ask.yaml").unwrap());
    assert_eq!(loaded.suite.unwrap().cases.at(0).vars.map()["question"], "{{ env.SECRET }} file://x");
    assert!(loaded.findings.iter().all(|f| f.rule == "promptfoo-reads-otherwise" && f.severity == Severity::Note));
}

#[test]
fn rows_that_are_refused_are_told_apart() {
    let suite = "tests: file://data/q.csv\n";
    let found = |csv: &str| errors(suite, &[("evals/data/q.csv", csv)]);
    for (csv, named) in
        [("a;__expected\nx;y\n", "`;`"), ("a\t__expected\nx\ty\n", "tabs"), ("a|__expected\nx|y\n", "`|`")]
    {
        let said = format!("the columns are separated by {named}, not by commas");
        let found = found(csv);
        assert!(found.len() == 1 && found[0].1.starts_with(&said) && found[0].1.contains("save the file with commas"));
    }
    // A single column may hold one in its rows.
    assert_eq!(found("__expected\na;b|c\n"), []);
    let twins = found("question,__expected,__id\nq,a,same\nr,b,same\n");
    assert!(twins[0].1.starts_with("two cases have the id `same`") && twins[0].1.contains("under `__id`"), "{twins:?}");
    let alike = found("question,__expected\nq,a\nq,b\n");
    assert!(alike[0].1.contains("give each test a cell of its own under `__id`"), "{alike:?}");
}

#[test]
fn ends_of_lines_move_no_finding() {
    for end in ["\n", "\r\n"] {
        let csv =
            ["question,__expected", "q,contains: a", "", "\"two", "lines\",contains: b", "r,contians: c", ""].join(end);
        let suite = "tests: file://data/q.csv\n";
        let files = Snapshot::of_texts("t", [("evals/ask.yaml", suite), ("evals/data/q.csv", csv.as_str())]);
        let found = load(&files, &RepoPath::new("evals/ask.yaml").unwrap()).findings;
        let lines: Vec<_> =
            found.iter().map(|f| (f.at.start().line, f.at.start().column, f.at.text.slice(f.at.span))).collect();
        assert_eq!(lines, [(6, 1, "r,contians: c")], "{end:?}: {found:?}");
    }
}

#[test]
fn a_blank_answer_in_a_column_of_answers_is_an_answer() {
    let texts = [
        ("evals/ask.yaml", "tests: file://data/q.csv\n"),
        ("evals/data/q.csv", "question,__providerOutput,__expected\na,ok,ok\nb,,ok\n"),
    ];
    let loaded = load(&Snapshot::of_texts("the test", texts), &RepoPath::new("evals/ask.yaml").unwrap());
    let stored: Vec<_> = loaded.suite.unwrap().cases.iter().map(|c| c.stored.clone()).collect();
    assert_eq!(stored.len(), 2);
    assert!(stored.iter().all(Option::is_some), "nobody is asked for the second row: {stored:?}");
    let header = "question,__provider_output,__expected\na,ok,ok\n";
    let texts = [("evals/ask.yaml", "tests: file://data/q.csv\n"), ("evals/data/q.csv", header)];
    let loaded = load(&Snapshot::of_texts("the test", texts), &RepoPath::new("evals/ask.yaml").unwrap());
    assert!(
        loaded.findings.iter().any(|f| f.help.as_deref() == Some("did you mean `__providerOutput`?")),
        "{:?}",
        loaded.findings
    );
}

#[test]
fn a_case_stands_in_quarantine_once() {
    let case = "tests: [{ id: a, vars: { question: q }, assert: [{ type: is-json }] }]\n";
    let held = |until: &str| format!("{{ id: a, owner: ada, until: {until} }}");
    let twice = format!("{case}gate: {{ quarantine: [{}, {}] }}\n", held("2026-12-01"), held("2026-11-01"));
    refused(&twice, "gate-contradictory", &[]);
}

/// What is wrong in the names of a suite, by routes, a policy and the day.
fn misnamed(suite: &str, today: &str) -> Vec<String> {
    let texts = [
        ("evals/ask.yaml", suite),
        ("prompts/routes.yaml", "routes: { fast: openai/gpt-4.1-mini }\n"),
        ("policies/policy.yaml", "format: 1\nenvironments: [{ name: dev }, { name: prod, after: [dev] }]\n"),
        (
            "policies/models.yaml",
            "format: 1\nmodels: [{ model: openai/gpt-4.1-mini, price: { input: 1, output: 2, as_of: 2026-09-01, source: 'https://a.b' } }]\n",
        ),
        (
            "policies/principals.yaml",
            "format: 1\nprincipals:\n  - name: ada\n    keys: [{ ssh: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOxhubioKBoygbmcZ5/+yGGGaQ1+5PEqZUqJ4OqnEuUU }]\n    roles: { maintainer: true }\n",
        ),
    ];
    let files = Snapshot::of_texts("the test", texts);
    let catalog = prompt::Catalog::load(&files);
    let policy = policy::Policy::load(&files);
    assert!(policy.policy.is_some(), "{:?}", policy.findings);
    let known = Known { routes: Some(catalog.routes()), policy: policy.policy.as_ref(), today: Some(today) };
    let suite = load(&files, &RepoPath::new("evals/ask.yaml").unwrap()).suite.unwrap();
    let mut found = suite.misnames(&known);
    found.sort_by_key(|f| f.at.span.start);
    found
        .iter()
        .map(|f| format!("{}:{} {} ({})", f.at.start().line, f.rule, f.message, f.help.as_ref().unwrap()))
        .collect()
}

#[test]
fn names_are_held_against_what_is_known() {
    let sound = "models: [fast, openai/gpt-4.1-mini, echo/echo]\ntests: [{ id: a, vars: { question: q }, assert: [{ type: llm-rubric, value: x }] }]\ngate: { compare: { baseline: env:prod } }\njudge: { model: fast }\n";
    assert_eq!(misnamed(sound, "2026-11-22"), Vec::<String>::new());
    let wrong = sound
        .replace("fast,", "fats,")
        .replace("echo/echo", "opnai/x")
        .replace("prod", "prdo")
        .replace(": fast", ": nosuch");
    assert_eq!(
        misnamed(&wrong, "2026-11-22"),
        [
            "1:route-unknown `fats` is no route of `prompts/routes.yaml` (did you mean `fast`?)",
            "1:model-unknown policy lists no model of the provider `opnai` (write `openai/x` if that was meant)",
            "3:name-unknown there is no environment `prdo` (did you mean `env:prod`?)",
            "4:route-unknown `nosuch` is no route of `prompts/routes.yaml` (add it under `routes` in prompts/routes.yaml, or write provider/model)",
        ]
    );
}

#[test]
fn a_quarantine_of_everything_is_wrong_for_as_long_as_it_lasts() {
    let suite = "tests:\n  - { id: a, vars: { question: q }, assert: [{ type: is-json }] }\n  - { id: b, vars: { question: r }, assert: [{ type: is-json }] }\ngate: { quarantine: [{ id: a, owner: ada, until: 2026-12-01 }, { id: b, owner: ada, until: 2026-11-25 }] }\n";
    let said = misnamed(suite, "2026-11-25");
    assert!(said.len() == 1 && said[0].starts_with("4:gate-contradictory every case is in quarantine"), "{said:?}");
    assert_eq!(misnamed(suite, "2026-11-26"), Vec::<String>::new(), "b counts again");
}

#[test]
fn what_must_pass_contradicts_a_quarantine_only_while_that_holds() {
    let suite = "tests:\n  - { id: a, vars: { question: q }, assert: [{ type: is-json }] }\n  - { id: b, vars: { question: r }, assert: [{ type: is-json }] }\ngate: { must_pass: [a], quarantine: [{ id: a, owner: ada, until: 2026-11-25 }] }\n";
    let said = misnamed(suite, "2026-11-25");
    let told = "4:gate-contradictory the case `a` must pass and is in quarantine (remove it from one of the two)";
    assert_eq!(said, [told]);
    assert_eq!(misnamed(suite, "2026-11-26"), Vec::<String>::new());
}

#[test]
fn baselines_are_spelled_as_versions_and_environments_are() {
    for baseline in ["v:one", "env:Prod", "env:a/b", "v:1.0", "main"] {
        let gate = format!("{SOUND}gate: {{ compare: {{ baseline: '{baseline}' }} }}\n");
        refused(&gate, "value-invalid", &[]);
    }
    for baseline in ["v:1.0.0", "v:2.0.0-rc.1", "env:prod", "rev:HEAD~3", "merge-base"] {
        assert_eq!(errors(&format!("{SOUND}gate: {{ compare: {{ baseline: '{baseline}' }} }}\n"), &[]), []);
    }
}
