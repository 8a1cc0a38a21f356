//! Runs that are attested, and what a release or a promotion makes of them.

use std::sync::atomic::AtomicBool;

use eval::gate::{Demands, judge};
use eval::provider::{Environment, Providers};
use eval::run::{Mode, Origin, Outcome, run};
use prompt::Catalog;
use release::{Attested, Class, Desk, Ran};
use source::{RepoPath, Timestamp};

use super::desks::Office;
use super::{env, id, version};

const SUITE: &str = include_str!("../../../cli/templates/evals/support/triage.yaml");
const ANSWERS: &str = include_str!("../../../cli/templates/evals/recordings/support/triage.jsonl");

/// Replays `evals/<name>.yaml` of the worktree and attests what came of it.
fn attest(desk: &Desk, names: &[&str]) -> release::Result<Vec<Attested>> {
    attest_as(desk, names, false)
}

/// The same, as a run for which somebody was `asked`.
fn attest_as(desk: &Desk, names: &[&str], asked: bool) -> release::Result<Vec<Attested>> {
    let snapshot = desk.repo.worktree().unwrap();
    let catalog = Catalog::load(&snapshot);
    let providers = Providers::new([std::collections::BTreeMap::new()], Environment::empty());
    let opened: Vec<_> = names
        .iter()
        .map(|n| eval::session::open(&snapshot, &RepoPath::new(&format!("evals/{n}.yaml")).unwrap()).unwrap())
        .collect();
    let judged: Vec<_> = opened
        .iter()
        .map(|opened| {
            let plan = opened.plan(catalog.routes(), None, Mode::Replay, &[]).unwrap();
            let results = run(&plan, &providers, &mut |_| {}, &AtomicBool::new(false)).unwrap().results;
            let verdict = judge(plan.suite, &results, None, &Demands::default());
            (results, verdict)
        })
        .collect();
    let ran: Vec<Ran<'_>> = opened
        .iter()
        .zip(&judged)
        .map(|(opened, (results, verdict))| Ran {
            suite: opened.suite.as_ref().unwrap(),
            model: &opened.compiled.as_ref().unwrap().model,
            results,
            baseline: None,
            verdict,
            asked,
        })
        .collect();
    release::attest(desk, &ran, None)
}

/// The same, as a live run of answers that were asked for then, which nobody was asked for anew.
fn attest_drawer(desk: &Desk, asked_at: Option<i64>) -> release::Result<Attested> {
    let snapshot = desk.repo.worktree().unwrap();
    let catalog = Catalog::load(&snapshot);
    let providers = Providers::new([std::collections::BTreeMap::new()], Environment::empty());
    let opened = eval::session::open(&snapshot, &RepoPath::new("evals/support/triage.yaml").unwrap()).unwrap();
    let plan = opened.plan(catalog.routes(), None, Mode::Replay, &[]).unwrap();
    let mut results = run(&plan, &providers, &mut |_| {}, &AtomicBool::new(false)).unwrap().results;
    let live = |outcome: Outcome| Outcome { origin: Some(Origin::Live), ..outcome };
    results.outcomes = results.outcomes.iter().map(|outcome| live((*outcome).clone())).collect();
    results.asked_at = asked_at.map(Timestamp);
    let verdict = judge(plan.suite, &results, None, &Demands::default());
    let model = &opened.compiled.as_ref().unwrap().model;
    let ran = Ran { suite: plan.suite, model, results: &results, baseline: None, verdict: &verdict, asked: false };
    Ok(release::attest(desk, &[ran], None)?.remove(0))
}

fn office(evidence: &str) -> Office {
    let office = Office::new();
    for name in ["support/triage", "support/triage.more"] {
        office.write(&format!("r/evals/{name}.yaml"), SUITE);
        office.write(&format!("r/evals/recordings/{name}.jsonl"), ANSWERS);
    }
    let path = "r/policies/policy.yaml";
    let policy = std::fs::read_to_string(office.path(path)).unwrap();
    let without = policy.lines().filter(|l| !l.starts_with("evidence:")).collect::<Vec<_>>().join("\n");
    office.write(path, &format!("{without}\nevidence:\n{evidence}"));
    office.commit("r", "policy: ask for evidence");
    office.publish_policy();
    office
}

#[test]
fn a_release_waits_for_the_evidence_that_policy_asks_of_it() {
    let office = office("  - { at: release, min_cases: 2 }\n");
    let error = release::release(&office.desk("r"), &[id()], None, None).unwrap_err();
    assert_eq!(error.class(), Class::Unmet, "{error}");
    let mut trial = office.desk("r");
    trial.dry_run = true;
    assert!(attest(&trial, &["support/triage"]).unwrap()[0].written.is_none());

    let done = attest(&office.desk("r"), &["support/triage", "support/triage.more"]).unwrap();
    assert_eq!((done[0].sequence.get(), done[1].sequence.get()), (1, 2), "{done:#?}");
    assert!(done.iter().all(|one| one.written.is_some() && one.cases.passed == 2), "{done:#?}");
    let again = attest(&office.desk("r"), &["support/triage"]).unwrap();
    assert!(again[0].was_attested && again[0].written.is_none());

    office.release();
    assert_eq!(release::verify(&office.desk("r"), None, true).unwrap().class(), None);
}

#[test]
fn cases_of_a_cluster_are_one_unit_of_evidence() {
    let office = office("  - { at: release, min_cases: 2 }\n");
    let none = attest(&office.desk("r"), &["support/triage"]).unwrap();
    assert_eq!(none[0].units, None);
    let together = SUITE.replace("    assert:\n", "    cluster: mornings\n    assert:\n");
    office.write("r/evals/support/triage.yaml", &together);
    office.commit("r", "evals: both tickets came in one morning");
    let one = attest(&office.desk("r"), &["support/triage"]).unwrap();
    assert_eq!((one[0].units, one[0].cases.total()), (Some(1), 2));
}

#[test]
fn every_run_that_asked_anybody_is_an_attempt_of_its_own() {
    let office = office("  - { at: release }\n");
    let names = ["support/triage"];
    let run = |asked| attest_as(&office.desk("r"), &names, asked).unwrap().remove(0);
    let number = |one: &Attested| (one.sequence.get(), one.was_attested);
    assert_eq!(number(&run(true)), (1, false));
    assert_eq!(number(&run(true)), (2, false), "to the byte what was signed a moment ago");
    assert_eq!(number(&run(false)), (2, true), "nobody was asked");
    // Another run of the suite came between: what an older one said is said anew.
    office.write("r/evals/support/triage.yaml", &SUITE.replace("type: is-json", "type: not-is-json"));
    assert_eq!(number(&run(false)), (3, false));
    office.write("r/evals/support/triage.yaml", SUITE);
    assert_eq!(number(&run(false)), (4, false));
    assert_eq!(number(&run(false)), (4, true));
}

#[test]
fn live_answers_are_signed_once() {
    let office = office("  - { at: release }\n");
    let now = office.desk("r").now.0;
    let sign = |later: i64, asked_at| {
        let mut desk = office.desk("r");
        desk.now = Timestamp(now + later);
        attest_drawer(&desk, asked_at)
    };
    let error = sign(0, None).unwrap_err().to_string();
    assert!(error.contains("its results do not say when answers were asked for"), "{error}");
    let first = sign(4, Some(now)).unwrap();
    assert_eq!((first.sequence.get(), first.was_attested, first.asked_at), (1, false, None), "a trifle later");
    // However late, it is the same run.
    let again = sign(40_000, Some(now)).unwrap();
    assert_eq!((again.sequence.get(), again.was_attested, again.written.is_none()), (1, true, true));
    // Others that were asked for since and said the same are another.
    let other = sign(80_000, Some(now + 70_000)).unwrap();
    assert_eq!((other.sequence.get(), other.was_attested), (2, false));
    assert_eq!(other.asked_at, Some(Timestamp(now + 70_000)), "its age counts from then");
    assert!(sign(90_000, Some(now + 70_000)).unwrap().was_attested);
}

#[test]
fn a_replay_is_signed_anew_before_policy_takes_it_no_longer() {
    let office = office("  - { at: release, max_age: 1m }\n");
    let now = office.desk("r").now.0;
    let sign = |later: i64| {
        let mut desk = office.desk("r");
        desk.now = Timestamp(now + later);
        attest(&desk, &["support/triage"]).unwrap().remove(0).sequence.get()
    };
    assert_eq!((sign(0), sign(29), sign(31)), (1, 1, 2));
}

#[test]
fn a_replay_is_no_live_run() {
    let office = office("  - { at: promotion, environments: [dev], mode: live }\n");
    office.release();
    attest(&office.desk("r"), &["support/triage"]).unwrap();
    let error = release::promote(&office.desk("r"), &[(id(), version("1.0.0"))], &env("dev"), None).unwrap_err();
    let release::Error::NotMoved { moved, .. } = &error else { panic!("{error}") };
    let unmet: Vec<_> = moved[0].demands.iter().filter_map(|d| d.refusal.as_ref()).collect();
    assert!(unmet.len() == 1 && unmet[0].detail.contains("it replays recordings"), "{unmet:?}");
}

#[test]
fn what_did_not_reach_its_end_is_no_evidence() {
    let office = office("  - { at: release }\n");
    office.write("r/evals/recordings/support/triage.jsonl", ANSWERS.lines().next().unwrap());
    let error = attest(&office.desk("r"), &["support/triage"]).unwrap_err();
    assert!(error.to_string().contains("answers are not on file"), "{error}");
}

#[test]
fn a_run_that_leaves_cases_out_or_brings_answers_is_no_evidence() {
    let office = office("  - { at: release }\n");
    let suite = "evals/support/triage.yaml";
    let attestable = |text: &str| {
        office.write(&format!("r/{suite}"), text);
        let snapshot = office.desk("r").repo.worktree().unwrap();
        let opened = eval::session::open(&snapshot, &RepoPath::new(suite).unwrap()).unwrap();
        let setting = release::Setting { models: 1, repeat: None, compare: None };
        release::attestable(opened.suite.as_ref().unwrap(), &setting)
    };
    attestable(SUITE).unwrap();

    let sampled = format!("{SUITE}\nsample: {{ n: 1, seed: 6 }}\n");
    assert!(attestable(&sampled).unwrap_err().to_string().contains("its own `sample` runs 1 of its 2 cases"));
    let error = attest(&office.desk("r"), &["support/triage"]).unwrap_err().to_string();
    assert!(error.contains("its own `sample` runs 1 of its 2 cases"), "nor is what was run of it: {error}");

    let compared = format!("{SUITE}  compare: {{ baseline: merge-base }}\n");
    let error = attestable(&compared).unwrap_err().to_string();
    assert!(error.contains("its gate compares with merge-base, and the run with nothing"), "{error}");
    let error = attest(&office.desk("r"), &["support/triage"]).unwrap_err().to_string();
    assert!(error.contains("its gate compares with merge-base, and the run with nothing"), "{error}");

    let stored =
        "tests:\n  - { id: a, vars: { ticket: t }, providerOutput: fine, assert: [{ type: contains, value: fine }] }\n";
    let error = attestable(stored).unwrap_err().to_string();
    assert!(error.contains("a case of it brings its own answer"), "{error}");
    let error = attest(&office.desk("r"), &["support/triage"]).unwrap_err().to_string();
    assert!(error.contains("brings its own answer"), "{error}");

    let twice = "tests:
  - { id: a, vars: { ticket: t }, assert: [{ type: contains, value: fine }] }
  - { id: b, vars: { ticket: t }, assert: [{ type: contains, value: good }] }
";
    let error = attestable(twice).unwrap_err().to_string();
    assert!(error.contains("its case b asks the model what a asks; evidence would count it twice"), "{error}");
    assert!(attest(&office.desk("r"), &["support/triage"]).is_err(), "nor is what was run of it");

    let many = (0..9000).map(|n| {
        format!("  - {{ id: case-{n}, vars: {{ ticket: t{n} }}, assert: [{{ type: contains, value: t }}] }}\n")
    });
    let error = attestable(&format!("tests:\n{}", many.collect::<String>())).unwrap_err().to_string();
    assert!(error.contains("1048576 are the most"), "{error}");
}
