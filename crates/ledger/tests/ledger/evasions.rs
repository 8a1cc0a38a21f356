//! Ways around a demand that an insider, or whoever holds an old key, may try, each with the exact code it meets.

use ledger::admission::{Arrival, Server, admit};
use ledger::record::{ApprovalBody, Body, Decision, PointerAction, Reason, Record, Root};
use ledger::*;
use source::{Risk, Timestamp};

use crate::world::*;

/// 1.0.0 is live in prod; 1.1.0 has been through staging.
fn world(risk: Risk) -> World {
    let mut w = World::new();
    w.up("1.0.0");
    stage(&mut w, "1.1.0", risk);
    w
}

fn stage(w: &mut World, v: &str, risk: Risk) {
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
fn squatted_attempts_stop_nobody() {
    let mut w = world(Risk::High);
    let key16 = refname::Hex16::of(&by("ben").key_digest());
    let name = |k: u8| {
        let attempt = refname::Attempt::new(k).unwrap();
        RefName::Approval(env("prod"), id(), Sequence::new(2).unwrap(), key16, attempt)
    };
    w.put(&name(99), b"junk");
    w.put(&name(1), b"junk");
    assert_eq!(w.approve("ben", "prod", "1.1.0", Decision::Approve), Ok(name(2)));
    w.promote("ada", "prod", "1.1.0").unwrap();
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
    let mut w = world(Risk::High);
    for k in 1..=99 {
        w.put(&name(k), b"junk");
    }
    let release = w.ledger().release(&id(), &version("1.1.0")).unwrap().unwrap();
    let refused = w.ledger().plan_approval(&env("prod"), &release, Decision::Approve, None, by("ben"), None);
    let refusal = refused.unwrap_err();
    assert_eq!(refusal.code, Code::NumbersExhausted);
    assert!(refusal.detail.contains(&format!("git tag -d {}", name(1))), "{}", refusal.detail);
}

#[test]
fn a_fork_by_a_revoked_key_is_junk() {
    let mut w = World::new();
    w.up("1.0.0");
    let far = ledger::record::Link { sequence: Sequence::new(7).unwrap(), digest: source::Digest::of(b"nowhere") };
    let mut plan = w.plan("cy", PointerAction::Hold, "prod", None, why("a fork")).unwrap();
    let n = Sequence::new(8).unwrap();
    let Body::Pointer(body) = &mut plan.record.body else { unreachable!() };
    body.position = ledger::record::Position::after(Some(far), n).unwrap();
    plan.name = pointer("prod", 8);
    w.write(&plan, "cy");
    assert_eq!(w.live("prod"), Err(Code::ChainGap));
    w.now += 10;
    w.publish("ada", POLICY, &principals(&[("state: active # cy", "state: revoked")])).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    assert_eq!(w.chain("prod").junk[0].refusal.code, Code::KeyRevoked);
    w.point("ben", PointerAction::Hold, "prod", None, why("onwards")).unwrap();
}

/// A pointer of prod under the number `n`, by `who`, changed by `alter`, signed at `time`.
fn forged(w: &mut World, who: &str, n: u32, time: i64, alter: impl FnOnce(&mut ledger::record::PointerBody)) {
    let mut plan = w.plan(who, PointerAction::Hold, "prod", None, why("by hand")).unwrap();
    let Body::Pointer(body) = &mut plan.record.body else { unreachable!() };
    let n = Sequence::new(n).unwrap();
    body.position = ledger::record::Position::after(body.position.previous, n).unwrap();
    alter(body);
    plan.name = RefName::Pointer(env("prod"), id(), n);
    plan.time = Timestamp(time);
    w.write(&plan, who);
}

#[test]
fn a_date_in_the_far_future_stops_nobody() {
    let mut w = World::new();
    w.up("1.0.0");
    w.remember("prod");
    let far = w.now + 8 * 24 * HOUR;
    forged(&mut w, "cy", 2, far, |_| {});
    assert_eq!(w.live("prod"), Err(Code::ClockBehind), "who verifies is told of it");
    let resolved = w.ledger().verified(&env("prod"), &id(), Beyond::PassWithMark, Depth::Tip);
    assert_eq!(resolved.unwrap().live().unwrap().version, version("1.0.0"));
    w.point("ben", PointerAction::Hold, "prod", None, why("past it")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // A policy counts for nothing before enough have approved it, whatever its date.
    let two = POLICY.replace("policy_changes: { approvals: 0 }", "policy_changes: { approvals: 1 }");
    let mut w = World::with_policy(&two);
    w.up("1.0.0");
    let commit = w.commit(&documents(&two.replace("soak: 1h", "soak: 2h"), &principals(&[])));
    let plan = w.ledger().plan_policy(commit, &Root::TOP, by("ada"), None).unwrap().plan;
    w.write(&Plan { time: Timestamp(w.now + HOUR), ..plan }, "ada");
    assert_eq!(w.live("prod"), Err(Code::ApprovalsMissing));
    assert_eq!(w.ledger().policies().current().link().sequence, Sequence::FIRST);
}

#[test]
fn a_leap_uses_up_no_numbers() {
    let mut w = World::new();
    w.up("1.0.0");
    let now = w.now;
    forged(&mut w, "cy", 99_999_999, now, |_| {});
    assert_eq!(w.chain("prod").junk[0].refusal.code, Code::SkipFree);
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("on")), Ok(pointer("prod", 2)));
    // A small one is an entry, as it always was.
    let now = w.now;
    forged(&mut w, "cy", 10, now, |_| {});
    assert_eq!(w.chain("prod").tip().unwrap().link().sequence.get(), 10);
    // Numbers that somebody took count for none: whoever squats cannot make a chain end.
    for n in 11..=10_020 {
        w.put(&pointer("prod", n), b"junk");
    }
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("past all")), Ok(pointer("prod", 10_021)));
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn what_was_made_up_is_not_waited_for() {
    let mut w = world(Risk::Low);
    let nowhere = ledger::record::Link { sequence: Sequence::new(99).unwrap(), digest: source::Digest::of(b"nowhere") };
    let plan = w.plan("ada", PointerAction::Promote, "prod", Some("1.1.0"), None).unwrap();
    let before = w.refs.clone();
    let mut lies = plan.clone();
    let Body::Pointer(body) = &mut lies.record.body else { unreachable!() };
    body.after = vec![ledger::record::Upstream { environment: env("staging"), link: nowhere }];
    w.write(&lies, "ada");
    assert_eq!(w.live("prod"), Err(Code::OrderUnmet));
    w.complete = false;
    assert_eq!(w.live("prod"), Err(Code::ObjectMissing));
    w.complete = true;
    w.point("ben", PointerAction::Hold, "prod", None, why("past it")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // The same of an approval.
    w.refs = before;
    stage(&mut w, "1.2.0", Risk::High);
    let mut lies = w.plan("ada", PointerAction::Promote, "prod", Some("1.2.0"), None).unwrap();
    let Body::Pointer(body) = &mut lies.record.body else { unreachable!() };
    body.approvals = vec![source::Digest::of(b"nowhere")];
    w.write(&lies, "ada");
    assert_eq!(w.live("prod"), Err(Code::ApprovalsMissing));
    w.complete = false;
    assert_eq!(w.live("prod"), Err(Code::ObjectMissing));
}

#[test]
fn a_newer_format_stops_only_where_it_must() {
    let mut w = World::new();
    w.up("1.0.0");
    w.remember("prod");
    let newer = |w: &World, who: &str, n: u32| {
        let mut plan = w.plan("ben", PointerAction::Hold, "prod", None, why("in the new way")).unwrap();
        plan.record.by = by(who);
        let Body::Pointer(body) = &mut plan.record.body else { unreachable!() };
        body.position = ledger::record::Position::after(body.position.previous, Sequence::new(n).unwrap()).unwrap();
        let plan = Plan { name: pointer("prod", n), ..plan };
        let payload = plan.draft("Somebody", "somebody@example.com").unwrap().payload().unwrap();
        let payload = String::from_utf8(payload).unwrap().replacen("Format: 1", "Format: 2", 1);
        format!("{payload}{}", sign(payload.as_bytes(), &key(who))).into_bytes()
    };
    let ours = newer(&w, "cy", 2);
    w.put(&pointer("prod", 2), &ours);
    assert_eq!(w.live("prod"), Err(Code::FormatNewer));
    // What this machine has verified goes on to serve; nobody writes over the newer entry.
    let resolved = w.ledger().verified(&env("prod"), &id(), Beyond::PassWithMark, Depth::Tip);
    assert_eq!(resolved.unwrap().live().unwrap().version, version("1.0.0"));
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("x")), Err(vec![Code::FormatNewer]));
    // One who may not write there, a number that no honest writer takes, a key that is none any more.
    w.refs.remove(&pointer("prod", 2).full());
    for (who, n) in [("mal", 2), ("cy", 9)] {
        let bytes = newer(&w, who, n);
        w.put(&pointer("prod", n), &bytes);
        let chain = w.chain("prod");
        assert!(chain.stopped.is_none(), "{who}");
        assert_eq!(chain.junk[0].refusal.code, Code::FormatNewer, "{who}");
        w.refs.remove(&pointer("prod", n).full());
    }
    w.put(&pointer("prod", 2), &ours);
    w.now += 10;
    w.publish("ada", POLICY, &principals(&[("state: active # cy", "state: revoked")])).unwrap();
    assert!(w.chain("prod").stopped.is_none());
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("on")), Ok(pointer("prod", 3)));
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

#[test]
fn a_fork_is_passed_over_by_who_says_so() {
    let mut w = World::new();
    w.up("1.0.0");
    let far = ledger::record::Link { sequence: Sequence::new(7).unwrap(), digest: source::Digest::of(b"nowhere") };
    let now = w.now;
    forged(&mut w, "cy", 8, now, |body| {
        body.position = ledger::record::Position::after(Some(far), Sequence::new(8).unwrap()).unwrap();
    });
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("x")), Err(vec![Code::ChainGap]));
    let plan = {
        let ledger = w.ledger().over_conflicts(true);
        let intent = PointerIntent {
            environment: env("prod"),
            prompt: id(),
            action: PointerAction::Hold,
            release: None,
            by: by("ben"),
            reason: why("we looked: there is no entry 7"),
        };
        ledger.plan_pointer(&intent).unwrap()
    };
    let hold = w.write(&plan, "ben");
    assert_eq!(hold, pointer("prod", 9));
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}
