//! Suites and datasets: every fault a finding with a place, and what is read is whole.
//!
//! The text is a suite and a data file, which stands under the name of every format, parted by a line `%%%%`.

#![no_main]

use eval::suite;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let [suite, data] = fuzz::parts(text);
    let snapshot = fuzz::snapshot([
        ("evals/a.yaml", suite),
        ("evals/data.yaml", data),
        ("evals/data.json", data),
        ("evals/data.jsonl", data),
        ("evals/data.csv", data),
        ("evals/data.txt", data),
    ]);
    let path = source::RepoPath::new("evals/a.yaml").expect("a path");
    let loaded = suite::load(&snapshot, &path);
    fuzz::hold(&loaded.findings);
    let fails = loaded.fails();
    let Some(suite) = loaded.suite else {
        assert!(fails, "no suite, and no reason");
        return;
    };
    assert!(!fails, "a suite in spite of errors");
    assert!(!suite.cases.is_empty());
    let mut ids: Vec<String> = suite.cases.iter().map(|case| case.id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), suite.cases.len(), "two cases of one id");
    assert!(suite.cases.iter().all(|case| !case.asserts.is_empty()), "a case that could only pass");
    let sampled = suite.sampled(suite.sample.as_ref());
    assert!(sampled.iter().all(|at| *at < suite.cases.len()) && sampled.is_sorted());
    let again = eval::suite::load(&snapshot, &path).suite.expect("read once, read twice");
    assert_eq!(again.dataset, suite.dataset);
});
