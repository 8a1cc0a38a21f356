//! Where the other side comes from: an old name, the parts of a run, what was recorded there.

use eval::Keys;
use eval::gate::Conclusion;
use eval::run::{Mode, Part, Shard, merge};
use eval::session;
use eval::suite::Compare;
use source::Snapshot;

use super::{PROMPT, files, judged, kind_if, opened, part, plan, ran, suite, texts};

#[test]
fn a_prompt_is_followed_to_its_old_name() {
    let gate = "gate: { compare: { baseline: 'rev:then' } }\n";
    let text = suite(20, gate);
    let then = Snapshot::of_texts("the test", [("prompts/old/ask.md", PROMPT), ("evals/old/ask.yaml", text.as_str())]);
    let opened = opened(&files(&PROMPT.replace("Be kind", "Be curt"), &text));
    let plan = plan(&opened, None);
    let gone = |id: &source::PromptId| id.as_str() == "old/ask";
    let found = session::renamed_from(&then, plan.suite, gone).unwrap();
    assert_eq!(found.unwrap().as_str(), "old/ask", "known by its cases");
    assert!(session::renamed_from(&then, plan.suite, |_| false).unwrap().is_none());
    let (compare, was) = (Compare::new("rev:then"), "old/ask".parse().unwrap());
    let other = session::against(&opened, &plan, (&then, &Keys::default()), compare, None, None, Some(&was)).unwrap();
    let results = ran(&plan).results;
    let there = other.plan(&plan, Some(&results)).unwrap().map(|plan| ran(&plan).results);
    let verdict = judged(&opened, &results, Some(&other.ran(there)));
    let said = texts(&verdict);
    assert!(said.contains("ask is old/ask in rev:then: what was renamed is compared as one prompt"), "{said}");
    assert_eq!((verdict.conclusion, verdict.comparisons[0].pairs), (Conclusion::Fail, 20), "{said}");
}

#[test]
fn parts_with_their_baselines_merge_to_what_one_run_says() {
    let unkind = kind_if("'1' in question");
    let then = files(PROMPT, &suite(40, "  - { id: gone, vars: { question: gone } }\ngate: { min_pass_rate: 0.1 }\n"));
    let opened = opened(&files(&unkind, &suite(40, "gate: { min_pass_rate: 0.1 }\n")));
    let whole = part(&then, &opened, None);
    let parts: Vec<Part> = (1..=7).map(|index| part(&then, &opened, Some(Shard { index, count: 7 }))).collect();
    let (suite, compiled) = (opened.suite.as_ref().unwrap(), opened.compiled.as_ref().unwrap());
    assert_eq!(merge(suite, compiled, &parts).unwrap(), whole);
    let verdict = |p: &Part| judged(&opened, &p.results, p.baseline.as_ref());
    assert_eq!(verdict(&merge(suite, compiled, &parts).unwrap()), verdict(&whole));
    assert_eq!(verdict(&parts[0]).conclusion, Conclusion::Pass, "a part is not judged");
    let error = |parts: &[Part]| merge(suite, compiled, parts).unwrap_err().to_string();
    let mut cut = parts.clone();
    let results = cut[3].baseline.as_mut().unwrap().results.as_mut().unwrap();
    results.outcomes = results.outcomes.iter().skip(1).map(|o| (*o).clone()).collect();
    assert!(error(&cut).contains("of rev:then is missing"), "{}", error(&cut));
    assert_eq!(error(&parts[1..]), "merge ask: part 1 of 7 is missing");
    assert_eq!(error(&[whole.clone(), whole.clone()]), "merge ask: the whole run is given twice");
    assert_eq!(error(&[whole, parts[0].clone()]), "merge ask: a whole run beside parts is given twice");
}

#[test]
fn what_was_recorded_at_the_baseline_stands_whatever_the_change_says_of_it() {
    let recorded = |files: &Snapshot| {
        let opened = opened(files);
        ran(&opened.plan(&prompt::Routes::default(), None, Mode::Record, &[]).unwrap()).recorded.to_text()
    };
    let curt = PROMPT.replace("Be kind", "Be curt");
    let text = suite(20, "gate: { compare: { baseline: merge-base } }\n");
    let before = recorded(&files(PROMPT, &text));
    let forged = before.replace("Be kind", "Be rude") + &recorded(&files(&curt, &text));
    let at = |prompt: &str, answers: &str| {
        let texts = [("prompts/ask.md", prompt), ("evals/ask.yaml", &text), ("evals/recordings/ask.jsonl", answers)];
        Snapshot::of_texts("the test", texts)
    };
    let (then, now) = (at(PROMPT, &before), opened(&at(&curt, &forged)));
    let plan = now.plan(&prompt::Routes::default(), None, Mode::Replay, &[]).unwrap();
    let results = ran(&plan).results;
    let compare = Compare::new("merge-base");
    let other = session::against(&now, &plan, (&then, &Keys::default()), compare, None, None, None).unwrap();
    let there = other.plan(&plan, Some(&results)).unwrap().map(|plan| ran(&plan).results);
    let verdict = judged(&now, &results, Some(&other.ran(there)));
    assert_eq!(verdict.comparisons[0].newly_failing.len(), 20, "{}", texts(&verdict));
    assert_eq!(verdict.conclusion, Conclusion::Fail);
}
