//! Attacks on a chain with genuine entries: moved, copied, deleted, skipped, forked, dated; each with the exact code it meets.

use ledger::record::{PointerAction, PointerBody, Record, SkipRange};
use ledger::*;
use source::{Digest, Risk, Timestamp};

use crate::forgeries::world;
use crate::world::*;

/// A record that would follow the tip, by ada.
fn next_of(w: &World, e: &str) -> (Record, ObjectId, i64) {
    let chain = w.chain(e);
    let tip = chain.tip().unwrap();
    let mut record = tip.tag().record().clone();
    let ledger::record::Body::Pointer(body) = &mut record.body else { unreachable!() };
    body.position = chain.next(false).unwrap();
    record.reason = why("once more");
    record.by = by("ada");
    (record, *tip.tag().target(), tip.time().0)
}

fn body(record: &mut Record) -> &mut PointerBody {
    let ledger::record::Body::Pointer(body) = &mut record.body else { unreachable!() };
    body
}

#[test]
fn entries_do_not_travel() {
    let (mut w, bytes) = world();
    // Under another prompt, another number, another ledger.
    let elsewhere: RefName = "env/prod/other@00000001".parse().unwrap();
    w.put(&elsewhere, &bytes);
    let other = w.ledger().chain(&env("prod"), &"other".parse().unwrap()).unwrap();
    assert_eq!(other.junk[0].refusal.code, Code::RefMismatch);
    w.put(&pointer("prod", 2), &bytes);
    assert_eq!(w.live("prod"), Err(Code::RefMismatch));
    let mut foreign = World::with_policy(&POLICY.replace("soak: 1h", "soak: 2h"));
    foreign.release("ada", "1.0.0", Risk::Low).unwrap();
    for (name, id) in &w.refs {
        if name.contains("/env/") {
            foreign.refs.insert(name.clone(), *id);
        }
    }
    foreign.objects.extend(w.objects.clone());
    foreign.now = w.now;
    assert_eq!(foreign.live("dev"), Err(Code::RepositoryMismatch));
    let release = RefName::Release(id(), version("1.0.0"));
    w.refs.insert(pointer("staging", 2).full(), w.refs[&release.full()]);
    assert_eq!(w.live("staging"), Err(Code::RefMismatch));
}

#[test]
fn deleting_and_replacing_shows() {
    let (mut w, _) = world();
    w.up("1.1.0");
    w.up("1.2.0");
    let full = w.refs.clone();
    // A middle entry gone: nothing after it can be told.
    w.refs.remove(&pointer("prod", 2).full());
    assert_eq!(w.live("prod"), Err(Code::ChainGap));
    // The first gone.
    w.refs = full.clone();
    w.refs.remove(&pointer("prod", 1).full());
    assert_eq!(w.live("prod"), Err(Code::ChainGap));
    // The newest gone: only whoever has seen it knows.
    w.refs = full.clone();
    w.remember("prod");
    w.refs.remove(&pointer("prod", 3).full());
    assert_eq!(w.live("prod"), Err(Code::Stale));
    // The newest put back as junk, or an older one in its place.
    w.put(&pointer("prod", 3), b"junk");
    assert_eq!(w.live("prod"), Err(Code::RolledBack));
    // Another entry under the number that was seen.
    w.refs = full.clone();
    w.refs.remove(&pointer("prod", 3).full());
    w.marks = Marks::default();
    w.point("ben", PointerAction::Hold, "prod", None, why("instead")).unwrap();
    w.refs = {
        let mut refs = full.clone();
        refs.insert(pointer("prod", 3).full(), w.refs[&pointer("prod", 3).full()]);
        refs
    };
    let seen_now = w.marks.clone();
    w.marks = seen_now;
    assert_eq!(w.live("prod"), Ok("1.1.0".to_owned()));
    let mut knows = w.refs.clone();
    std::mem::swap(&mut w.refs, &mut knows);
    w.refs = full;
    w.remember("prod");
    w.refs = knows;
    assert_eq!(w.live("prod"), Err(Code::RolledBack));
}

#[test]
fn a_fork_is_told_from_junk() {
    let (mut w, _) = world();
    w.release("ada", "1.1.0", Risk::Low).unwrap();
    w.promote("ada", "dev", "1.1.0").unwrap();
    // Two promoters wrote dev 3 on different mirrors, and one went on.
    let before = w.refs.clone();
    w.point("ada", PointerAction::Hold, "dev", None, why("mine")).unwrap();
    let mine = w.refs[&pointer("dev", 3).full()];
    w.refs = before;
    w.point("cy", PointerAction::Hold, "dev", None, why("theirs")).unwrap();
    w.point("cy", PointerAction::Hold, "dev", None, why("and on")).unwrap();
    w.refs.insert(pointer("dev", 3).full(), mine);
    assert_eq!(w.live("dev"), Err(Code::PreviousMismatch));
    let chain = w.chain("dev");
    assert!(chain.junk_beyond_tip()[0].is_conflict());
    assert_eq!(chain.check_end(None, Beyond::PassWithMark).unwrap_err().code, Code::PreviousMismatch);
    // Nobody builds on it without saying so.
    assert_eq!(w.point("ada", PointerAction::Hold, "dev", None, why("on")), Err(vec![Code::PreviousMismatch]));
}

#[test]
fn junk_is_passed_over_and_valid_entries_are_not() {
    let (mut w, bytes) = world();
    w.put(&pointer("prod", 2), b"junk");
    w.put(&pointer("prod", 3), &bytes);
    assert_eq!(w.live("prod"), Err(Code::TagUnsigned));
    // A machine that knows the tip is not held up by anybody who can create tags.
    w.refs.remove(&pointer("prod", 2).full());
    w.refs.remove(&pointer("prod", 3).full());
    w.remember("prod");
    w.put(&pointer("prod", 2), b"junk");
    w.put(&pointer("prod", 3), &bytes);
    let ledger = w.ledger();
    assert!(ledger.verified(&env("prod"), &id(), Beyond::PassWithMark, Depth::Tip).is_ok());
    drop(ledger);
    w.marks = Marks::default();
    let name = w.point("ben", PointerAction::Hold, "prod", None, why("over the junk")).unwrap();
    assert_eq!(name, pointer("prod", 4));
    let position = w.tag(&name).record().position().unwrap().clone();
    let n = |n| Sequence::new(n).unwrap();
    assert_eq!(position.skip, [SkipRange { first: n(2), last: n(3) }]);
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // Passing over a valid entry.
    let (mut record, target, time) = next_of(&w, "prod");
    let first = w.chain("prod").links()[0];
    body(&mut record).position = ledger::record::Position::after(Some(first), n(5)).unwrap();
    w.forge(&pointer("prod", 5), record, target, time, &key("ada"));
    assert_eq!(w.live("prod"), Err(Code::SkipValid));
    let chain = w.chain("prod");
    assert_eq!(chain.tip().unwrap().link().sequence, n(4));
    assert_eq!(chain.next(false).unwrap().sequence, n(6));
}

#[test]
fn time_runs_forward() {
    let (mut w, _) = world();
    let (record, target, time) = next_of(&w, "prod");
    w.forge(&pointer("prod", 2), record.clone(), target, time - 1, &key("ada"));
    assert_eq!(w.live("prod"), Err(Code::TimeBeforeCited));
    w.forge(&pointer("prod", 2), record, target, w.now + 301, &key("ada"));
    assert_eq!(w.live("prod"), Err(Code::ClockBehind));
    w.now += 1;
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    // Dated before the release it points at.
    let (mut w, _) = world();
    let tag = w.tag(&pointer("prod", 1));
    let release = w.tag(&RefName::Release(id(), version("1.0.0"))).time();
    w.forge(&pointer("prod", 1), tag.record().clone(), *tag.target(), release.0 - 1, &key("ada"));
    assert_eq!(w.live("prod"), Err(Code::TimeBeforeCited));
}

#[test]
fn a_newer_format_stops_only_where_one_of_us_signed_it() {
    let (mut w, _) = world();
    let tag = w.tag(&pointer("prod", 1));
    let link = w.chain("prod").links()[0];
    let newer = |w: &World, who: &str| {
        let (record, target, time) = next_of(w, "prod");
        let name = pointer("prod", 2);
        let draft = Draft {
            target,
            name,
            tagger: Tagger::new("X", "x@x", Timestamp(time)).unwrap(),
            record: Record { by: by(who), ..record },
        };
        let payload = String::from_utf8(draft.payload().unwrap()).unwrap();
        let payload = payload.replace("Format: 1\n", "Format: 2\n").replace("Risk: low\n", "Mood: fine\n");
        format!("{payload}{}", sign(payload.as_bytes(), &key(who)))
    };
    let by_stranger = newer(&w, "eve");
    w.put(&pointer("prod", 2), by_stranger.as_bytes());
    assert_eq!(w.live("prod"), Err(Code::FormatNewer));
    assert!(w.chain("prod").stopped.is_none());
    w.refs.remove(&pointer("prod", 2).full());
    let by_ada = newer(&w, "ada");
    w.put(&pointer("prod", 2), by_ada.as_bytes());
    assert!(w.chain("prod").stopped.is_some());
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("x")), Err(vec![Code::FormatNewer]));
    assert_eq!((link.sequence, tag.name().to_string().as_str()), (Sequence::FIRST, "env/prod/support/triage@00000001"));
}

#[test]
fn what_is_not_here_is_never_ok() {
    let (mut w, _) = world();
    let release = w.refs[&RefName::Release(id(), version("1.0.0")).full()];
    let commit = *w.tag(&RefName::Release(id(), version("1.0.0"))).target();
    let prod = w.refs[&pointer("prod", 1).full()];
    let staging = w.refs[&pointer("staging", 1).full()];
    let policy = w.refs[&"refs/tags/policy@00000001".to_owned()];
    let policy_commit = *w.tag(&"policy@00000001".parse().unwrap()).target();
    for (gone, code) in [
        (release, Code::ReleaseMissing),
        (commit, Code::ObjectMissing),
        (prod, Code::ObjectMissing),
        (staging, Code::ObjectMissing),
        (policy, Code::ObjectMissing),
        (policy_commit, Code::ObjectMissing),
    ] {
        w.missing = [gone].into();
        let refusal = w.verify("prod").unwrap_err();
        assert_eq!((refusal.code, refusal.class()), (code, Class::CannotVerify), "{refusal}");
    }
    w.missing.clear();
    let refs = w.refs.clone();
    w.refs.retain(|name, _| !name.contains("/prompt/"));
    assert_eq!(w.live("prod"), Err(Code::ReleaseMissing));
    w.refs = refs.clone();
    w.refs.retain(|name, _| !name.contains("/staging/"));
    // Whoever fetched everything does not wait for more.
    assert_eq!(w.live("prod"), Err(Code::OrderUnmet));
    w.complete = false;
    assert_eq!(w.live("prod"), Err(Code::ObjectMissing));
    w.complete = true;
    w.refs = refs;
    w.refs.retain(|name, _| !name.contains("policy@"));
    assert_eq!(w.try_ledger().err().map(|r| r.code), Some(Code::RootMissing));
}

#[test]
fn a_release_is_what_its_commit_holds() {
    let (mut w, _) = world();
    let name = RefName::Release(id(), version("1.0.0"));
    let commit = *w.tag(&name).target();
    let original = w.commits[&commit].clone();
    for (content, code) in [
        ("1.0.0 low content of evil", Code::ContentMismatch),
        ("1.0.1 low content of 1.0.0", Code::ContentMismatch),
        ("1.0.0 high content of 1.0.0", Code::ContentMismatch),
    ] {
        w.commits.insert(commit, source::Snapshot::of_texts("c", [("prompts/support/triage.md", content)]));
        assert_eq!(w.live("prod"), Err(code), "{content}");
    }
    w.commits.insert(commit, source::Snapshot::of_texts("c", [("prompts/other.md", "x")]));
    assert_eq!(w.live("prod"), Err(Code::ContentUnusable));
    w.commits.insert(commit, original);
    // Another release under the same version.
    let here = w.refs[&name.full()];
    w.refs.remove(&name.full());
    w.release_of("dee", ID, "1.0.0", Risk::Low, "something else").unwrap();
    assert_eq!(w.live("prod"), Err(Code::ReleaseMismatch));
    w.refs.insert(name.full(), here);
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}

#[test]
fn releases_are_signed_by_those_who_may() {
    let mut w = World::new();
    let commit = w.commit(&[("prompts/support/triage.md", "1.0.0 low x")]);
    let plan = w.ledger().plan_release(commit, &id(), by("mal"), None).unwrap();
    assert!(!plan.is_ready());
    w.write(&plan, "mal");
    let refused = w.ledger().release(&id(), &version("1.0.0")).unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed);
    let listed = w.ledger().releases(&id()).unwrap();
    assert_eq!(listed[&version("1.0.0")].as_ref().unwrap_err().code, Code::NotAllowed);
}

#[test]
fn an_entry_that_waits_for_itself_is_none() {
    // dev comes after staging in one policy, staging after dev in the next.
    let (mut w, _) = world();
    let turned = POLICY.replace(
        "  - name: dev\n  - name: staging\n    after: [dev]",
        "  - name: staging\n  - name: dev\n    after: [staging]",
    );
    w.publish("ada", &turned, &principals(&[])).unwrap();
    w.release("ada", "2.0.0", Risk::Low).unwrap();
    w.promote("ada", "staging", "2.0.0").unwrap();
    w.promote("ada", "dev", "2.0.0").unwrap();
    assert_eq!((w.live("dev"), w.live("staging")), (Ok("2.0.0".to_owned()), Ok("2.0.0".to_owned())));
    // A pair of entries cannot cite each other; a tag that claims to is junk, and judging it ends.
    let (mut record, target, time) = next_of(&w, "staging");
    let future = ledger::record::Link { sequence: Sequence::new(3).unwrap(), digest: Digest::of(b"dev 3") };
    body(&mut record).after = vec![ledger::record::Upstream { environment: env("dev"), link: future }];
    w.forge(&pointer("staging", 3), record, target, time, &key("ada"));
    let staging = w.chain("staging").links();
    let (mut record, target, time) = next_of(&w, "dev");
    let cited =
        ledger::record::Link { sequence: Sequence::new(3).unwrap(), digest: w.tag(&pointer("staging", 3)).digest() };
    body(&mut record).after = vec![ledger::record::Upstream { environment: env("staging"), link: cited }];
    w.forge(&pointer("dev", 3), record, target, time, &key("ada"));
    assert_eq!(staging.len(), 2);
    assert_eq!(w.live("dev"), Err(Code::OrderUnmet));
    assert_eq!(w.live("staging"), Err(Code::OrderUnmet));
}

#[test]
fn a_mark_spares_work_and_nothing_else() {
    let (mut w, _) = world();
    w.up("1.1.0");
    w.remember("prod");
    let ledger = w.ledger();
    let chain = ledger.verified(&env("prod"), &id(), Beyond::Refuse, Depth::Tip).unwrap();
    assert!(chain.entries.iter().all(|e| e.signer.is_none()));
    drop(ledger);
    // What comes after is judged as ever.
    w.up("1.2.0");
    let signers = |w: &World| w.chain("prod").entries.iter().map(|e| e.signer.is_some()).collect::<Vec<_>>();
    assert_eq!(signers(&w), [false, false, true]);
    assert_eq!(w.live("prod"), Ok("1.2.0".to_owned()));
    // A byte changed below the mark: the chain no longer leads to it.
    let first = w.tag(&pointer("prod", 1));
    let evil = String::from_utf8(first.bytes()).unwrap().replacen("Risk: low", "Risk: high", 1);
    w.put(&pointer("prod", 1), evil.as_bytes());
    assert_eq!(w.live("prod"), Err(Code::RolledBack));
}

#[test]
fn a_tip_behind_a_damaged_one_is_not_remembered() {
    let (mut w, _) = world();
    w.up("1.1.0");
    w.put(&pointer("prod", 2), b"damaged");
    assert_eq!(w.live("prod"), Err(Code::TagUnsigned));
    assert!(w.chain("prod").mark(Sequence::FIRST).is_none());
    // The same for policy.
    w.put(&RefName::Policy(Sequence::new(2).unwrap()), b"damaged");
    assert!(w.ledger().policies().mark().is_none());
    w.refs.remove(&pointer("prod", 2).full());
    assert_eq!(w.live("prod"), Err(Code::TagUnsigned));
}

#[test]
fn junk_at_a_far_number_holds_nobody_up() {
    let (mut w, _) = world();
    w.put(&pointer("prod", 99_999_999), b"junk");
    w.put(&pointer("prod", 3), b"junk");
    w.put(&RefName::Policy(Sequence::LAST), b"junk");
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    assert_eq!(w.chain("prod").junk.len(), 2);
    w.remember("prod");
    let name = w.point("ben", PointerAction::Hold, "prod", None, why("between")).unwrap();
    assert_eq!(name, pointer("prod", 2));
    // Now 3 is the next number: it could be an entry that was damaged.
    w.marks = Marks::default();
    assert_eq!(w.live("prod"), Err(Code::TagUnsigned));
    assert_eq!(w.point("ben", PointerAction::Hold, "prod", None, why("past it")), Ok(pointer("prod", 4)));
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
}
