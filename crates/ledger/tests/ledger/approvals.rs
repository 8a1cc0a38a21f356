//! Approvals: counted once a person, bound to one place in one chain, void when it moves.

use ledger::record::{ApprovalBody, Body, Decision, PointerAction};
use ledger::*;
use source::{Digest, Risk, Timestamp};

use crate::world::*;

/// 1.0.0 is live in prod; 1.1.0, of high risk, is ready to go there.
fn world() -> World {
    let mut w = World::new();
    w.up("1.0.0");
    stage(&mut w, "1.1.0", Risk::High);
    w
}

fn stage(w: &mut World, v: &str, risk: Risk) {
    w.release("ada", v, risk).unwrap();
    w.promote("ada", "dev", v).unwrap();
    w.promote("ada", "staging", v).unwrap();
    w.now += HOUR;
}

/// Writes the promotion whatever its demands, citing `cite`, and says what verifying meets.
fn anyway(w: &mut World, who: &str, cite: Vec<Digest>) -> Result<String, Code> {
    let mut plan = w.plan(who, PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    let Body::Pointer(body) = &mut plan.record.body else { unreachable!() };
    body.approvals = cite;
    body.approvals.sort();
    let before = w.refs.clone();
    w.write(&plan, who);
    let outcome = w.live("prod");
    w.refs = before;
    outcome
}

fn digest(w: &World, name: &RefName) -> Digest {
    w.tag(name).digest()
}

#[test]
fn high_risk_needs_somebody_else() {
    let mut w = world();
    assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]));
    let plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    let demand = plan.unmet().next().unwrap();
    assert_eq!(demand.who, ["ben@example.com", "cy@example.com", "dee@example.com"]);
    assert!(demand.at.is_some());
    assert_eq!(anyway(&mut w, "ada", vec![]), Err(Code::ApprovalsMissing));
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    w.promote("ada", "prod", "1.1.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
    // Risk that was live decides as well: going back to low by promotion still needs a word.
    stage(&mut w, "1.2.0", Risk::Low);
    assert_eq!(w.promote("ada", "prod", "1.2.0"), Err(vec![Code::ApprovalsMissing]));
    // A rollback does not.
    w.rollback("ben", "prod").unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn the_promoter_the_releaser_and_machines_do_not_count() {
    let mut w = world();
    // The releaser cannot even plan one, and one written anyway does not count.
    let own = w.approve("ada", "prod", "1.1.0", Decision::Approve);
    assert_eq!(own, Err(vec![Code::NotAllowed, Code::ApprovalOwn]));
    // The promoter's own.
    let cy = w.approve("cy", "prod", "1.1.0", Decision::Approve).unwrap();
    assert_eq!(w.promote("cy", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]));
    let cited = digest(&w, &cy);
    assert_eq!(anyway(&mut w, "cy", vec![cited]), Err(Code::ApprovalsMissing));
    assert_eq!(anyway(&mut w, "ada", vec![cited]), Ok("1.1.0".to_owned()));
    // Dee releases and may approve: not her own.
    w.release("dee", "1.3.0", Risk::High).unwrap();
    assert_eq!(w.approve("dee", "prod", "1.3.0", Decision::Approve), Err(vec![Code::ApprovalOwn]));
}

#[test]
fn one_person_counts_once() {
    let two = POLICY.replace("needed: 1", "needed: 2");
    let mut w = World::with_policy(&two);
    w.up("1.0.0");
    stage(&mut w, "1.1.0", Risk::High);
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]));
    let both: Vec<Digest> = {
        let ledger = w.ledger();
        let n = ledger.chain(&env("prod"), &id()).unwrap().next(false).unwrap().sequence;
        ledger.ballots_of(&env("prod"), &id(), n).unwrap().valid.iter().map(|b| b.tag().digest()).collect()
    };
    assert_eq!(both.len(), 2);
    assert_eq!(anyway(&mut w, "ada", both), Err(Code::ApprovalsMissing));
    // Two keys of one person are one person.
    let second = key("ben's second");
    let line = second.public_key().to_openssh().unwrap();
    let with = principals(&[("state: active # ben", &format!("state: active # ben\n      - ssh: {line}"))]);
    w.publish("ada", &two, &with).unwrap();
    let plan = {
        let ledger = w.ledger();
        let release = ledger.release(&id(), &version("1.1.0")).unwrap().unwrap();
        ledger.plan_approval(&env("prod"), &release, Decision::Approve, None, by_with("ben", &second), None).unwrap()
    };
    assert!(plan.is_ready());
    w.write_with(&plan, &second);
    assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]));
    w.approve("dee", "prod", "1.1.0", Decision::Approve).unwrap();
    w.promote("ada", "prod", "1.1.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
}

#[test]
fn an_approval_is_for_one_place_only() {
    let mut w = world();
    let name = w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    let old = digest(&w, &name);
    // The chain moves: the approval is void.
    w.point("ben", PointerAction::Hold, "prod", None, why("wait")).unwrap();
    let said = why("now");
    assert_eq!(
        w.point("ada", PointerAction::Promote, "prod", Some("1.1.0"), said.clone()),
        Err(vec![Code::ApprovalsMissing])
    );
    let mut plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.1.0"), said).unwrap();
    let Body::Pointer(body) = &mut plan.record.body else { unreachable!() };
    body.approvals = vec![old];
    w.write(&plan, "ada");
    // It is not among the words about this number: whoever cites it cites nothing that is here.
    assert_eq!(w.live("prod"), Err(Code::ApprovalsMissing));
}

#[test]
fn forged_and_foreign_approvals_do_not_count() {
    let base = world();
    type Alter = Box<dyn Fn(&mut ApprovalBody, &mut Record)>;
    let cases: Vec<(&str, Alter)> = vec![
        ("another release", Box::new(|b, _| b.release = Digest::of(b"x"))),
        ("another content", Box::new(|b, _| b.content = Digest::of(b"x"))),
        ("another predecessor", Box::new(|b, _| b.previous = None)),
        ("another ledger", Box::new(|_, r| r.repository = Some(Digest::of(b"x")))),
        ("expired", Box::new(|b, _| b.expires = Some(Timestamp(START)))),
    ];
    for (what, alter) in cases {
        let mut w = world();
        let name = w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
        let tag = w.tag(&name);
        let mut record = tag.record().clone();
        let Body::Approval(mut body) = record.body.clone() else { unreachable!() };
        alter(&mut body, &mut record);
        record.body = Body::Approval(body);
        w.forge(&name, record, *tag.target(), tag.time().0, &key("ben"));
        let cited = digest(&w, &name);
        assert_eq!(anyway(&mut w, "ada", vec![cited]), Err(Code::ApprovalsMissing), "{what}");
        assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]), "{what}");
    }
    // Signed by a stranger under ben's name, or by somebody who may not.
    for who in ["eve", "mal"] {
        let mut w = world();
        let name = w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
        let tag = w.tag(&name);
        w.forge(&name, tag.record().clone(), *tag.target(), tag.time().0, &key(who));
        let cited = digest(&w, &name);
        assert_eq!(anyway(&mut w, "ada", vec![cited]), Err(Code::ApprovalsMissing), "{who}");
    }
    // For staging, copied to prod's name; for prod, of another number.
    let mut w = base;
    let name = w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    let bytes = w.tag(&name).bytes();
    let other: RefName = name.to_string().replace("@00000002", "@00000003").parse().unwrap();
    w.put(&other, &bytes);
    let void = w.ledger().ballots_of(&env("prod"), &id(), Sequence::new(3).unwrap()).unwrap();
    assert_eq!((void.valid.len(), void.void[0].refusal.code), (0, Code::RefMismatch));
}

#[test]
fn approvals_age() {
    let mut w = world();
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    w.now += 4 * 24 * HOUR;
    assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]));
}

#[test]
fn an_approval_outlives_a_policy_that_still_allows_it() {
    let mut w = world();
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    let before = w.refs.clone();
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 30m"), &principals(&[])).unwrap();
    w.promote("ada", "prod", "1.1.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
    for edit in [("state: active # ben", "state: revoked"), ("approver: { prod: [\"**\"] }, operator", "operator")] {
        w.refs = before.clone();
        w.publish("ada", POLICY, &principals(&[edit])).unwrap();
        assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]), "{edit:?}");
    }
}

#[test]
fn a_rejection_blocks_until_the_same_person_approves() {
    let mut w = world();
    w.approve("dee", "prod", "1.1.0", Decision::Approve).unwrap();
    let reject = w.approve("ben", "prod", "1.1.0", Decision::Reject).unwrap();
    assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalRejected]));
    // Not citing it does not help.
    let mut plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    plan.demands.clear();
    let before = w.refs.clone();
    w.write(&plan, "ada");
    let refusal = w.verify("prod").unwrap_err();
    assert_eq!(refusal.code, Code::ApprovalRejected);
    assert!(refusal.detail.contains("not like this"));
    // But it is history, not junk: the next entry goes on from it and clears the air.
    w.rollback("ben", "prod").unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    w.refs = before;
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    w.promote("ada", "prod", "1.1.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
    // A rejection that comes after the promotion changes nothing, nor does one by a stranger.
    let tag = w.tag(&reject);
    let late: RefName = reject.to_string().replace(".01", ".03").parse().unwrap();
    let time = w.now;
    w.forge(&late, tag.record().clone(), *tag.target(), time, &key("ben"));
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
    w.forge(&late, tag.record().clone(), *tag.target(), tag.time().0, &key("eve"));
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
    // One dated back by somebody who has lost the right since does not count either.
    w.forge(&late, tag.record().clone(), *tag.target(), tag.time().0 + 1, &key("ben"));
    assert_eq!(w.live("prod"), Err(Code::ApprovalRejected));
    w.publish("ada", POLICY, &principals(&[("state: active # ben", "state: revoked")])).unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
}

#[test]
fn upstream_that_moved_on_no_longer_vouches() {
    let mut w = world();
    w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
    let plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    assert!(plan.is_ready());
    // Staging rolls back before the promotion is written.
    w.rollback("ada", "staging").unwrap();
    assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::OrderUnmet]));
    let late = Plan { time: Timestamp(w.now), ..plan };
    w.write(&late, "ada");
    assert_eq!(w.live("prod"), Err(Code::OrderUnmet));
    assert_eq!(w.chain("prod").entries.len(), 2);
}
