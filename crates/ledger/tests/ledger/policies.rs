//! The policy ledger: who puts policy in effect, what a change does to what is live, and what can not be smuggled in.

use ledger::record::{Body, Decision, PointerAction, Record, Root};
use ledger::*;
use source::{Digest, Risk, Timestamp};

use crate::world::*;

const TWO: &str = "policy_changes: { approvals: 1 }";

fn two() -> String {
    POLICY.replace("policy_changes: { approvals: 0 }", TWO)
}

fn approve_policy(w: &mut World, who: &str, files: &[(String, String)], decision: Decision) -> RefName {
    let commit = w.commit(files);
    let reason = (decision == Decision::Reject).then(|| ledger::record::Reason::new("no").unwrap());
    let plan = w.ledger().plan_policy_approval(commit, &Root::TOP, decision, None, by(who), reason).unwrap();
    w.now += 1;
    w.write(&plan, who)
}

fn policy(n: u32) -> RefName {
    RefName::Policy(Sequence::new(n).unwrap())
}

/// Writes the plan for these documents whatever its demands say.
fn publish_anyway(w: &mut World, who: &str, files: &[(String, String)]) {
    let commit = w.commit(files);
    let plan = w.ledger().plan_policy(commit, &Root::TOP, by(who), None).unwrap().plan;
    w.now += 1;
    w.write(&plan, who);
}

fn junk(w: &World) -> Vec<Code> {
    w.ledger().policies().junk().iter().map(|j| j.refusal.code).collect()
}

fn newest(w: &World) -> u32 {
    w.ledger().policies().current().link().sequence.get()
}

#[test]
fn a_threshold_is_met_by_distinct_other_maintainers() {
    let mut w = World::with_policy(&two());
    let files = documents(&two().replace("soak: 1h", "soak: 2h"), &principals(&[]));
    let change = (files[0].1.clone(), files[2].1.clone());
    assert_eq!(w.publish("ada", &change.0, &change.1), Err(vec![Code::ApprovalsMissing]));
    approve_policy(&mut w, "ada", &files, Decision::Approve);
    assert_eq!(w.publish("ada", &change.0, &change.1), Err(vec![Code::ApprovalsMissing]));
    // Approved was this change, not another.
    approve_policy(&mut w, "ben", &files, Decision::Approve);
    assert_eq!(w.publish("ada", &two().replace("soak: 1h", "soak: 0s"), &change.1), Err(vec![Code::ApprovalsMissing]));
    w.publish("ada", &change.0, &change.1).unwrap();
    assert_eq!(newest(&w), 2);
    let cited = w.tag(&policy(2)).record().policy_body().unwrap().approvals.len();
    assert_eq!(cited, 1);
}

#[test]
fn a_policy_without_its_threshold_takes_no_effect() {
    let mut w = World::with_policy(&two());
    let files = documents(&two().replace("soak: 1h", "soak: 0s"), &principals(&[]));
    publish_anyway(&mut w, "ada", &files);
    assert_eq!((junk(&w), newest(&w)), (vec![Code::ApprovalsMissing], 1));
    // Nor one by somebody who is no maintainer, nor by a stranger.
    publish_anyway(&mut w, "mal", &files);
    publish_anyway(&mut w, "eve", &files);
    assert_eq!(junk(&w), [Code::ApprovalsMissing, Code::NotAllowed, Code::KeyUnknown]);
    approve_policy(&mut w, "dee", &files, Decision::Approve);
    w.publish("ben", &files[0].1, &files[2].1).unwrap();
    assert_eq!(newest(&w), 5);
    assert!(w.ledger().policies().junk_beyond_tip().is_empty());
}

#[test]
fn a_rejection_stops_a_publisher_who_asks() {
    let mut w = World::new();
    let files = documents(&POLICY.replace("soak: 1h", "soak: 2h"), &principals(&[]));
    approve_policy(&mut w, "ben", &files, Decision::Reject);
    assert_eq!(w.publish("ada", &files[0].1, &files[2].1), Err(vec![Code::PolicyRejected]));
    approve_policy(&mut w, "ben", &files, Decision::Approve);
    w.publish("ada", &files[0].1, &files[2].1).unwrap();
}

#[test]
fn documents_are_the_ones_that_were_signed() {
    let mut w = World::new();
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 2h"), &principals(&[])).unwrap();
    let tag = w.tag(&policy(2));
    // The same entry over a commit with other rules, signed again by a maintainer.
    let evil = w.commit(&documents(&POLICY.replace("soak: 1h", "soak: 0s"), &principals(&[])));
    let (record, time) = (tag.record().clone(), tag.time().0);
    w.forge(&policy(2), record.clone(), evil, time, &key("ada"));
    assert_eq!((junk(&w), newest(&w)), (vec![Code::PolicyDocuments], 1));
    // Documents that cannot be used.
    let broken = w.commit(&documents("format: 1\nenvironments: 7\n", &principals(&[])));
    w.forge(&policy(2), record.clone(), broken, time, &key("ada"));
    assert_eq!(junk(&w), [Code::PolicyDocuments]);
    // Another root, another minimum than the documents say.
    let Body::Policy(body) = &record.body else { unreachable!() };
    let mut elsewhere = body.clone();
    elsewhere.root = "services/ai".parse().unwrap();
    let target = *tag.target();
    w.forge(&policy(2), Record { body: Body::Policy(elsewhere), ..record }, target, time, &key("ada"));
    assert_eq!(junk(&w), [Code::PolicyDocuments]);
}

#[test]
fn an_old_policy_does_not_come_back() {
    let mut w = World::new();
    let lax = w.refs[&policy(1).full()];
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 2h"), &principals(&[])).unwrap();
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 3h"), &principals(&[])).unwrap();
    // Its tag under the next number.
    w.refs.insert(policy(4).full(), lax);
    assert_eq!(junk(&w), [Code::RefMismatch]);
    w.refs.remove(&policy(4).full());
    // Policy 2 again as number 4, signed as if 3 had never been.
    let second = w.tag(&policy(2));
    let Body::Policy(mut body) = second.record().body.clone() else { unreachable!() };
    let links = w.ledger().policies().links();
    body.position = ledger::record::Position::after(Some(links[0]), Sequence::new(4).unwrap()).unwrap();
    let record = Record { body: Body::Policy(body), policy: Some(links[0]), ..second.record().clone() };
    let (target, time) = (*second.target(), w.now);
    w.forge(&policy(4), record, target, time, &key("ada"));
    assert_eq!(junk(&w), [Code::SkipValid]);
    // The newest policy gone: whoever has seen it knows.
    w.refs.remove(&policy(4).full());
    w.up("1.0.0");
    w.remember("prod");
    let third = w.refs.remove(&policy(3).full()).unwrap();
    assert_eq!(w.try_ledger().err().map(|r| r.code), Some(Code::Stale));
    w.refs.insert(policy(3).full(), w.refs[&policy(2).full()]);
    assert_eq!(w.try_ledger().err().map(|r| r.code), Some(Code::RolledBack));
    w.refs.insert(policy(3).full(), third);
    assert!(w.try_ledger().is_ok());
}

#[test]
fn a_policy_chain_with_a_gap_is_no_chain() {
    let mut w = World::new();
    for soak in ["2h", "3h"] {
        w.publish("ada", &POLICY.replace("soak: 1h", &format!("soak: {soak}")), &principals(&[])).unwrap();
    }
    w.up("1.0.0");
    w.refs.remove(&policy(2).full());
    assert_eq!(junk(&w), [Code::ChainGap]);
    assert_eq!(w.live("prod"), Err(Code::ChainGap));
    // Whatever cites policy 3 waits for it, unless the remote is known to have no more.
    w.complete = false;
    assert_eq!(w.chain("prod").stopped.map(|r| r.code), Some(Code::PolicyMissing));
    w.complete = true;
    assert_eq!(w.chain("prod").junk[0].refusal.code, Code::PolicyUnknown);
}

#[test]
fn the_root_is_pinned() {
    let mut w = World::new();
    w.up("1.0.0");
    w.pin = Some(w.ledger().policies().root());
    assert!(w.try_ledger().is_ok());
    w.pin = Some(Digest::of(b"another"));
    assert_eq!(w.try_ledger().err().map(|r| r.code), Some(Code::RootMismatch));
    w.pin = None;
    // A root signed by somebody who is no maintainer of its own documents.
    let tag = w.tag(&policy(1));
    let record = Record { by: by("mal"), ..tag.record().clone() };
    w.forge(&policy(1), record, *tag.target(), tag.time().0, &key("mal"));
    assert_eq!(w.try_ledger().err().map(|r| r.code), Some(Code::NotAllowed));
}

#[test]
fn an_entry_cites_the_policy_of_its_time() {
    let mut w = World::new();
    w.up("1.0.0");
    let old = w.plan("ada", PointerAction::Hold, "prod", None, why("under policy 1")).unwrap();
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 2h"), &principals(&[])).unwrap();
    let published = w.tag(&policy(2)).time();
    for (after, expected) in [(0, None), (600, None), (601, Some(Code::PolicyOutdated))] {
        let plan = Plan { time: Timestamp(published.0 + after), ..old.clone() };
        w.now = published.0 + 1000;
        w.write(&plan, "ada");
        assert_eq!(w.verify("prod").err().map(|r| r.code), expected, "{after}");
    }
    // Two behind is too far, however soon.
    w.refs.remove(&pointer("prod", 2).full());
    w.now = published.0 + 5;
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 3h"), &principals(&[])).unwrap();
    let plan = Plan { time: Timestamp(w.now), ..old.clone() };
    w.write(&plan, "ada");
    assert_eq!(w.live("prod"), Err(Code::PolicyOutdated));
    // Before the policy that it cites existed.
    w.refs.remove(&pointer("prod", 2).full());
    let early = w.plan("ada", PointerAction::Hold, "prod", None, why("early")).unwrap();
    let plan = Plan { time: Timestamp(published.0), ..early };
    w.write(&plan, "ada");
    assert_eq!(w.live("prod"), Err(Code::TimeBeforeCited));
}

#[test]
fn whoever_knows_a_newer_policy_takes_nothing_new_from_before() {
    let mut w = World::new();
    w.up("1.0.0");
    let old = w.plan("ada", PointerAction::Hold, "prod", None, why("backdated")).unwrap();
    w.now += 10;
    let fired = principals(&[(
        "roles: { maintainer: true, releaser: [\"**\"], promoter: { \"*\": [\"**\"] } }",
        "roles: { releaser: [\"**\"] }",
    )]);
    w.publish("ben", POLICY, &fired).unwrap();
    w.now += HOUR;
    w.remember("prod");
    // Ada, no promoter any more, writes into the time before.
    w.write(&old, "ada");
    let chain = w.chain("prod");
    assert_eq!((chain.entries.len(), chain.junk[0].refusal.code), (1, Code::PolicyOutdated));
    // Whoever comes fresh cannot know; the mark is what protects.
    w.marks = Marks::default();
    assert_eq!(w.chain("prod").entries.len(), 2);
}

#[test]
fn a_revoked_key_needs_a_seal_and_a_retired_one_does_not() {
    let mut w = World::new();
    w.up("1.0.0");
    let state = |state: &str| principals(&[("state: active # ada", &format!("state: {state}"))]);
    w.publish("ben", POLICY, &state("retired")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    assert_eq!(w.point("ada", PointerAction::Hold, "prod", None, why("x")), Err(vec![Code::KeyRetired]));
    let commit = w.commit(&documents(POLICY, &state("revoked")));
    let plan = w.ledger().plan_policy(commit, &Root::TOP, by("ben"), None).unwrap();
    let seals: Vec<String> = plan.seals.iter().map(|(e, i, r)| format!("{e} {i} {}", r.code)).collect();
    assert_eq!(
        seals,
        [
            "dev support/triage tip-key-revoked",
            "prod support/triage tip-key-revoked",
            "staging support/triage tip-key-revoked"
        ]
    );
    w.now += 1;
    let name = w.write(&plan.plan, "ben");
    assert_eq!(w.live("prod"), Err(Code::TipKeyRevoked));
    assert_eq!(w.point("ada", PointerAction::Hold, "prod", None, why("x")), Err(vec![Code::KeyRevoked]));
    // A hold by somebody else is no seal.
    let held = w.refs.clone();
    w.point("ben", PointerAction::Hold, "prod", None, why("look first")).unwrap();
    assert_eq!(w.live("prod"), Err(Code::TipKeyRevoked));
    w.refs = held;
    // The seal vouches for pointer and release, under the policy that knows of the revocation.
    w.point("dee", PointerAction::Seal, "prod", None, why("ada's laptop was stolen; nothing was touched")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    assert_eq!(w.tag(&pointer("prod", 2)).record().policy.unwrap().digest, w.tag(&name).digest());
    // Promoting ada's release anew is refused: it is released again under another version.
    assert_eq!(
        w.point("cy", PointerAction::Promote, "dev", Some("1.0.0"), None),
        Err(vec![Code::AlreadyLive, Code::ReleaseKeyRevoked])
    );
    // When the sealer's key falls too, the next seal is asked for.
    let both = principals(&[("state: active # ada", "state: revoked"), ("state: active # dee", "state: revoked")]);
    w.publish("ben", POLICY, &both).unwrap();
    assert_eq!(w.live("prod"), Err(Code::TipKeyRevoked));
    w.point("ben", PointerAction::Seal, "prod", None, why("again")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn a_seal_can_be_written_with_the_policy_that_needs_it() {
    let mut w = World::new();
    w.up("1.0.0");
    let revoked = principals(&[("state: active # ada", "state: revoked")]);
    let commit = w.commit(&documents(POLICY, &revoked));
    let (seal, published) = {
        let ledger = w.ledger();
        let plan = ledger.plan_policy(commit, &Root::TOP, by("ben"), None).unwrap();
        let draft = plan.plan.draft("Ben", "ben@example.com").unwrap();
        let tag = draft.clone().sign(&sign(&draft.payload().unwrap(), &key("ben"))).unwrap();
        let link = ledger::record::Link { sequence: Sequence::new(2).unwrap(), digest: tag.digest() };
        let under = Under { link, time: tag.time(), policy: &plan.policy };
        let intent = PointerIntent {
            environment: env("prod"),
            prompt: id(),
            action: PointerAction::Seal,
            release: None,
            by: by("ben"),
            reason: why("sealed"),
        };
        (ledger.plan_pointer_under(&intent, &under).unwrap(), tag)
    };
    assert!(seal.is_ready(), "{:?}", seal.demands);
    w.put(&policy(2), &published.bytes());
    w.write(&seal, "ben");
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    assert_eq!(w.live("dev"), Err(Code::TipKeyRevoked));
}

#[test]
fn a_policy_in_the_released_commit_means_nothing() {
    let mut w = World::new();
    let mut files = documents(
        &POLICY.replace("soak: 1h", "soak: 0s"),
        &principals(&[("releaser: [\"other/**\"]", "maintainer: true")]),
    );
    files.push((format!("prompts/{ID}.md"), "1.0.0 low evil".to_owned()));
    let commit = w.commit(&files);
    let plan = w.ledger().plan_release(commit, &id(), by("mal"), None).unwrap();
    assert!(!plan.is_ready());
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    w.promote("ada", "dev", "1.0.0").unwrap();
    assert_eq!(w.promote("mal", "staging", "1.0.0"), Err(vec![Code::NotAllowed]));
}
