//! Where the other side comes from: an old name, the parts of a run, what was recorded there.

use eval::Keys;
use eval::gate::{Conclusion, Demands, Verdict, judge};
use eval::run::{Ended, Mode, Outcome, Part, Results, Shard, Status, merge};
use eval::session::{self, Opened};
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
    assert_eq!(error(&[whole, parts[0].clone()]), "merge ask: a whole run is given beside parts");
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

#[test]
fn a_baseline_that_was_cut_off_ends_the_run_as_its_own_end_would() {
    let text = suite(3, "gate: { compare: { baseline: merge-base } }\nbudget: { max_requests: 4 }\n");
    let opened = opened(&files(&PROMPT.replace("Be kind", "Be curt"), &text));
    let Part { results, mut baseline } = part(&files(PROMPT, &text), &opened, None);
    assert_eq!(results.ended, Ended::Complete);
    let verdict = judged(&opened, &results, baseline.as_ref());
    assert_eq!(verdict.conclusion, Conclusion::BudgetSpent, "{}", texts(&verdict));
    assert!(texts(&verdict).contains("the budget is spent with 2 answers of rev:then to go"), "{}", texts(&verdict));
    baseline.as_mut().unwrap().results.as_mut().unwrap().ended = Ended::Interrupted;
    let verdict = judged(&opened, &results, baseline.as_ref());
    assert_eq!(verdict.conclusion.exit_code(false), 130, "{}", texts(&verdict));
    assert!(verdict.comparisons.is_empty());
    let Part { results, mut baseline } = part(&files(PROMPT, &text), &opened, Some(Shard { index: 1, count: 2 }));
    baseline.as_mut().unwrap().results.as_mut().unwrap().ended = Ended::Interrupted;
    let verdict = judged(&opened, &results, baseline.as_ref());
    assert_eq!(verdict.conclusion, Conclusion::Interrupted, "of a part too: {}", texts(&verdict));
}

/// What it comes to on 2026-11-22 where `edit` changed each answer of the baseline.
fn with_answers(then: &str, opened: &Opened, edit: impl Fn(&mut Outcome)) -> Verdict {
    let Part { results, mut baseline } = part(&files(PROMPT, then), opened, None);
    let before: &mut Results = baseline.as_mut().unwrap().results.as_mut().unwrap();
    let edited = |o: eval::Item<'_, Outcome>| {
        let mut outcome = (*o).clone();
        edit(&mut outcome);
        outcome
    };
    before.outcomes = before.outcomes.iter().map(edited).collect();
    let demands = Demands { today: Some("2026-11-22".to_owned()), ..Demands::default() };
    judge(opened.suite.as_ref().unwrap(), &results, baseline.as_ref(), &demands)
}

#[test]
fn a_case_that_went_away_is_judged_as_its_own_suite_judges_it() {
    let gate = "gate: { min_pass_rate: 0.1 }\n";
    let gone = "  - { id: gone, vars: { question: gone }, options: { repeat: 3 }, flaky: { min_pass: 2 } }\n";
    let opened = opened(&files(&PROMPT.replace("Be kind", "Be very kind"), &suite(6, gate)));
    let but = |passed: u32| {
        with_answers(&suite(6, &format!("{gone}{gate}")), &opened, |o| {
            if o.case == "gone" && o.sample >= passed {
                o.status = Status::Failed;
            }
        })
    };
    assert_eq!(but(2).conclusion, Conclusion::Pass, "{}", texts(&but(2)));
    assert!(texts(&but(1)).contains("the case gone, which fails in rev:then, was removed"), "{}", texts(&but(1)));
    assert!(texts(&but(0)).contains("the case gone, which fails in rev:then, was removed"), "{}", texts(&but(0)));
}

#[test]
fn flaky_hides_no_fall() {
    let gate = "gate: { min_pass_rate: 0.1 }\n";
    let flaky = |suite: String| suite.replace("{ id: q", "{ options: { repeat: 3 }, flaky: { min_pass: 2 }, id: q");
    let opened = opened(&files(&PROMPT.replace("Be kind", "Be very kind"), &flaky(suite(6, gate))));
    let verdict = with_answers(&flaky(suite(6, gate)), &opened, |o| {
        if o.sample == 0 {
            o.status = Status::Failed;
        }
    });
    // Two of three there, three of three here: by `flaky` both pass.
    assert!(texts(&verdict).contains("+33.3 points against rev:then over 6 pairs"), "{}", texts(&verdict));
}

#[test]
fn an_answer_to_a_case_in_quarantine_may_be_missing_on_either_side() {
    let held = "quarantine: [{ id: q01, owner: ada, until: 2026-12-01 }]";
    let text = suite(6, &format!("gate: {{ min_pass_rate: 0.5, {held} }}\n"));
    let opened = opened(&files(&PROMPT.replace("Be kind", "Be very kind"), &text));
    let without = |id: &str| {
        with_answers(&text, &opened, |o| {
            if o.case == id {
                o.status = Status::Missing;
            }
        })
    };
    assert_eq!(without("q01").conclusion, Conclusion::Pass, "{}", texts(&without("q01")));
    assert_eq!(without("q02").conclusion, Conclusion::RecordingMissing, "{}", texts(&without("q02")));
}

#[test]
fn prompts_without_inputs_are_not_alike_for_having_none() {
    let at = |id: &str, words: &str| {
        let prompt = format!(
            "---\nversion: 1.0.0\ndescription: Say something.\nowner: team\nrisk: low\nmodel: echo/echo\n---\n{words}\n"
        );
        let suite = format!("tests:\n  - {{ id: it, assert: [{{ type: contains, value: {words} }}] }}\n");
        let (prompts, evals) = (format!("prompts/{id}.md"), format!("evals/{id}.yaml"));
        Snapshot::of_texts("the test", [(prompts.as_str(), prompt.as_str()), (evals.as_str(), suite.as_str())])
    };
    let opened = opened(&at("ask", "sonnet"));
    let found = session::renamed_from(&at("hello", "hello"), opened.suite.as_ref().unwrap(), |_| true).unwrap();
    assert_eq!(found, None);
}
