//! Attested runs: recomputed from their counts, never replayed where live answers are wanted, all attempts kept.

use ledger::record::{Body, Mode, Models, SuiteRef, Verdict};
use ledger::statement::{Case, CaseVerdict, Helper, Statement, Terms};
use ledger::*;
use source::{Digest, ModelName, RepoPath, Risk};

use crate::world::*;

const EVIDENCE: &str = "\
evidence:
  - { at: promotion, environments: [prod], mode: live, min_cases: 4, min_pass_rate: 0.75, independent: true, max_age: 2d }
";

fn policy() -> String {
    format!("{POLICY}{EVIDENCE}")
}

/// 1.0.0 is soaked in staging.
fn world(policy: &str) -> World {
    let mut w = World::with_policy(policy);
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    w.promote("ada", "dev", "1.0.0").unwrap();
    w.promote("ada", "staging", "1.0.0").unwrap();
    w.now += HOUR;
    w
}

pub(crate) fn statement(passed: usize, failed: usize, mode: Mode, verdict: Verdict) -> Statement {
    let model: ModelName = "openai/gpt-x".parse().unwrap();
    let case = |at: usize| Case {
        id: format!("case-{at:02}"),
        model: model.clone(),
        verdict: if at < passed { CaseVerdict::Passed } else { CaseVerdict::Failed },
        score: Some(if at < passed { 1.0 } else { 0.0 }),
        outputs: vec![Digest::of(&[u8::try_from(at).unwrap()])],
    };
    Statement {
        prompt: id(),
        content: Digest::of(b"content of 1.0.0"),
        suite: SuiteRef { path: RepoPath::new("evals/support/triage.yaml").unwrap(), digest: Digest::of(b"suite") },
        dataset: Digest::of(b"dataset"),
        mode,
        models: Models::new(vec![model.clone()]).unwrap(),
        verdict,
        terms: Terms::default(),
        cases: (0..passed + failed).map(case).collect(),
    }
}

pub(crate) fn attest(w: &mut World, who: &str, statement: &Statement) -> RefName {
    let blob = w.store(ObjectKind::Blob, &statement.to_bytes().unwrap());
    let plan = w.ledger().plan_evidence(statement, blob, by(who), None, None).unwrap();
    w.now += 1;
    w.write(&plan, who)
}

#[test]
fn a_promotion_brings_the_evidence_that_policy_wants() {
    let mut w = world(&policy());
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
    let wants = |w: &mut World, s: &Statement| {
        let before = w.refs.clone();
        attest(w, "ben", s);
        let outcome = w.promote("ada", "prod", "1.0.0");
        let live = outcome.map(|_| w.live("prod"));
        w.refs = before;
        live
    };
    let missing = Err(vec![Code::EvidenceMissing]);
    assert_eq!(wants(&mut w, &statement(3, 1, Mode::Live, Verdict::Passed)), Ok(Ok("1.0.0".to_owned())));
    assert_eq!(wants(&mut w, &statement(3, 1, Mode::Replay, Verdict::Passed)), missing);
    assert_eq!(wants(&mut w, &statement(3, 0, Mode::Live, Verdict::Passed)), missing);
    assert_eq!(wants(&mut w, &statement(2, 2, Mode::Live, Verdict::Passed)), missing);
    assert_eq!(wants(&mut w, &statement(4, 0, Mode::Live, Verdict::Failed)), missing);
    // Inconclusive passes at low risk and fails at high, as policy says by default.
    assert_eq!(wants(&mut w, &statement(4, 0, Mode::Live, Verdict::Inconclusive)), Ok(Ok("1.0.0".to_owned())));
    let other = Statement { content: Digest::of(b"other"), ..statement(4, 0, Mode::Live, Verdict::Passed) };
    assert_eq!(wants(&mut w, &other), missing);
}

#[test]
fn a_bound_counts_independent_units_and_not_cases() {
    let wilson = EVIDENCE.replace("min_pass_rate: 0.75", "min_pass_rate: 0.5, bound: wilson");
    let mut w = world(&format!("{POLICY}{wilson}"));
    let mut run = statement(4, 0, Mode::Live, Verdict::Passed);
    // Four of four: 0.51 where each stands for itself, 0.342 where they are two units.
    run.terms.units = Some(2);
    attest(&mut w, "ben", &run);
    let (why, _) = unmet(&w);
    assert!(why.contains("openai/gpt-x is 0.342 over 2 independent units, 0.5 is the least"), "{why}");
    run.terms.units = None;
    attest(&mut w, "ben", &run);
    w.promote("ada", "prod", "1.0.0").unwrap();
    // As many units as cases, or none, is not said.
    for units in [0, 4, 5] {
        run.terms.units = Some(units);
        assert!(run.to_bytes().is_err(), "{units}");
    }
}

#[test]
fn policy_may_want_its_own_providers() {
    let mut run = statement(4, 0, Mode::Live, Verdict::Passed);
    run.terms.own_providers = vec!["openai".to_owned()];
    let mut w = world(&policy());
    attest(&mut w, "ben", &run);
    w.promote("ada", "prod", "1.0.0").unwrap();

    let mut w = world(&policy().replace("max_age: 2d", "max_age: 2d, providers: policy"));
    attest(&mut w, "ben", &run);
    let (why, help) = unmet(&w);
    assert!(why.ends_with("it asked openai by a definition of its attester's own, policy wants its own"), "{why}");
    assert!(help.unwrap().contains("--providers"));
    run.terms.own_providers.clear();
    attest(&mut w, "ben", &run);
    w.promote("ada", "prod", "1.0.0").unwrap();

    // Recordings do not say whose provider answered.
    let mut w = world(&policy().replace("mode: live, ", "providers: policy, "));
    attest(&mut w, "ben", &statement(4, 0, Mode::Replay, Verdict::Passed));
    assert!(unmet(&w).0.contains("it replays recordings, nobody knows of whose providers"), "{:?}", unmet(&w));
    attest(&mut w, "ben", &run);
    w.promote("ada", "prod", "1.0.0").unwrap();
}

#[test]
fn evidence_ages_and_attesters_lose_their_word() {
    let mut w = world(&policy());
    attest(&mut w, "ben", &statement(4, 0, Mode::Live, Verdict::Passed));
    let fresh = w.refs.clone();
    w.now += 3 * 24 * HOUR;
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
    w.refs = fresh;
    w.now -= 3 * 24 * HOUR;
    w.publish("ada", &policy(), &principals(&[("attester: true, ", "")])).unwrap_err();
    let moved = [("attester: true, ", ""), ("roles: { releaser: [\"other/**\"] }", "roles: { attester: true }")];
    w.publish("ada", &policy(), &principals(&moved)).unwrap();
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
}

#[test]
fn only_attesters_attest_and_never_their_own_release() {
    let mut w = world(&policy());
    attest(&mut w, "mal", &statement(4, 0, Mode::Live, Verdict::Passed));
    attest(&mut w, "eve", &statement(4, 0, Mode::Live, Verdict::Passed));
    let runs = w.ledger().runs(&Digest::of(b"content of 1.0.0")).unwrap();
    let codes: Vec<Code> = runs.junk().iter().map(|j| j.refusal.code).collect();
    assert_eq!((codes, runs.entries().len()), (vec![Code::NotAllowed, Code::KeyUnknown], 0));
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
    // Ada released it; as an attester she is not independent.
    let both = principals(&[(
        "{ maintainer: true, releaser: [\"**\"], promoter",
        "{ maintainer: true, attester: true, releaser: [\"**\"], promoter",
    )]);
    w.publish("ben", &policy(), &both).unwrap();
    attest(&mut w, "ada", &statement(4, 0, Mode::Live, Verdict::Passed));
    assert_eq!(w.promote("cy", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
    attest(&mut w, "ben", &statement(4, 0, Mode::Live, Verdict::Passed));
    w.promote("cy", "prod", "1.0.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // The entry names the run.
    let ledger = w.ledger();
    let chain = ledger.chain(&env("prod"), &id()).unwrap();
    let runs = ledger.runs(&Digest::of(b"content of 1.0.0")).unwrap();
    let cited = chain.entries[0].body().evidence.clone();
    let cited: Vec<_> = runs.entries().iter().filter(|run| cited.contains(&run.tag().digest())).collect();
    assert_eq!((cited[0].signer.principal.as_str(), cited[0].body().cases.passed), ("ben@example.com", 4));
}

#[test]
fn record_and_statement_say_the_same() {
    let mut w = world(&policy());
    let good = statement(2, 2, Mode::Live, Verdict::Passed);
    let name = attest(&mut w, "ben", &good);
    let tag = w.tag(&name);
    let Body::Evidence(body) = tag.record().body.clone() else { unreachable!() };
    // The record claims what the statement does not say.
    let mut better = body.clone();
    better.cases = ledger::record::Cases { passed: 4, failed: 0, errors: 0 };
    let record = Record { body: Body::Evidence(better), ..tag.record().clone() };
    w.forge(&name, record, *tag.target(), tag.time().0, &key("ben"));
    let code = |w: &World| w.ledger().runs(&good.content).unwrap().junk()[0].refusal.code;
    assert_eq!(code(&w), Code::EvidenceMismatch);
    // The blob is another statement, no statement, no blob.
    let other = w.store(ObjectKind::Blob, &statement(4, 0, Mode::Live, Verdict::Passed).to_bytes().unwrap());
    w.forge(&name, tag.record().clone(), other, tag.time().0, &key("ben"));
    assert_eq!(code(&w), Code::EvidenceMismatch);
    let text = w.store(ObjectKind::Blob, b"{}");
    w.forge(&name, tag.record().clone(), text, tag.time().0, &key("ben"));
    assert_eq!(code(&w), Code::EvidenceMismatch);
    let commit = w.store(ObjectKind::Commit, b"x");
    w.forge(&name, tag.record().clone(), commit, tag.time().0, &key("ben"));
    assert_eq!(code(&w), Code::TargetKind);
}

#[test]
fn evidence_that_is_gone_is_not_evidence_that_never_was() {
    let mut w = world(&policy());
    let name = attest(&mut w, "ben", &statement(4, 0, Mode::Live, Verdict::Passed));
    w.promote("ada", "prod", "1.0.0").unwrap();
    let blob = *w.tag(&name).target();
    w.missing.insert(blob);
    assert_eq!(w.live("prod"), Err(Code::ObjectMissing));
    w.missing.clear();
    w.refs.remove(&name.full());
    // Whoever fetched everything knows that there is none; whoever did not waits for it.
    assert_eq!(w.live("prod"), Err(Code::EvidenceMissing));
    w.complete = false;
    assert_eq!(w.live("prod"), Err(Code::ObjectMissing));
}

#[test]
fn pinned_suites_are_the_reviewed_ones() {
    let pinned = |suite: &str| {
        let digest = Digest::of(suite.as_bytes()).tagged();
        let rule = "evidence:\n  - at: promotion\n    environments: [prod]\n    pinned_suites:\n      evals/support/triage.yaml:\n";
        format!("{POLICY}{rule}        suite: {digest}\n")
    };
    let mut w = world(&pinned("reviewed"));
    attest(&mut w, "ben", &statement(4, 0, Mode::Live, Verdict::Passed));
    assert_eq!(w.promote("ada", "prod", "1.0.0"), Err(vec![Code::EvidenceMissing]));
    let mut w = world(&pinned("suite"));
    attest(&mut w, "ben", &statement(4, 0, Mode::Replay, Verdict::Passed));
    w.promote("ada", "prod", "1.0.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

/// A passed live run of the suite, judged by `judge`, which the suite names by `route` or by itself.
fn judged(judge: &str, route: Option<&str>) -> Statement {
    let helper = Helper { model: judge.parse().unwrap(), route: route.map(str::to_owned), repeat: None };
    let terms = Terms { judge: Some(helper), ..Terms::default() };
    Statement { terms, ..statement(4, 0, Mode::Live, Verdict::Passed) }
}

/// Policy that pins the suite, with what else the pin says.
fn pinning(more: &str) -> String {
    let (suite, dataset) = (Digest::of(b"suite").tagged(), Digest::of(b"dataset").tagged());
    let pin = format!("{{ suite: \"{suite}\", dataset: \"{dataset}\"{more} }}");
    format!(
        "{POLICY}evidence:\n  - {{ at: promotion, environments: [prod], pinned_suites: {{ evals/support/triage.yaml: {pin} }} }}\n"
    )
}

/// What keeps the release from going live in prod.
fn unmet(w: &World) -> (String, Option<String>) {
    let ledger = w.ledger();
    let release = ledger.release(&id(), &"1.0.0".parse().unwrap()).unwrap().unwrap();
    let prospect = ledger.prospect(&env("prod"), &release).unwrap();
    let demand = prospect.demands.iter().find(|d| d.title.starts_with("attested")).unwrap();
    (demand.refusal.as_ref().map_or_else(|| demand.detail.clone(), |r| r.detail.clone()), demand.help.clone())
}

#[test]
fn a_pinned_suite_is_judged_by_whom_the_pin_names() {
    let missing = Err(vec![Code::EvidenceMissing]);
    let goes = |pin: &str, statement: &Statement| {
        let mut w = world(&pinning(pin));
        attest(&mut w, "ben", statement);
        (w.promote("ada", "prod", "1.0.0").map(|_| ()), unmet(&w))
    };
    // The suite's own file names the judge, so its digest is enough; a route stands in another file.
    assert_eq!(goes("", &judged("openai/strict", None)).0, Ok(()));
    let (outcome, (why, help)) = goes("", &judged("openai/lenient", Some("strict")));
    assert_eq!(outcome, missing);
    assert!(why.ends_with("its judge was openai/lenient by the route strict, which the pin does not fix"), "{why}");
    assert!(help.unwrap().contains("add `judge: openai/lenient` to evals/support/triage.yaml under `pinned_suites`"));

    let strict = ", judge: openai/gpt-x";
    assert_eq!(goes(strict, &judged("openai/gpt-x", Some("strict"))).0, Ok(()));
    assert_eq!(goes(strict, &judged("openai/gpt-x", None)).0, Ok(()));
    let (outcome, (why, _)) = goes(strict, &judged("openai/lenient", Some("strict")));
    assert_eq!(outcome, missing);
    assert!(why.ends_with("its judge was openai/lenient, the pin wants openai/gpt-x"), "{why}");
    // Runs that name no judge, as all did once, are what they were; a pin that asks for one does not take them.
    let silent = statement(4, 0, Mode::Live, Verdict::Passed);
    assert_eq!(goes("", &silent).0, Ok(()));
    let (outcome, (why, _)) = goes(strict, &silent);
    assert_eq!(outcome, missing);
    assert!(why.ends_with("it names no judge, the pin wants openai/gpt-x"), "{why}");
    // Nobody comes round a judge by being the newest: what is not of the pin decides nothing.
    let mut w = world(&pinning(strict));
    attest(&mut w, "ben", &Statement { verdict: Verdict::Failed, ..judged("openai/gpt-x", None) });
    attest(&mut w, "ben", &judged("openai/lenient", Some("strict")));
    assert_eq!(w.promote("ada", "prod", "1.0.0").map(|_| ()), missing);
}

#[test]
fn a_release_may_need_evidence_before_it_is_signed() {
    let gate = format!("{POLICY}evidence:\n  - {{ at: release, min_cases: 2 }}\n");
    let mut w = World::with_policy(&gate);
    assert_eq!(w.release("ada", "1.0.0", Risk::Low), Err(vec![Code::EvidenceMissing]));
    attest(&mut w, "ben", &statement(2, 0, Mode::Replay, Verdict::Passed));
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    w.promote("ada", "dev", "1.0.0").unwrap();
    assert_eq!(w.live("dev"), Ok("1.0.0".to_owned()));
    // Evidence from after the release does not count for it.
    let refs: Vec<String> = w.refs.keys().filter(|n| n.contains("evidence")).cloned().collect();
    w.refs.remove(&refs[0]);
    assert_eq!(w.live("dev"), Err(Code::EvidenceMissing));
    attest(&mut w, "ben", &statement(2, 0, Mode::Replay, Verdict::Passed));
    assert_eq!(w.live("dev"), Err(Code::EvidenceMissing));
}
