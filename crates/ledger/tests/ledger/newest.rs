//! Of the runs that may serve a demand the newest decides what is written now; what was written stays as it was.

use ledger::admission::{Arrival, Server, admit};
use ledger::record::{Body, Mode, PointerAction, SuiteRef, Verdict};
use ledger::statement::{Statement, Terms};
use ledger::*;
use source::{Digest, RepoPath, Risk, Timestamp};

use crate::evidence::{attest, statement};
use crate::world::*;

const LIVE: &str = "evidence:\n  - { at: promotion, environments: [prod], mode: live, min_cases: 4 }\n";

/// 1.0.0 is soaked in staging, and prod wants evidence.
fn world(evidence: &str) -> World {
    let mut w = World::with_policy(&format!("{POLICY}{evidence}"));
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    w.promote("ada", "dev", "1.0.0").unwrap();
    w.promote("ada", "staging", "1.0.0").unwrap();
    w.now += HOUR;
    w
}

fn passed() -> Statement {
    statement(4, 0, Mode::Live, Verdict::Passed)
}

fn failed() -> Statement {
    statement(4, 0, Mode::Live, Verdict::Failed)
}

/// The same run by another suite of the prompt.
fn smoke(run: Statement) -> Statement {
    let path = RepoPath::new("evals/support/triage.smoke.yaml").unwrap();
    Statement { suite: SuiteRef { path, digest: Digest::of(b"smoke") }, ..run }
}

fn demand(w: &World) -> Demand {
    let ledger = w.ledger();
    let release = ledger.release(&id(), &version("1.0.0")).unwrap().unwrap();
    let prospect = ledger.prospect(&env("prod"), &release).unwrap();
    prospect.demands.iter().find(|d| d.title.starts_with("attested")).unwrap().clone()
}

/// What would help.
fn help(w: &World) -> String {
    demand(w).help.unwrap()
}

/// What is said of the evidence for prod.
fn said(w: &World) -> String {
    let demand = demand(w);
    demand.refusal.as_ref().map_or_else(|| demand.detail.clone(), |refusal| refusal.detail.clone())
}

#[test]
fn a_run_that_passed_does_not_outlive_one_that_failed() {
    let mut w = world(LIVE);
    attest(&mut w, "ben", &passed());
    let newest = attest(&mut w, "ben", &failed());
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
    let expected = format!("{newest}, the newest run of evals/support/triage.yaml, does not do: its gate failed");
    assert_eq!(said(&w), expected);
    // One of too few cases, or with too many errors, is no better for having passed its own gate.
    attest(&mut w, "ben", &statement(2, 0, Mode::Live, Verdict::Passed));
    assert!(said(&w).ends_with("it has 2 cases with openai/gpt-x, 4 are the fewest"), "{}", said(&w));
    let last = attest(&mut w, "ben", &passed());
    assert_eq!(said(&w), format!("{last} by ben@example.com, after 2 that did not do"));
    w.promote("ada", "prod", "1.0.0").unwrap();
    // What is live was judged by what it cites: a later run says nothing of it.
    attest(&mut w, "ben", &failed());
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn a_suite_that_was_renamed_keeps_its_history() {
    let mut w = world(LIVE);
    attest(&mut w, "ben", &failed());
    attest(&mut w, "ben", &failed());
    attest(&mut w, "ben", &Statement { dataset: Digest::of(b"other cases"), ..failed() });
    let last = attest(&mut w, "ben", &smoke(passed()));
    let elsewhere = "after 2 of the same cases that did not do, in evals/support/triage.yaml";
    assert_eq!(said(&w), format!("{last} by ben@example.com, {elsewhere}"));
}

#[test]
fn the_nearest_run_is_told_not_the_newest() {
    let mut w = world(&LIVE.replace("min_cases: 4", "min_cases: 4, min_pass_rate: 0.8"));
    // All but one of four pass; after it a smoke suite of two cases, and the replay of a third suite.
    let near = attest(&mut w, "ben", &statement(3, 1, Mode::Live, Verdict::Passed));
    attest(&mut w, "ben", &smoke(statement(1, 1, Mode::Live, Verdict::Failed)));
    let nightly = RepoPath::new("evals/support/triage.nightly.yaml").unwrap();
    let nightly = SuiteRef { path: nightly, digest: Digest::of(b"nightly") };
    let replay = Statement { suite: nightly, ..statement(2, 2, Mode::Replay, Verdict::Failed) };
    attest(&mut w, "ben", &replay);
    let rest = "its pass rate with openai/gpt-x is 0.750, 0.8 is the least; nor do the newest runs of 2 other suites";
    assert_eq!(said(&w), format!("{near}, the newest run of evals/support/triage.yaml, does not do: {rest}"));
    assert!(help(&w).starts_with("see which cases fell short"), "{}", help(&w));
    // A small suite is further from it than one that failed, however much that misses.
    let mut w = world(&LIVE.replace("min_cases: 4", "min_cases: 20, min_pass_rate: 0.8"));
    let failed = attest(&mut w, "ben", &statement(10, 10, Mode::Live, Verdict::Failed));
    attest(&mut w, "ben", &smoke(statement(2, 0, Mode::Live, Verdict::Passed)));
    assert!(said(&w).starts_with(&format!("{failed}, the newest run of")), "{}", said(&w));
    // Of runs that miss as much the newest is told, and everything that it misses.
    let mut w = world(LIVE);
    attest(&mut w, "ben", &statement(1, 1, Mode::Live, Verdict::Failed));
    let small = attest(&mut w, "ben", &smoke(statement(1, 1, Mode::Live, Verdict::Failed)));
    let missed = "its gate failed; it has 2 cases with openai/gpt-x, 4 are the fewest";
    let told = said(&w);
    let expected = format!("{small}, the newest run of evals/support/triage.smoke.yaml, does not do: {missed}");
    assert_eq!(told, format!("{expected}; nor does the newest run of another suite"));
    // Too few cases are mended by more of them.
    attest(&mut w, "ben", &smoke(statement(2, 0, Mode::Live, Verdict::Passed)));
    assert!(help(&w).starts_with("write more cases, or attest a suite of 4 or more: promptuary eval"), "{}", help(&w));
}

#[test]
fn only_runs_that_may_serve_decide() {
    // A replay, a run of another content, one by somebody who may not attest, and one of another suite.
    let mut w = world(LIVE);
    attest(&mut w, "ben", &passed());
    attest(&mut w, "ben", &statement(4, 0, Mode::Replay, Verdict::Failed));
    attest(&mut w, "ben", &Statement { content: Digest::of(b"other"), ..failed() });
    attest(&mut w, "mal", &failed());
    attest(&mut w, "ben", &smoke(failed()));
    w.promote("ada", "prod", "1.0.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // A demand that takes replays is not met by an older live run that another demand is met by.
    let both = "evidence:\n  - { at: promotion, environments: [prod], mode: live }\n  - { at: promotion, environments: [prod] }\n";
    let mut w = world(both);
    attest(&mut w, "ben", &passed());
    attest(&mut w, "ben", &statement(4, 0, Mode::Replay, Verdict::Failed));
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
}

#[test]
fn answers_are_as_old_as_when_they_were_asked_for() {
    let aged = LIVE.replace("min_cases: 4", "min_cases: 4, max_age: 1h");
    let mut w = world(&aged);
    let since = w.now;
    let drawer = |at| Statement { terms: Terms { asked_at: Some(Timestamp(at)), ..Terms::default() }, ..passed() };
    // Signed now, asked for before another run failed: it is no newer than that.
    w.now += 60;
    let failed = attest(&mut w, "ben", &failed());
    w.now += 60;
    attest(&mut w, "ben", &drawer(since));
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
    assert!(said(&w).starts_with(&format!("{failed}, the newest run of")), "{}", said(&w));
    // Asked for after it, it decides, and its age counts from then.
    let asked = w.now;
    w.now += 1800;
    let decides = attest(&mut w, "ben", &drawer(asked));
    let expected = format!("{decides} by ben@example.com, after 2 that did not do, asked for at {}", Timestamp(asked));
    assert_eq!(said(&w).replace("after one that", "after 2 that"), expected);
    w.now += 1801;
    assert!(said(&w).contains("it is too old, its answers were asked for at"), "{}", said(&w));
    // Nobody asks in the future.
    let later = drawer(w.now + 3600);
    attest(&mut w, "ben", &later);
    w.promote("ada", "prod", "1.0.0").unwrap();
    w.now += 1;
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn a_failure_counts_whoever_signed_it() {
    let mut w = world(&LIVE.replace("min_cases: 4", "min_cases: 4, independent: true"));
    let both = principals(&[(
        "{ maintainer: true, releaser: [\"**\"], promoter",
        "{ maintainer: true, attester: true, releaser: [\"**\"], promoter",
    )]);
    let rules = format!("{POLICY}{}", LIVE.replace("min_cases: 4", "min_cases: 4, independent: true"));
    w.publish("ben", &rules, &both).unwrap();
    attest(&mut w, "ben", &passed());
    // Ada released it: what she saw pass is no evidence, and takes none away.
    attest(&mut w, "ada", &passed());
    assert!(said(&w).ends_with("by ben@example.com"), "{}", said(&w));
    let newest = attest(&mut w, "ada", &failed());
    assert_eq!(w.promote("cy", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
    assert!(said(&w).starts_with(&format!("{newest}, the newest run of")), "{}", said(&w));
    attest(&mut w, "ben", &passed());
    w.promote("cy", "prod", "1.0.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn a_met_demand_says_who_was_asked_by_a_definition_of_ones_own() {
    let mut w = world(LIVE);
    let terms = Terms { own_providers: vec!["jud".to_owned()], ..Terms::default() };
    attest(&mut w, "ben", &Statement { terms, ..passed() });
    assert!(said(&w).ends_with(", by its attester's own definition of jud, not policy's"), "{}", said(&w));
}

#[test]
fn a_release_goes_by_the_newest_run() {
    let mut w = World::with_policy(&format!("{POLICY}evidence:\n  - {{ at: release }}\n"));
    attest(&mut w, "ben", &passed());
    attest(&mut w, "ben", &failed());
    assert_eq!(w.release("ada", "1.0.0", Risk::Low), Err(vec![Code::EvidenceMissing]));
    attest(&mut w, "ben", &passed());
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    attest(&mut w, "ben", &failed());
    w.promote("ada", "dev", "1.0.0").unwrap();
    assert_eq!(w.live("dev"), Ok("1.0.0".to_owned()));
}

/// What a server that holds `before` says of everything that is in `w` besides.
fn pushed(w: &World, before: &std::collections::BTreeMap<String, ObjectId>) -> Vec<Code> {
    let new = w.refs.iter().filter(|(name, _)| !before.contains_key(*name));
    let arrivals: Vec<Arrival> =
        new.map(|(name, id)| Arrival { name: name.clone(), old: None, new: Some(*id) }).collect();
    let mut server = World { refs: before.clone(), ..World::empty() };
    (server.objects, server.commits, server.now) = (w.objects.clone(), w.commits.clone(), w.now);
    let reachable = |_: &ObjectId, _: Option<&str>| Ok(None);
    let answer = admit(&Server { judge: server.judge(), pin: None, late: 600, reachable: &reachable }, &arrivals);
    answer.refusals.into_iter().map(|r| r.code).collect()
}

#[test]
fn nobody_comes_round_the_newest_run_with_a_program_of_their_own() {
    let mut w = world(LIVE);
    attest(&mut w, "ben", &passed());
    // An honest entry, written while the run that passed was the newest, and one that cites it all the same.
    let plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.0.0"), None).unwrap();
    let Body::Pointer(body) = plan.record.body.clone() else { unreachable!() };
    assert_eq!(body.evidence.len(), 1);
    let honest = (w.refs.clone(), w.now);
    w.write(&plan, "ada");
    assert_eq!(pushed(&w, &honest.0), [], "as the newest of its second it stands");
    (w.refs, w.now) = honest;
    attest(&mut w, "ben", &failed());
    w.now += 1;
    let before = w.refs.clone();
    let now = w.now;
    w.forge(&plan.name, plan.record.clone(), plan.target, now, &key("ada"));
    assert_eq!(pushed(&w, &before), [Code::EvidenceMissing]);
    // To whoever only reads, an entry is what it cites: else a run that is added later would unmake history.
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}
