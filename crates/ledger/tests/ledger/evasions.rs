//! Ways around a demand that an insider, or whoever holds an old key, may try, each with the exact code it meets.

use ledger::admission::{Arrival, Server, admit};
use ledger::record::{ApprovalBody, Body, Decision, PointerAction, Reason, Record, Root};
use ledger::*;
use source::{Risk, Timestamp};

use crate::world::*;

/// 1.0.0 is live in prod; 1.1.0 has been through staging.
pub(crate) fn world(risk: Risk) -> World {
    let mut w = World::new();
    w.up("1.0.0");
    stage(&mut w, "1.1.0", risk);
    w
}

pub(crate) fn stage(w: &mut World, v: &str, risk: Risk) {
    w.release("ada", v, risk).unwrap();
    w.promote("ada", "dev", v).unwrap();
    w.promote("ada", "staging", v).unwrap();
    w.now += HOUR;
}

/// Writes the promotion of 1.1.0 whatever speaks against it.
fn promote_anyway(w: &mut World, who: &str) {
    let plan = w.plan(who, PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    w.now = plan.time.0;
    w.write(&plan, who);
}

/// What a server that holds `before` says of everything that is in `w` besides.
fn pushed(w: &World, before: &World) -> Vec<Code> {
    let new = w.refs.iter().filter(|(name, _)| !before.refs.contains_key(*name));
    let arrivals: Vec<Arrival> =
        new.map(|(name, id)| Arrival { name: name.clone(), old: None, new: Some(*id) }).collect();
    let mut server = World { refs: before.refs.clone(), ..World::empty() };
    server.objects = w.objects.clone();
    server.commits = w.commits.clone();
    server.now = w.now;
    let reachable = |_: &ObjectId, _: Option<&str>| Ok(None);
    let answer = admit(&Server { judge: server.judge(), pin: None, late: 600, reachable: &reachable }, &arrivals);
    answer.refusals.into_iter().map(|r| r.code).collect()
}

fn copy(w: &World) -> World {
    let mut other = World { refs: w.refs.clone(), ..World::empty() };
    other.objects = w.objects.clone();
    other.commits = w.commits.clone();
    other.now = w.now;
    other.marks = w.marks.clone();
    other
}

/// A decision about prod's next entry, signed by `who` as of `time`, under the policy `cited`.
fn ballot(w: &mut World, who: &str, v: &str, decision: Decision, time: i64, cited: u32) -> RefName {
    let (name, record, target) = {
        let ledger = w.ledger();
        let release = ledger.release(&id(), &version(v)).unwrap().unwrap();
        let position = ledger.chain(&env("prod"), &id()).unwrap().next(true).unwrap();
        let body = ApprovalBody {
            environment: env("prod"),
            prompt: id(),
            sequence: position.sequence,
            previous: position.previous,
            release: release.tag().digest(),
            content: release.body().content,
            decision,
            expires: None,
        };
        let policies = ledger.policies();
        let record = Record {
            repository: Some(policies.root()),
            by: by(who),
            body: Body::Approval(body),
            policy: policies.at(Sequence::new(cited).unwrap()).map(|entry| entry.link()),
            reason: (decision == Decision::Reject).then(|| Reason::new("no").unwrap()),
        };
        let key16 = refname::Hex16::of(&record.by.key_digest());
        let attempt = refname::Attempt::new(1).unwrap();
        (RefName::Approval(env("prod"), id(), position.sequence, key16, attempt), record, *release.id())
    };
    w.forge(&name, record, target, time, &key(who));
    name
}

fn hold(w: &mut World) {
    w.point("cy", PointerAction::Hold, "prod", None, why("nothing to see here")).unwrap();
}

#[test]
fn a_hold_hides_no_rejection() {
    let mut w = world(Risk::Low);
    w.approve("ben", "prod", "1.1.0", Decision::Reject).unwrap();
    let server = copy(&w);
    promote_anyway(&mut w, "ada");
    assert_eq!(w.live("prod"), Err(Code::ApprovalRejected));
    hold(&mut w);
    assert_eq!(w.live("prod"), Err(Code::ApprovalRejected));
    // Nor does a seal, nor does a server let both in at once.
    w.point("dee", PointerAction::Seal, "prod", None, why("looks fine")).unwrap();
    assert_eq!(w.live("prod"), Err(Code::ApprovalRejected));
    assert_eq!(pushed(&w, &server), [Code::ApprovalRejected]);
    // The way out: back, which nobody can block, or forward with a promotion that nobody rejects.
    let stuck = copy(&w);
    w.rollback("ben", "prod").unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    let mut w = stuck;
    stage(&mut w, "1.2.0", Risk::Low);
    w.point("ada", PointerAction::Promote, "prod", Some("1.2.0"), why("the fix")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.2.0".to_owned()));
}

#[test]
fn a_hold_hides_no_upstream_that_moved_on() {
    let mut w = world(Risk::Low);
    let plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    w.rollback("ada", "staging").unwrap();
    let server = copy(&w);
    w.now += 1;
    w.write(&Plan { time: Timestamp(w.now), ..plan }, "ada");
    w.now += 1;
    hold(&mut w);
    assert_eq!(w.live("prod"), Err(Code::OrderUnmet));
    assert_eq!(pushed(&w, &server), [Code::OrderUnmet]);
}

#[test]
fn a_decision_is_no_older_than_what_it_is_about() {
    let mut w = world(Risk::High);
    let released = w.tag(&RefName::Release(id(), version("1.1.0"))).time().0;
    let void = |w: &World| {
        let ledger = w.ledger();
        let ballots = ledger.ballots_of(&env("prod"), &id(), Sequence::new(2).unwrap()).unwrap();
        ballots.void.iter().map(|v| v.refusal.code).collect::<Vec<_>>()
    };
    let name = ballot(&mut w, "ben", "1.1.0", Decision::Approve, released - 1, 1);
    assert_eq!(void(&w), [Code::TimeBeforeCited]);
    assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]));
    let mut plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    let Body::Pointer(body) = &mut plan.record.body else { unreachable!() };
    body.approvals = vec![w.tag(&name).digest()];
    w.write(&plan, "ada");
    assert_eq!(w.live("prod"), Err(Code::ApprovalsMissing));
    w.refs.remove(&pointer("prod", 2).full());
    // A rejection dated last year takes nothing down.
    ballot(&mut w, "ben", "1.1.0", Decision::Reject, released - 1, 1);
    assert_eq!(void(&w), [Code::TimeBeforeCited]);
    ballot(&mut w, "ben", "1.1.0", Decision::Approve, released, 1);
    w.promote("ada", "prod", "1.1.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
}

#[test]
fn a_retired_key_says_nothing_new() {
    let mut w = world(Risk::High);
    let then = w.now;
    w.now += 10;
    let retired = principals(&[("state: active # ben", "state: retired")]);
    w.publish("ada", POLICY, &retired).unwrap();
    w.now += HOUR;
    w.remember("prod");
    // Under the old policy, at a time when it was good.
    let name = ballot(&mut w, "ben", "1.1.0", Decision::Approve, then, 1);
    assert_eq!(w.promote("ada", "prod", "1.1.0"), Err(vec![Code::ApprovalsMissing]));
    let server = copy(&w);
    let mut plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    let Body::Pointer(body) = &mut plan.record.body else { unreachable!() };
    body.approvals = vec![w.tag(&name).digest()];
    w.write(&plan, "ada");
    assert_eq!(w.chain("prod").junk[0].refusal.code, Code::ApprovalsMissing);
    assert_eq!(pushed(&w, &server), [Code::ApprovalsMissing]);
    // Nor does it reject what is live.
    let mut w = world(Risk::Low);
    let then = w.now;
    ballot(&mut w, "ben", "1.1.0", Decision::Reject, then, 1);
    promote_anyway(&mut w, "ada");
    assert_eq!(w.live("prod"), Err(Code::ApprovalRejected));
    w.now += 10;
    w.publish("ada", POLICY, &retired).unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
}

#[test]
fn nobody_stops_a_rollback() {
    let mut w = world(Risk::Low);
    w.promote("ada", "prod", "1.1.0").unwrap();
    // Ben rejects going back to 1.0.0 under the next number.
    w.now += 1;
    let now = w.now;
    ballot(&mut w, "ben", "1.0.0", Decision::Reject, now, 1);
    w.point("cy", PointerAction::Rollback, "prod", None, why("it answers nonsense")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn risk_does_not_wash_off() {
    for wash in [PointerAction::Retire, PointerAction::Rollback] {
        let mut w = world(Risk::High);
        w.approve("ben", "prod", "1.1.0", Decision::Approve).unwrap();
        w.promote("ada", "prod", "1.1.0").unwrap();
        stage(&mut w, "1.2.0", Risk::Low);
        assert_eq!(w.promote("ada", "prod", "1.2.0"), Err(vec![Code::ApprovalsMissing]));
        w.point("ada", wash, "prod", None, why("wash")).unwrap();
        let again = |w: &mut World| w.point("ada", PointerAction::Promote, "prod", Some("1.2.0"), why("again"));
        assert_eq!(again(&mut w), Err(vec![Code::ApprovalsMissing]), "{wash:?}");
        let plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.2.0"), why("again")).unwrap();
        let before = w.refs.clone();
        w.write(&plan, "ada");
        assert_eq!(w.verify("prod").map(|_| ()).map_err(|r| r.code), Err(Code::ApprovalsMissing), "{wash:?}");
        // Whoever approves it answers for the risk; the promotion after it starts from there.
        w.refs = before;
        w.approve("ben", "prod", "1.2.0", Decision::Approve).unwrap();
        again(&mut w).unwrap();
        stage(&mut w, "1.3.0", Risk::Low);
        w.promote("ada", "prod", "1.3.0").unwrap();
        assert_eq!(w.live("prod"), Ok("1.3.0".to_owned()));
    }
}

#[test]
fn a_rejected_policy_is_refused_by_everybody() {
    let mut w = World::new();
    w.up("1.0.0");
    let lax = POLICY.replace("soak: 1h", "soak: 0s");
    let commit = w.commit(&documents(&lax, &principals(&[])));
    let reject = w.ledger().plan_policy_approval(commit, &Root::TOP, Decision::Reject, None, by("ben"), why("no"));
    w.now += 1;
    w.write(&reject.unwrap(), "ben");
    let server = copy(&w);
    let plan = w.ledger().plan_policy(commit, &Root::TOP, by("ada"), None).unwrap().plan;
    assert_eq!(plan.unmet().map(|d| d.refusal.as_ref().unwrap().code).collect::<Vec<_>>(), [Code::PolicyRejected]);
    w.write(&plan, "ada");
    assert_eq!(w.live("prod"), Err(Code::PolicyRejected));
    assert_eq!(pushed(&w, &server), [Code::PolicyRejected]);
    // Another policy does not settle it, unless whoever rejected takes part.
    let alone = copy(&w);
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 1m"), &principals(&[])).unwrap();
    assert_eq!(w.live("prod"), Err(Code::PolicyRejected));
    let mut w = alone;
    w.publish("ben", POLICY, &principals(&[])).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // Nobody vetoes their own removal.
    let fired = principals(&[("state: active # ben", "state: revoked")]);
    let commit = w.commit(&documents(POLICY, &fired));
    let reject = w.ledger().plan_policy_approval(commit, &Root::TOP, Decision::Reject, None, by("ben"), why("no"));
    w.now += 1;
    w.write(&reject.unwrap(), "ben");
    w.publish("ada", POLICY, &fired).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn a_policy_is_no_older_than_what_was_accepted_before_it() {
    let mut w = World::new();
    w.up("1.0.0");
    let accepted = w.tag(&pointer("prod", 1)).time().0;
    let server = copy(&w);
    // The publisher's clock is slow, by less than anybody refuses.
    w.now -= 200;
    w.publish("ada", &POLICY.replace("soak: 1h", "soak: 2h"), &principals(&[])).unwrap();
    assert_eq!(w.tag(&RefName::Policy(Sequence::new(2).unwrap())).time().0, accepted);
    assert!(pushed(&w, &server).is_empty());
    // Dated before all the same, a server says no: it would judge what was accepted under the policy before.
    let tag = w.tag(&RefName::Policy(Sequence::new(2).unwrap()));
    w.forge(tag.name(), tag.record().clone(), *tag.target(), accepted - 200, &key("ada"));
    assert_eq!(pushed(&w, &server), [Code::SignedLate]);
}
