//! A glance at a tip that was found in order before: it says what the whole reading says, or nothing.

use ledger::record::{Decision, Link, PointerAction, Record};
use ledger::*;
use source::{Risk, Snapshot, Timestamp};

use crate::world::*;

impl World {
    /// Remembers everything of the prompt, and that nothing speaks against its chain in `e`.
    fn clear(&mut self, e: &str) -> Clear {
        let clear = {
            let chain = self.verify(e).unwrap();
            Clear { policy: self.ledger().policies().current().link(), tip: chain.tip().unwrap().link() }
        };
        for e in ["dev", "staging", "prod"] {
            if self.chain(e).mark(Sequence::FIRST).is_some() {
                self.remember(e);
            }
        }
        self.pin = Some(self.ledger().policies().root());
        clear
    }

    fn glance(&self, clear: &Clear, e: &str) -> Option<Glance> {
        clear.glance(&self.judge(), &self.pin.unwrap(), &env(e), &id(), &self.marks)
    }
}

/// What a resolver says: by a glance, else by the whole reading, as it asks for it.
fn resolved(w: &World, clear: &Clear, e: &str) -> Result<String, Code> {
    if let Some(glance) = w.glance(clear, e) {
        return Ok(glance.tip.record().pointer().unwrap().version.to_string());
    }
    let ledger = w.try_ledger().map_err(|r| r.code)?;
    let chain = ledger.verified(&env(e), &id(), Beyond::PassWithMark, Depth::Tip).map_err(|r| r.code)?;
    chain.require_live().map(|(_, live)| live.version.to_string()).map_err(|r| r.code)
}

fn world() -> World {
    let mut w = World::new();
    w.up("1.0.0");
    w.up("1.1.0");
    w
}

fn world_and_pin() -> World {
    let mut w = world();
    w.clear("prod");
    w
}

#[test]
fn a_glance_says_what_the_whole_chain_says() {
    use PointerAction::{Hold, Promote, Retire, Rollback, Seal};

    let mut w = World::with_policy("format: 1\npolicy_changes: { approvals: 0 }\nenvironments:\n  - name: prod\n");
    for v in ["1.0.0", "1.1.0", "1.2.0"] {
        w.release("ada", v, Risk::Low).unwrap();
    }
    let mut said = 0;
    // Every order in which releases come and go, the same one twice, back, held, sealed and out among them.
    let mut random = 7_u64;
    for step in 0..120 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let action = [Promote, Promote, Promote, Rollback, Hold, Seal, Seal, Retire][(random >> 33) as usize % 8];
        let v = ["1.0.0", "1.1.0", "1.2.0"][(random >> 40) as usize % 3];
        let release = (action == Promote).then_some(v);
        let Ok(mut plan) = w.plan("ada", action, "prod", release, why("because")) else { continue };
        plan.record.by = by("ada");
        w.now += 1;
        plan.time = Timestamp(w.now);
        w.write(&plan, "ada");
        if w.verify("prod").is_err() {
            // Not what fits what is live: an honest writer would have been told.
            w.refs.remove(&plan.name.full());
            continue;
        }
        let chain = w.chain("prod");
        let clear = w.clear("prod");
        let glance = w.glance(&clear, "prod");
        match (glance, chain.require_live()) {
            (None, Err(_)) => {}
            (Some(glance), Ok((tip, live))) => {
                said += 1;
                assert_eq!(glance.tip.digest(), tip.tag().digest(), "{step}");
                assert_eq!((glance.since, glance.at), (live.since, live.at), "{step} {action:?}");
                assert_eq!((glance.release.digest(), glance.held), (live.release, tip.held), "{step} {action:?}");
            }
            (glance, live) => panic!("{step} {action:?}: {} {live:?}", glance.is_some()),
        }
    }
    assert!(said > 60, "{said}");
}

#[test]
fn one_line_is_read_back_and_no_other() {
    let mut w = world();
    let clear = w.clear("prod");
    assert_eq!(Clear::from_line(&clear.to_line()), Some(clear));
    let line = clear.to_line();
    for bad in ["", "1", &line.replace(' ', "  "), &format!("{line} "), &line[1..], &line.to_uppercase()] {
        assert_eq!(Clear::from_line(bad), None, "{bad}");
    }
}

#[test]
fn nothing_is_said_where_anything_is_not_as_it_was() {
    type Change = fn(&mut World);
    let changes: Vec<(&str, Result<&str, Code>, Change)> = vec![
        ("nothing", Ok("1.1.0"), |_| {}),
        ("a new entry", Ok("1.0.0"), |w| drop(w.rollback("ada", "prod").unwrap())),
        ("a retirement", Err(Code::NothingLive), |w| {
            w.point("ada", PointerAction::Retire, "prod", None, why("out")).unwrap();
        }),
        ("the tip is gone", Err(Code::Stale), |w| {
            w.refs.remove(&pointer("prod", 2).full());
        }),
        ("the chain is gone", Err(Code::Stale), |w| w.refs.retain(|name, _| !name.contains("/env/prod/"))),
        ("the tip is an older entry", Err(Code::RolledBack), |w| {
            let old = w.refs[&pointer("prod", 1).full()];
            w.refs.insert(pointer("prod", 2).full(), old);
        }),
        ("a byte of the tip", Err(Code::RolledBack), |w| {
            let evil = String::from_utf8(w.tag(&pointer("prod", 2)).bytes()).unwrap().replacen("1.1.0", "1.0.0", 2);
            w.put(&pointer("prod", 2), evil.as_bytes());
        }),
        ("the tip's object is gone", Err(Code::ObjectMissing), |w| {
            w.missing.insert(w.refs[&pointer("prod", 2).full()]);
        }),
        ("a commit under the tip's name", Err(Code::RolledBack), |w| {
            let commit = w.store(ObjectKind::Commit, b"tree");
            w.refs.insert(pointer("prod", 2).full(), commit);
        }),
        ("the policy is gone", Err(Code::RootMissing), |w| w.refs.retain(|name, _| !name.contains("policy@"))),
        ("the policy's object is gone", Err(Code::ObjectMissing), |w| {
            w.missing.insert(w.refs["refs/tags/policy@00000001"]);
        }),
        ("the policy's commit is gone", Err(Code::ObjectMissing), |w| {
            w.missing.insert(*w.tag(&"policy@00000001".parse().unwrap()).target());
        }),
        ("the release's ref is gone", Err(Code::ReleaseMissing), |w| {
            w.refs.retain(|name, _| !name.ends_with("/prompt/support/triage@1.1.0"));
        }),
        ("the release's ref is another's", Err(Code::ReleaseMismatch), |w| {
            w.refs.retain(|name, _| !name.ends_with("/prompt/support/triage@1.1.0"));
            w.release_of("dee", ID, "1.1.0", Risk::Low, "something else").unwrap();
        }),
        ("the commit is gone", Err(Code::ObjectMissing), |w| {
            w.missing.insert(*w.tag(&RefName::Release(id(), version("1.1.0"))).target());
        }),
        ("the commit holds something else", Err(Code::ContentMismatch), |w| {
            let commit = *w.tag(&RefName::Release(id(), version("1.1.0"))).target();
            let evil = "1.1.0 low content of evil";
            w.commits.insert(commit, Snapshot::of_texts("c", [("prompts/support/triage.md", evil)]));
        }),
        ("junk after the tip", Ok("1.1.0"), |w| {
            w.put(&pointer("prod", 3), b"junk");
        }),
        ("junk far after it", Ok("1.1.0"), |w| {
            w.put(&pointer("prod", 99_999_999), b"junk");
        }),
        ("junk after the policy", Ok("1.1.0"), |w| {
            w.put(&"policy@00000002".parse().unwrap(), b"junk");
        }),
        ("the tip's key is revoked", Err(Code::TipKeyRevoked), |w| {
            let gone = principals(&[("active # ada", "revoked # ada")]);
            w.publish("ben", POLICY, &gone).unwrap();
        }),
        ("the tip's key is retired", Ok("1.1.0"), |w| {
            let gone = principals(&[("active # ada", "retired # ada")]);
            w.publish("ben", POLICY, &gone).unwrap();
        }),
        ("the entry before the tip is damaged", Err(Code::RolledBack), |w| {
            w.put(&pointer("prod", 1), b"damaged");
        }),
        ("the entry before the tip is gone", Err(Code::Stale), |w| {
            w.refs.remove(&pointer("prod", 1).full());
        }),
    ];
    let mut wrong = Vec::new();
    for (what, expected, change) in changes {
        let mut w = world();
        let clear = w.clear("prod");
        change(&mut w);
        let (found, says) = (resolved(&w, &clear, "prod"), w.glance(&clear, "prod").is_some());
        if found != expected.map(str::to_owned) || says != (what == "nothing") {
            wrong.push(format!("{what}: {found:?}, by a glance: {says}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What lies deep below a tip that was found in order can no longer make anything else live: a glance passes over it, and
/// `verify` tells it.
#[test]
fn damage_below_is_told_by_verifying() {
    for damaged in [1, 2] {
        let mut w = world();
        w.up("1.2.0");
        w.up("1.3.0");
        let clear = w.clear("prod");
        w.put(&pointer("prod", damaged), b"damaged");
        assert_eq!(resolved(&w, &clear, "prod"), Ok("1.3.0".to_owned()));
        assert_eq!(w.live("prod"), Err(Code::RolledBack));
        w.refs.remove(&pointer("prod", damaged).full());
        assert_eq!(resolved(&w, &clear, "prod"), Ok("1.3.0".to_owned()));
        assert_eq!(w.live("prod"), Err(Code::Stale));
        // Nor does an entry that was put in its place get to say anything, however well signed.
        let (mut record, target, time) = (
            w.tag(&pointer("prod", 4)).record().clone(),
            *w.tag(&pointer("prod", 4)).target(),
            w.tag(&pointer("prod", 4)).time().0,
        );
        let ledger::record::Body::Pointer(body) = &mut record.body else { unreachable!() };
        body.position = ledger::record::Position::after(None, Sequence::FIRST).unwrap();
        w.forge(&pointer("prod", 1), record, target, time, &key("ada"));
        assert_eq!(resolved(&w, &clear, "prod"), Ok("1.3.0".to_owned()));
        assert_eq!(w.live("prod"), Err(Code::RolledBack));
    }
}

#[test]
fn a_mark_that_has_seen_further_silences_a_glance() {
    let mut w = world();
    let clear = w.clear("prod");
    let before = w.refs.clone();
    w.rollback("ada", "prod").unwrap();
    w.remember("prod");
    w.refs = before;
    assert!(w.glance(&clear, "prod").is_none());
    assert_eq!(resolved(&w, &clear, "prod"), Err(Code::Stale));
    // Nor does it speak without a mark, or of another ledger.
    let mut w = world();
    let clear = w.clear("prod");
    let root = w.pin.unwrap();
    assert!(clear.glance(&w.judge(), &root, &env("prod"), &id(), &Marks::default()).is_none());
    let other = source::Digest::of(b"another ledger");
    assert!(clear.glance(&w.judge(), &other, &env("prod"), &id(), &w.marks).is_none());
    let forged = Clear { tip: Link { digest: other, ..clear.tip }, ..clear };
    assert!(w.glance(&forged, "prod").is_none());
    let forged = Clear { policy: Link { digest: other, ..clear.policy }, ..clear };
    assert!(w.glance(&forged, "prod").is_none());
}

#[test]
fn a_rejection_that_comes_late_is_heard() {
    let mut w = world();
    let clear = w.clear("prod");
    let tip = w.tag(&pointer("prod", 2));
    let before = w.chain("prod").links()[0];
    let body = |decision| ledger::record::ApprovalBody {
        environment: env("prod"),
        prompt: id(),
        sequence: Sequence::new(2).unwrap(),
        previous: Some(before),
        release: tip.record().pointer().unwrap().release,
        content: tip.record().pointer().unwrap().content,
        decision,
        expires: None,
    };
    let ballot = |w: &mut World, who: &str, decision, k: u8| {
        let record = Record {
            repository: w.pin,
            by: by(who),
            body: ledger::record::Body::Approval(body(decision)),
            policy: tip.record().policy,
            reason: (decision == Decision::Reject).then(|| ledger::record::Reason::new("no").unwrap()),
        };
        let key16 = refname::Hex16::of(&record.by.key_digest());
        let attempt = refname::Attempt::new(k).unwrap();
        let name = RefName::Approval(env("prod"), id(), Sequence::new(2).unwrap(), key16, attempt);
        w.forge(&name, record, *tip.target(), tip.time().0, &key(who));
        name
    };
    // Approvals more than were cited change nothing.
    ballot(&mut w, "cy", Decision::Approve, 1);
    assert!(w.glance(&clear, "prod").is_some());
    // A rejection counts, dated back or delayed as it may be.
    let name = ballot(&mut w, "ben", Decision::Reject, 1);
    assert!(w.glance(&clear, "prod").is_none());
    assert_eq!(resolved(&w, &clear, "prod"), Err(Code::ApprovalRejected));
    // One that nobody may give sends to the whole reading, which passes over it.
    w.refs.remove(&name.full());
    ballot(&mut w, "mal", Decision::Reject, 1);
    assert!(w.glance(&clear, "prod").is_none());
    assert_eq!(resolved(&w, &clear, "prod"), Ok("1.1.0".to_owned()));
}

#[test]
fn upstream_that_moved_on_is_seen_where_it_matters() {
    let mut w = world();
    let clear = w.clear("prod");
    // Upstream goes on: later than the promotion, so it had vouched.
    w.release("ada", "1.2.0", Risk::Low).unwrap();
    w.promote("ada", "dev", "1.2.0").unwrap();
    w.promote("ada", "staging", "1.2.0").unwrap();
    assert!(w.glance(&clear, "prod").is_none(), "nobody here has seen that entry as valid");
    assert_eq!(resolved(&w, &clear, "prod"), Ok("1.1.0".to_owned()));
    let clear = w.clear("prod");
    assert!(w.glance(&clear, "prod").is_some());
    // Upstream is said to have moved on before: dated back, by somebody who may.
    let mut w = world();
    let clear = w.clear("prod");
    let chain = w.chain("staging");
    let mut record = chain.tip().unwrap().tag().record().clone();
    let ledger::record::Body::Pointer(body) = &mut record.body else { unreachable!() };
    body.position = chain.next(false).unwrap();
    body.action = PointerAction::Retire;
    body.after.clear();
    record.reason = why("it was out long ago");
    let (target, time) = (*chain.tip().unwrap().tag().target(), w.tag(&pointer("prod", 2)).time().0 - 1);
    w.forge(&pointer("staging", 3), record, target, time, &key("ada"));
    assert!(w.glance(&clear, "prod").is_none());
    assert_eq!(resolved(&w, &clear, "prod"), Err(Code::OrderUnmet));
}

#[test]
fn a_reading_goes_on_from_the_last_one() {
    let mut w = world();
    w.clear("prod");
    let read = |w: &World, past: Option<Past>| -> (Result<String, Code>, Option<Past>) {
        let ledger = match Ledger::resume(w.judge(), w.pin.as_ref(), w.marks.clone(), past) {
            Ok(ledger) => ledger,
            Err(refusal) => return (Err(refusal.code), None),
        };
        let live = ledger
            .verified(&env("prod"), &id(), Beyond::PassWithMark, Depth::Tip)
            .and_then(|chain| chain.require_live().map(|(_, live)| live.version.to_string()))
            .map_err(|r| r.code);
        (live, Some(ledger.into_past()))
    };
    let (first, past) = read(&w, None);
    assert_eq!(first, Ok("1.1.0".to_owned()));
    // What was judged stays judged; what is new is judged, and by the same rules.
    w.up("1.2.0");
    let (second, past) = read(&w, past);
    assert_eq!(second, Ok("1.2.0".to_owned()));
    let (mut record, target, time) = {
        let chain = w.chain("prod");
        let tip = chain.tip().unwrap();
        let mut record = tip.tag().record().clone();
        let ledger::record::Body::Pointer(body) = &mut record.body else { unreachable!() };
        body.position = chain.next(false).unwrap();
        (record, *tip.tag().target(), tip.time().0)
    };
    record.by = by("mal");
    w.forge(&pointer("prod", 4), record, target, time, &key("mal"));
    assert_eq!(read(&w, past).0, Err(Code::NotAllowed));
    w.refs.remove(&pointer("prod", 4).full());
    // A tag that was replaced is judged again, however little it may have changed.
    let (_, past) = read(&w, None);
    w.put(&pointer("prod", 2), b"damaged");
    assert!(read(&w, past).0.is_err());
    let mut w = world();
    w.clear("prod");
    let (_, past) = read(&w, None);
    w.publish("ben", POLICY, &principals(&[("active # ada", "revoked # ada")])).unwrap();
    assert_eq!(read(&w, past).0, Err(Code::TipKeyRevoked));
    // Another ledger altogether, in the same place.
    let (_, past) = read(&world_and_pin(), None);
    let mut other = World::with_policy(&POLICY.replace("soak: 1h", "soak: 2h"));
    other.up("3.0.0");
    other.pin = Some(other.ledger().policies().root());
    assert_eq!(read(&other, past).0, Ok("3.0.0".to_owned()));
}
