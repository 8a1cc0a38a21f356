//! Ways to stop everybody that an insider, a stranger or an old key may try: what one of them can make up is junk, not a
//! reason to wait.

use ledger::record::{Body, Decision, PointerAction, Root};
use ledger::*;
use source::{Risk, Timestamp};

use crate::evasions::{stage, world};
use crate::world::*;

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

/// A hold by ben, who has looked at what he passes over.
fn point_over_conflicts(w: &mut World, reason: &str) -> RefName {
    let plan = {
        let intent = PointerIntent {
            environment: env("prod"),
            prompt: id(),
            action: PointerAction::Hold,
            release: None,
            by: by("ben"),
            reason: why(reason),
        };
        w.ledger().over_conflicts(true).plan_pointer(&intent).unwrap()
    };
    w.write(&plan, "ben")
}

#[test]
fn a_slow_clock_forks_nothing() {
    let mut w = world(Risk::Low);
    w.now += 30 * 24 * HOUR;
    w.promote("ada", "prod", "1.1.0").unwrap();
    w.now -= 9 * 24 * HOUR;
    assert_eq!(w.live("prod"), Err(Code::ClockBehind), "nothing is taken for what is live");
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("late")), Err(vec![Code::ClockBehind]));
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
    // Whoever writes looks first: were it this clock that is slow, the entry would fork the ledger.
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("past it")), Err(vec![Code::ClockBehind]));
    point_over_conflicts(&mut w, "its date is made up");
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
fn a_fork_is_passed_over_by_who_says_so() {
    let mut w = World::new();
    w.up("1.0.0");
    let far = ledger::record::Link { sequence: Sequence::new(7).unwrap(), digest: source::Digest::of(b"nowhere") };
    let now = w.now;
    forged(&mut w, "cy", 8, now, |body| {
        body.position = ledger::record::Position::after(Some(far), Sequence::new(8).unwrap()).unwrap();
    });
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("x")), Err(vec![Code::ChainGap]));
    assert_eq!(point_over_conflicts(&mut w, "we looked: there is no entry 7"), pointer("prod", 9));
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn what_is_missing_before_a_revoked_keys_entries_is_a_gap() {
    let mut w = World::new();
    w.up("1.0.0");
    for n in 2..=3 {
        assert_eq!(w.point("cy", PointerAction::Hold, "prod", None, why(&format!("hold {n}"))), Ok(pointer("prod", n)));
    }
    w.now += 10;
    w.publish("ada", POLICY, &principals(&[("state: active # cy", "state: revoked")])).unwrap();
    w.point("ben", PointerAction::Hold, "prod", None, why("sound")).unwrap();
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // A sound key's entry follows it, so it was one: whether or not everything was fetched, something is missing.
    for (missing, complete) in [(1, true), (1, false), (2, true), (2, false)] {
        let gone = w.refs.remove(&pointer("prod", missing).full()).unwrap();
        w.complete = complete;
        assert_eq!(w.live("prod"), Err(Code::ChainGap), "{missing} {complete}");
        w.refs.insert(pointer("prod", missing).full(), gone);
    }
    // Without one, it is a gap until everything was fetched: then a thief's invention holds up nobody.
    w.refs.remove(&pointer("prod", 4).full());
    w.refs.remove(&pointer("prod", 2).full());
    assert_eq!(w.live("prod"), Err(Code::ChainGap));
    w.complete = true;
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}
