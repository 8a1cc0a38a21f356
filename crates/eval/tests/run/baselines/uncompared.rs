//! Where there is nothing to compare with, or what is there is not comparable.

use eval::gate::{Baseline, Conclusion, Demands, Standing, judge};
use eval::run::Part;
use eval::suite::Compare;
use source::Snapshot;

use super::{PROMPT, compared, files, judged, opened, part, suite, texts};

#[test]
fn no_compare_is_told_and_does_not_fail() {
    let bare = opened(&files(PROMPT, &suite(6, "gate: { compare: { baseline: merge-base } }\n")));
    let opened = opened(&files(PROMPT, &suite(6, "gate: { min_pass_rate: 1, compare: { baseline: merge-base } }\n")));
    let Part { results, .. } = part(&files(PROMPT, &suite(6, "")), &opened, None);
    let strict = Demands { fail_inconclusive: true, ..Demands::default() };
    let declined = Baseline::without(Compare::new("merge-base"), Standing::Declined, "--no-compare");
    let verdict = judge(opened.suite.as_ref().unwrap(), &results, Some(&declined), &strict);
    assert_eq!(verdict.conclusion, Conclusion::Pass, "{}", texts(&verdict));
    assert!(texts(&verdict).contains("not compared with merge-base: --no-compare"));
    let verdict = judged(&bare, &results, Some(&declined));
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "a gate that held nothing does not hold");
    let verdict = judge(opened.suite.as_ref().unwrap(), &results, None, &strict);
    assert_eq!(verdict.conclusion, Conclusion::Fail, "a baseline that is not there says nothing");
}

#[test]
fn where_nothing_was_compared_a_rate_has_to_hold() {
    let nothing = Snapshot::of_texts("the test", [("prompts/other.md", PROMPT)]);
    let gate = "gate: { compare: { baseline: 'rev:then' } }\n";
    let (_, verdict) = compared(&nothing, &files(PROMPT, &suite(6, gate)));
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "{}", texts(&verdict));
    assert!(texts(&verdict).contains("`gate.min_pass_rate` would hold in its place"), "{}", texts(&verdict));
    let (baseline, verdict) = compared(&files(PROMPT, &suite(6, gate)), &files(PROMPT, &suite(6, gate)));
    assert_eq!((baseline.standing, verdict.conclusion), (Standing::Absent, Conclusion::Inconclusive), "it is itself");
    let (baseline, verdict) = compared(&files(PROMPT, &suite(7, gate)), &files(PROMPT, &suite(6, gate)));
    assert_eq!((baseline.standing, verdict.conclusion), (Standing::Same, Conclusion::Pass), "{}", texts(&verdict));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let gate = "gate: { min_pass_rate: 0.5 }\n";
    let (_, verdict) =
        compared(&files(&PROMPT.replace("echo/echo", "echo/other"), &suite(6, gate)), &files(PROMPT, &suite(6, gate)));
    assert!(texts(&verdict).contains("echo/echo answers here, echo/other there"), "{}", texts(&verdict));
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive);
    let warmer = PROMPT.replace("inputs:", "parameters: { temperature: 1 }\ninputs:");
    let (_, verdict) = compared(&files(&warmer, &suite(6, gate)), &files(PROMPT, &suite(6, gate)));
    assert!(texts(&verdict).contains("the parameters of the prompt differ"), "{}", texts(&verdict));
    let (baseline, verdict) = compared(&files(PROMPT, &suite(6, gate)), &files(PROMPT, &suite(7, gate)));
    assert_eq!((baseline.standing, verdict.conclusion), (Standing::Same, Conclusion::Pass), "{}", texts(&verdict));
    let nothing = Snapshot::of_texts("the test", [("prompts/other.md", PROMPT)]);
    let (baseline, verdict) = compared(&nothing, &files(PROMPT, &suite(6, gate)));
    assert_eq!((baseline.standing, verdict.conclusion), (Standing::Absent, Conclusion::Pass), "{}", texts(&verdict));
}

#[test]
fn a_new_suite_is_asked_of_the_old_prompt_too() {
    let old = Snapshot::of_texts("the test", [("prompts/ask.md", PROMPT.replace("kind", "curt").as_str())]);
    let (baseline, verdict) = compared(&old, &files(PROMPT, &suite(9, "gate: { min_pass_rate: 0.5 }\n")));
    assert_eq!((baseline.standing, verdict.comparisons[0].pairs), (Standing::Ran, 9));
    assert_eq!(verdict.comparisons[0].newly_passing.len(), 9);
}
