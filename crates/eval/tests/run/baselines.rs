//! Comparing with a baseline: what is run there, what is paired, what cannot be, and what taking cases away costs.

use std::sync::atomic::AtomicBool;

use eval::Keys;
use eval::gate::{Baseline, Conclusion, Demands, Found, Standing, Verdict, across, judge};
use eval::provider::{Environment, Providers};
use eval::run::{Mode, Part, Plan, Shard, merge, run};
use eval::session::{self, Opened};
use eval::suite::Compare;
use source::{RepoPath, Risk, Snapshot};

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

/// One part of a run of `now`, with its baseline of `then`.
fn part(then: &Snapshot, opened: &Opened, shard: Option<Shard>) -> Part {
    let nobody = Providers::new([], Environment::empty());
    let go = |plan: &Plan<'_>| run(plan, &nobody, &mut |_| {}, &AtomicBool::new(false)).unwrap().results;
    let plan = plan(opened, shard);
    let results = go(&plan);
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
    let there = other.plan(&plan, Some(&results)).unwrap().map(|plan| go(&plan));
    Part { results, baseline: Some(other.ran(there)) }
}

fn compared(then: &Snapshot, now: &Snapshot) -> (Baseline, Verdict) {
    let opened = opened(now);
    let Part { results, baseline } = part(then, &opened, None);
    let verdict = judge(opened.suite.as_ref().unwrap(), &results, baseline.as_ref(), &Demands::default());
    (baseline.unwrap(), verdict)
}

fn texts(verdict: &Verdict) -> String {
    verdict.checks.iter().map(|c| format!("{} {}: {}\n", c.name, c.conclusion.as_str(), c.text)).collect()
}

#[test]
fn a_prompt_that_got_worse_fails_and_says_where() {
    let unkind =
        PROMPT.replace("Be kind: {{ question }}", "{% if '1' in question %}Be kind: {% endif %}{{ question }}");
    let gate = "gate: { min_pass_rate: 0.1, compare: { baseline: merge-base } }\n";
    let (_, verdict) = compared(&files(PROMPT, &suite(20, gate)), &files(&unkind, &suite(20, gate)));
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{}", texts(&verdict));
    let comparison = &verdict.comparisons[0];
    assert_eq!((comparison.finding, comparison.pairs), (Found::Fall, 20));
    assert_eq!(comparison.newly_failing.len(), 9);
    assert_eq!(comparison.commit.as_deref(), Some("c0ffee"));
}

#[test]
fn too_few_cases_are_inconclusive_and_say_what_would_have_been_seen() {
    let unkind =
        PROMPT.replace("Be kind: {{ question }}", "{% if '3' not in question %}Be kind: {% endif %}{{ question }}");
    let gate = "gate: { min_pass_rate: 0.5 }\n";
    let (_, verdict) = compared(&files(PROMPT, &suite(6, gate)), &files(&unkind, &suite(6, gate)));
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "{}", texts(&verdict));
    assert_eq!((verdict.conclusion.exit_code(false), verdict.conclusion.exit_code(true)), (0, 3));
    assert!(
        texts(&verdict).contains("too few cases to tell; a fall of 86 points would be seen in 4 of 5 runs"),
        "{}",
        texts(&verdict)
    );
    let opened = opened(&files(&unkind, &suite(6, gate)));
    let Part { results, baseline } = part(&files(PROMPT, &suite(6, gate)), &opened, None);
    let strict = Demands { fail_inconclusive: true, ..Demands::default() };
    let verdict = judge(opened.suite.as_ref().unwrap(), &results, baseline.as_ref(), &strict);
    assert_eq!(verdict.conclusion, Conclusion::Fail, "policy may say that what cannot be told fails");
    let failing: Vec<_> = verdict.checks.iter().filter(|c| c.conclusion == Conclusion::Fail).collect();
    assert_eq!(failing.len(), 1, "{}", texts(&verdict));
    assert!(failing[0].text.contains("`on_inconclusive`"), "{}", failing[0].text);
    let demands = |risk| session::demands(None, &"ask".parse().unwrap(), risk, None);
    assert!(demands(Risk::High).fail_inconclusive && !demands(Risk::Medium).fail_inconclusive);
}

#[test]
fn nothing_that_turned_is_no_certainty() {
    let kinder = PROMPT.replace("Be kind", "Be very kind");
    let gate = "gate: { min_pass_rate: 0.5 }\n";
    let (_, verdict) = compared(&files(PROMPT, &suite(40, gate)), &files(&kinder, &suite(40, gate)));
    assert_eq!(verdict.conclusion, Conclusion::Pass);
    let said = texts(&verdict);
    assert!(
        said.contains("+0.0 points against rev:then over 40 pairs (95 % -8.8 to +8.8, p 1.000): nothing turned"),
        "{said}"
    );
    assert!(verdict.comparisons[0].detectable > 0.15, "five of forty must turn for anyone to see it");
}

#[test]
fn a_fall_that_does_not_matter_is_told_as_one() {
    let unkind = PROMPT.replace(
        "Be kind: {{ question }}",
        "{% if '11' not in question and '22' not in question %}Be kind: {% endif %}{{ question }}",
    );
    let gate = "gate: { min_pass_rate: 0.5 }\n";
    let cases = suite(1000, gate);
    let (_, verdict) = compared(&files(PROMPT, &cases), &files(&unkind, &cases));
    let comparison = &verdict.comparisons[0];
    assert_eq!((comparison.finding, comparison.newly_failing.len()), (Found::Fall, 38));
    let mut small = comparison.clone();
    small.min_effect = 0.06;
    small.finding = Found::NoFall;
    assert_eq!(small.in_words(), "it fell, by less than the 6 points that matter");
    small.adjusted_p = 0.3;
    assert_eq!(small.in_words(), "a fall of more than the 6 points that matter is ruled out");
}

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
    let verdict = judge(bare.suite.as_ref().unwrap(), &results, Some(&declined), &Demands::default());
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "a gate that held nothing does not hold");
    let verdict = judge(opened.suite.as_ref().unwrap(), &results, None, &strict);
    assert_eq!(verdict.conclusion, Conclusion::Fail, "a baseline that is not there says nothing");
}

#[test]
fn cases_that_differ_are_listed_and_taking_a_failing_one_away_is_noticed() {
    let old = suite(
        8,
        "  - { id: hard, vars: { question: hard }, assert: [{ type: contains, value: impossible }] }\n  - { id: must, vars: { question: must } }\ngate: { min_pass_rate: 0.5, must_pass: [must] }\n",
    );
    let new = "defaultTest:\n  assert: [{ type: icontains, value: kind }]\ntests:\n";
    let mut new = new.to_owned();
    for i in 1..9 {
        let question = if i == 2 { "another".to_owned() } else { format!("number {i}") };
        new.push_str(&format!("  - {{ id: q{i:02}, vars: {{ question: '{question}' }} }}\n"));
    }
    new.push_str("gate: { min_pass_rate: 0.5 }\n");
    let kinder = PROMPT.replace("Be kind", "Be very kind");
    let (baseline, verdict) = compared(&files(PROMPT, &old), &files(&kinder, &new));
    assert_eq!(baseline.added, ["q08"]);
    assert_eq!(baseline.changed, ["q02"]);
    assert_eq!(baseline.regraded.len(), 6, "answers of the baseline are graded by the assertions of today");
    assert_eq!(baseline.removed.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["hard", "must", "q00"]);
    assert_eq!(verdict.comparisons[0].pairs, 6);
    let said = texts(&verdict);
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{said}");
    assert!(said.contains("the case hard, which fails in rev:then, was removed"), "{said}");
    assert!(said.contains("the case must, which had to pass in rev:then, was removed"), "{said}");
    assert!(!said.contains("q00"), "a case that passed may go");
    let agreed =
        new.replace("gate: {", "gate: { retired: [{ id: hard, reason: nobody asks }, { id: must, reason: gone }],");
    let (_, verdict) = compared(&files(PROMPT, &old), &files(&kinder, &agreed));
    assert_eq!(verdict.conclusion, Conclusion::Pass, "{}", texts(&verdict));
}

/// What a change of the suite by `edit` comes to beside a prompt that got worse for nine of twenty questions.
fn edited(edit: &dyn Fn(&str) -> String) -> (Baseline, Verdict) {
    let unkind =
        PROMPT.replace("Be kind: {{ question }}", "{% if '1' in question %}Be kind: {% endif %}{{ question }}");
    let old = suite(20, "gate: { compare: { baseline: merge-base, min_effect: 0.02 } }\n");
    compared(&files(PROMPT, &old), &files(&unkind, &edit(&old)))
}

#[test]
fn no_edit_of_the_cases_hides_a_fall() {
    let (baseline, verdict) = edited(&|suite| suite.replace("id: q", "id: r"));
    assert_eq!((baseline.renamed.len(), baseline.renamed[0].was.as_str()), (20, "q00"));
    assert!(baseline.added.is_empty() && baseline.removed.is_empty());
    assert_eq!((verdict.conclusion, verdict.comparisons[0].pairs), (Conclusion::Fail, 20), "{}", texts(&verdict));
    assert_eq!(verdict.comparisons[0].renamed[0], "r00 (was q00)");

    let (baseline, verdict) = edited(&|suite| suite.replace("{ id: q", "{ cluster: all, id: q"));
    assert_eq!(baseline.reclustered.len(), 20);
    assert_eq!((verdict.conclusion, verdict.comparisons[0].units), (Conclusion::Fail, 20), "{}", texts(&verdict));

    let (baseline, verdict) = edited(&|suite| suite.replace("number", "another"));
    assert_eq!((baseline.standing, baseline.changed.len()), (Standing::Unpaired, 20));
    let said = texts(&verdict);
    assert!(said.contains("(with other variables q00, q01, q02 and 17 more): leave some as they are there"), "{said}");
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{said}");

    let (baseline, verdict) = edited(&|suite| suite.replace("{ id: q", "{ providerOutput: kind, id: q"));
    assert_eq!((baseline.standing, baseline.changed.len()), (Standing::Unpaired, 20), "an answer is put in, too");
    assert_eq!(verdict.conclusion, Conclusion::Fail);
    let some = |suite: &str| suite.replace("{ id: q0", "{ providerOutput: kind, id: q0");
    let (baseline, verdict) = edited(&some);
    assert_eq!((baseline.changed.len(), verdict.comparisons[0].pairs), (10, 10));

    let other = |suite: &str| suite.replace("id: q", "id: r").replace("number", "another");
    let (_, verdict) = edited(&other);
    assert!(texts(&verdict).contains("(only here r00, r01, r02 and 17 more; only there q00,"), "{}", texts(&verdict));
    assert_eq!(verdict.conclusion, Conclusion::Fail);
    let retired: Vec<String> = (0..20).map(|i| format!("{{ id: q{i:02}, reason: rewritten }}")).collect();
    let (_, verdict) =
        edited(&|suite| other(suite).replace("gate: {", &format!("gate: {{ retired: [{}],", retired.join(", "))));
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "{}", texts(&verdict));

    let must = |suite: &str| suite.replace("gate: {", "gate: { must_pass: [q01],");
    let old = must(&suite(9, "gate: { min_pass_rate: 0.1 }\n"));
    let new = suite(9, "gate: { min_pass_rate: 0.1 }\n").replace("id: q01", "id: r01");
    let (_, verdict) = compared(&files(PROMPT, &old), &files(&PROMPT.replace("Be kind", "Be very kind"), &new));
    assert!(
        texts(&verdict).contains("the case q01, which had to pass in rev:then, was removed"),
        "{}",
        texts(&verdict)
    );
}

#[test]
fn a_prompt_that_takes_other_inputs_may_change_every_case() {
    let more = PROMPT.replace("  question: { type", "  name: { type: string }\n  question: { type");
    let (then, now) = (suite(9, ""), suite(9, "").replace("question: '", "name: Bo, question: '"));
    let more = more.replace("Be kind:", "Be kind, {{ name }}:");
    let (baseline, verdict) = compared(&files(PROMPT, &then), &files(&more, &now));
    assert_eq!((baseline.standing, verdict.conclusion), (Standing::Refused, Conclusion::Inconclusive));
    assert!(texts(&verdict).contains("the prompt takes other inputs than there"), "{}", texts(&verdict));
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
fn a_prompt_is_followed_to_its_old_name() {
    let gate = "gate: { compare: { baseline: 'rev:then' } }\n";
    let text = suite(20, gate);
    let then = Snapshot::of_texts("the test", [("prompts/old/ask.md", PROMPT), ("evals/old/ask.yaml", text.as_str())]);
    let opened = opened(&files(&PROMPT.replace("Be kind", "Be curt"), &text));
    let nobody = Providers::new([], Environment::empty());
    let go = |plan: &Plan<'_>| run(plan, &nobody, &mut |_| {}, &AtomicBool::new(false)).unwrap().results;
    let plan = plan(&opened, None);
    let gone = |id: &source::PromptId| id.as_str() == "old/ask";
    let found = session::renamed_from(&then, plan.suite, gone).unwrap();
    assert_eq!(found.unwrap().as_str(), "old/ask", "known by its cases");
    assert!(session::renamed_from(&then, plan.suite, |_| false).unwrap().is_none());
    let (compare, was) = (Compare::new("rev:then"), "old/ask".parse().unwrap());
    let other = session::against(&opened, &plan, (&then, &Keys::default()), compare, None, None, Some(&was)).unwrap();
    let results = go(&plan);
    let there = other.plan(&plan, Some(&results)).unwrap().map(|plan| go(&plan));
    let verdict = judge(opened.suite.as_ref().unwrap(), &results, Some(&other.ran(there)), &Demands::default());
    let said = texts(&verdict);
    assert!(said.contains("ask is old/ask in rev:then: what was renamed is compared as one prompt"), "{said}");
    assert_eq!((verdict.conclusion, verdict.comparisons[0].pairs), (Conclusion::Fail, 20), "{said}");
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

#[test]
fn parts_with_their_baselines_merge_to_what_one_run_says() {
    let unkind =
        PROMPT.replace("Be kind: {{ question }}", "{% if '1' in question %}Be kind: {% endif %}{{ question }}");
    let then = files(PROMPT, &suite(40, "  - { id: gone, vars: { question: gone } }\ngate: { min_pass_rate: 0.1 }\n"));
    let opened = opened(&files(&unkind, &suite(40, "gate: { min_pass_rate: 0.1 }\n")));
    let whole = part(&then, &opened, None);
    let parts: Vec<Part> = (1..=7).map(|index| part(&then, &opened, Some(Shard { index, count: 7 }))).collect();
    let (suite, compiled) = (opened.suite.as_ref().unwrap(), opened.compiled.as_ref().unwrap());
    assert_eq!(merge(suite, compiled, &parts).unwrap(), whole);
    let verdict = |p: &Part| judge(suite, &p.results, p.baseline.as_ref(), &Demands::default());
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
    let nobody = Providers::new([], Environment::empty());
    let go = |plan: &Plan<'_>| run(plan, &nobody, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let recorded = |files: &Snapshot| {
        let opened = opened(files);
        go(&opened.plan(&prompt::Routes::default(), None, Mode::Record, &[]).unwrap()).recorded.to_text()
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
    let results = go(&plan).results;
    let compare = Compare::new("merge-base");
    let other = session::against(&now, &plan, (&then, &Keys::default()), compare, None, None, None).unwrap();
    let there = other.plan(&plan, Some(&results)).unwrap().map(|plan| go(&plan).results);
    let verdict = judge(now.suite.as_ref().unwrap(), &results, Some(&other.ran(there)), &Demands::default());
    assert_eq!(verdict.comparisons[0].newly_failing.len(), 20, "{}", texts(&verdict));
    assert_eq!(verdict.conclusion, Conclusion::Fail);
}

#[test]
fn several_suites_share_one_rate_of_false_alarms() {
    let unkind = PROMPT.replace(
        "Be kind: {{ question }}",
        "{% if '1' not in question or '10' in question %}Be kind: {% endif %}{{ question }}",
    );
    let gate = "gate: { min_pass_rate: 0.1 }\n";
    let (_, mut first) = compared(&files(PROMPT, &suite(14, gate)), &files(&unkind, &suite(14, gate)));
    assert_eq!(first.conclusion, Conclusion::Fail, "{}", texts(&first));
    let mut second = first.clone();
    let mut third = first.clone();
    assert!(first.comparisons[0].p < 0.05 && first.comparisons[0].p > 0.05 / 3.0);
    across(&mut [&mut first, &mut second, &mut third]);
    assert_eq!(first.conclusion, Conclusion::Inconclusive, "{}", texts(&first));
    let said = texts(&first);
    assert!(said.contains("by Holm") && !said.contains("too few cases"), "{said}");
    assert!(
        said.contains("by itself it would have fallen, but 3 comparisons share one rate of false alarms"),
        "{said}"
    );
    assert!(said.contains("it had to reach p 0.0167; a fall of") && said.contains("(power 80 %, p 0.0167)"), "{said}");
    assert!(first.comparisons[0].detectable > -(first.comparisons[0].now - first.comparisons[0].before), "{said}");

    let (_, mut fell) = compared(&files(PROMPT, &suite(14, gate)), &files(&unkind, &suite(14, gate)));
    let (_, still) = compared(&files(PROMPT, &suite(6, gate)), &files(&PROMPT.replace("Be", "Do be"), &suite(6, gate)));
    let mut padding = vec![still; 99];
    let mut all: Vec<&mut Verdict> = padding.iter_mut().collect();
    all.push(&mut fell);
    across(&mut all);
    assert_eq!(fell.conclusion, Conclusion::Fail, "suites in which nothing turned share nothing: {}", texts(&fell));
}

#[test]
fn what_newly_fails_is_listed_first() {
    let mut text = "tests:\n".to_owned();
    for i in 0..30 {
        let wanted = if i < 29 { "never" } else { "kind" };
        text += &format!(
            "  - {{ id: q{i:02}, vars: {{ question: 'number {i}' }}, assert: [{{ type: contains, value: {wanted} }}] }}\n"
        );
    }
    let (then, now) = (files(PROMPT, &text), files(&PROMPT.replace("Be kind", "Be curt"), &text));
    let opened = opened(&now);
    let Part { results, baseline } = part(&then, &opened, None);
    let suite = opened.suite.as_ref();
    let verdict = judge(suite.unwrap(), &results, baseline.as_ref(), &Demands::default());
    let reported = eval::report::Reported { results: &results, verdict: &verdict, baseline: baseline.as_ref(), suite };
    let table = eval::report::table(&[reported], false);
    let first = table.lines().find(|line| line.starts_with("  failed")).unwrap();
    assert!(first.starts_with("  failed   q29: ") && table.contains("… and 10 more"), "{table}");
}
