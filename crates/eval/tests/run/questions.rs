//! A question counts once, however many cases ask it, and whatever else stands in them.

use eval::gate::{Demands, Verdict, judge};
use eval::recording::Recordings;
use eval::run::{Mode, run};
use eval::session::{Opened, open};
use eval::suite::Questions;
use source::{RepoPath, Severity};

use super::scene::{Scene, providers};
use super::server::{Server, says};

/// A server that knows what TLS is, and nothing else.
fn server() -> Server {
    Server::start(|request| {
        let asked = request.body["messages"][1]["content"].as_str().unwrap();
        says(if asked.contains("TLS") { "TLS is right" } else { "no" })
    })
}

fn opened(suite: &str) -> Opened {
    open(&Scene::new(suite).files, &RepoPath::new("evals/ask.yaml").unwrap()).unwrap()
}

fn questions(opened: &Opened) -> &Questions {
    &opened.suite.as_ref().unwrap().questions
}

/// What the suite comes to, whatever was found in it.
fn verdict(suite: &str, demands: &Demands) -> Verdict {
    let (server, recordings, scene) = (server(), Recordings::default(), Scene::new(suite));
    let opened = opened(suite);
    let suite = opened.suite.as_ref().unwrap();
    let plan = eval::run::Plan::new(suite, &scene.compiled, &recordings, Mode::Live).unwrap();
    let finished = run(&plan, &providers(&server.address, 2), &mut |_| {}, &false.into()).unwrap();
    judge(suite, &finished.results, None, demands)
}

/// Cases that each hold what `with` makes of their number.
fn cases(n: usize, with: impl Fn(usize) -> String) -> String {
    let case = |i| format!("  - {{ id: n{i}, {}, assert: [{{ type: contains, value: right }}] }}\n", with(i));
    format!("tests:\n{}", (0..n).map(case).collect::<String>())
}

fn same(_: usize) -> String {
    "vars: { question: What is TLS? }".to_owned()
}

#[test]
fn a_hundred_ids_are_one_question() {
    let suite = cases(100, same) + "gate: { min_pass_rate: 0.9, bound: wilson }\n";
    let demands = Demands { min_cases: Some(100), ..Demands::default() };
    let verdict = verdict(&suite, &demands);
    let summary = &verdict.models[0];
    assert_eq!((summary.cases, summary.questions, summary.units, summary.passed_cases), (100, 1, 1, 100));
    let (low, _) = summary.interval.unwrap();
    assert!(low < 0.25, "one answer shows that little: {low}");
    let said = |name: &str| verdict.checks.iter().find(|c| c.name == name).map(|c| c.text.as_str());
    assert_eq!(said("min-cases"), Some("local/tiny: 1 question in 100 cases, policy asks for 100"));
    assert_eq!(said("questions"), Some("100 cases ask 1 question, each of which counts once: n1 asks what n0 asks"));
}

#[test]
fn a_question_that_passes_does_not_drown_those_that_fail() {
    let padded = |i: usize| match i {
        0..90 => same(i),
        _ => format!("vars: {{ question: 'What is {i}?' }}"),
    };
    let verdict = verdict(&(cases(100, padded) + "gate: { min_pass_rate: 0.5 }\n"), &Demands::default());
    let summary = &verdict.models[0];
    assert_eq!((summary.questions, summary.units), (11, 11));
    assert!((summary.pass_rate.unwrap() - 1.0 / 11.0).abs() < 1e-12, "{summary:?}");
}

#[test]
fn nothing_that_the_model_does_not_see_makes_another_question() {
    let variants: [&dyn Fn(usize) -> String; 5] = [
        &|i| format!("vars: {{ question: What is TLS?, query: '{i}' }}"),
        &|i| format!("vars: {{ question: What is TLS? }}, metadata: {{ label: l{i} }}"),
        &|i| format!("vars: {{ question: What is TLS? }}, cluster: c{i}"),
        &|i| format!("vars: {{ question: What is TLS? }}, threshold: 0.{}", i + 1),
        &|i| format!("vars: {{ question: What is TLS? }}, options: {{ repeat: {} }}", i + 1),
    ];
    for variant in variants {
        let suite = cases(5, variant) + "gate: { min_pass_rate: 0.5 }\n";
        let found = opened(&suite);
        let told: Vec<_> = found.findings.iter().filter(|f| f.rule == "question-repeated").collect();
        assert_eq!((told.len(), told[0].severity), (1, Severity::Warning), "{suite}: {told:#?}");
        assert_eq!(questions(&found).surplus, 4);
        assert_eq!(verdict(&suite, &Demands::default()).models[0].units, 1, "{suite}");
    }
    // A case that is another's in all but its id gains nothing.
    let found = opened(&(cases(3, same) + "gate: { min_pass_rate: 0.5 }\n"));
    let told: Vec<_> = found.findings.iter().filter(|f| f.rule == "case-repeated").collect();
    assert_eq!(told.iter().map(|f| f.severity).collect::<Vec<_>>(), [Severity::Error]);
    assert!(
        told[0].message.contains("`n1` asks and asserts what `n0` does, as does 1 more case"),
        "{}",
        told[0].message
    );
    // What asks the same and asserts otherwise is not told with them.
    let other = |i: usize| match i {
        2 => "vars: { question: What is TLS? }, threshold: 0.5",
        _ => "vars: { question: What is TLS? }",
    };
    let found = opened(&(cases(3, |i| other(i).to_owned()) + "gate: { min_pass_rate: 0.5 }\n"));
    let told: Vec<_> = found.findings.iter().filter(|f| f.rule == "case-repeated").collect();
    assert!(told[0].message.contains("`n1` asks and asserts what `n0` does: "), "{}", told[0].message);
}

#[test]
fn a_lower_bound_out_of_reach_is_told_over_what_counts() {
    let told = |suite: String| {
        let found = opened(&suite);
        let told = found.findings.iter().filter(|f| f.rule == "gate-contradictory");
        told.map(|f| (f.message.clone(), f.help.clone().unwrap_or_default())).collect::<Vec<_>>()
    };
    let gate = |rate: &str| format!("gate: {{ bound: wilson, min_pass_rate: {rate} }}\n");
    let clustered = |i: usize| format!("vars: {{ question: q{i} }}, cluster: c{}", i % 3);
    let found = told(cases(7, clustered) + &gate("0.6"));
    assert_eq!(found[0].0, "7 cases in 3 independent units can show at most 0.439 with `bound: wilson`, never 0.6");
    assert!(found[0].1.starts_with("add clusters"), "{found:?}");
    assert!(told(cases(7, clustered) + &gate("0.43")).is_empty());
    // Cases that ask one question are one, whatever else they say.
    let found = told(cases(7, |i| format!("vars: {{ question: q{} }}, threshold: 0.{}", i % 3, i + 1)) + &gate("0.6"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.starts_with("add cases that ask something else"), "{found:?}");
    let found = told(cases(7, |i| format!("vars: {{ question: q{i} }}")) + &gate("0.9"));
    assert!(found[0].0.starts_with("7 cases can show at most 0.646"), "{found:?}");
}

#[test]
fn clusters_stay_what_they_are_and_join_where_a_question_is_in_both() {
    let units = |with: &dyn Fn(usize) -> String| {
        verdict(&(cases(6, with) + "gate: { min_pass_rate: 0.5 }\n"), &Demands::default()).models[0].units
    };
    let question = |i: usize| format!("vars: {{ question: 'What is {i}?' }}");
    assert_eq!(units(&|i| format!("{}, cluster: c{}", question(i), i / 2)), 3);
    // 0 and 5 ask the same: their clusters are one.
    assert_eq!(units(&|i| format!("{}, cluster: c{}", question(i % 5), i / 2)), 2);
    assert_eq!(units(&|i| question(i % 5)), 5);
}

#[test]
fn repeats_and_answers_that_are_given_repeat_no_question() {
    let repeated = opened(&cases(3, |i| format!("vars: {{ question: q{i} }}, options: {{ repeat: 5 }}")));
    assert_eq!((repeated.findings.len(), questions(&repeated).surplus), (0, 0));
    // Logged answers are each somebody's own.
    let stored = opened(&cases(3, |i| format!("vars: {{ question: What is TLS? }}, providerOutput: right {i}")));
    assert_eq!((stored.findings.len(), questions(&stored).surplus), (0, 0));
}
