//! Every attack of the threat model that needs no git, each with the exact code it meets.

use ledger::record::{By, PointerAction, PointerBody, Record, SkipRange};
use ledger::*;
use source::{Digest, Risk, Timestamp};

use crate::world::*;

/// A world with one release live everywhere, and the bytes of prod's first pointer.
fn world() -> (World, Vec<u8>) {
    let mut w = World::new();
    w.up("1.0.0");
    let bytes = w.tag(&pointer("prod", 1)).bytes();
    (w, bytes)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Puts `bytes` in place of prod's first pointer and says what verifying meets.
fn tampered(w: &mut World, bytes: &[u8]) -> Code {
    w.put(&pointer("prod", 1), bytes);
    w.live("prod").unwrap_err()
}

/// Prod's first pointer with other fields, signed again by `who` under the same name.
fn altered(w: &mut World, who: &str, alter: impl FnOnce(&mut Record, &mut PointerBody)) -> Code {
    let tag = w.tag(&pointer("prod", 1));
    let mut record = tag.record().clone();
    let ledger::record::Body::Pointer(mut body) = record.body.clone() else { unreachable!() };
    alter(&mut record, &mut body);
    record.body = ledger::record::Body::Pointer(body);
    let (target, time) = (*tag.target(), tag.time().0);
    w.forge(&pointer("prod", 1), record, target, time, &key(who));
    let original = tag.bytes();
    let code = w.live("prod").unwrap_err();
    w.put(&pointer("prod", 1), &original);
    code
}

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
fn envelopes_other_than_ours_are_refused() {
    let (mut w, bytes) = world();
    let good = text(&bytes);
    let cases: Vec<(Code, String)> = vec![
        (Code::ArmorNotCanonical, format!("{good}\n")),
        (Code::ArmorNotCanonical, format!("{good}trailing text\n")),
        (Code::ArmorNotCanonical, good.trim_end().to_owned()),
        (Code::ArmorNotCanonical, good.replace("-----BEGIN SSH SIGNATURE-----\n", "-----BEGIN SSH SIGNATURE-----\n\n")),
        (
            Code::ArmorNotCanonical,
            good.replace("-----BEGIN SSH SIGNATURE-----\n", "-----BEGIN SSH SIGNATURE-----\nComment: hi\n\n"),
        ),
        (Code::ArmorNotCanonical, good.replace("-----END SSH", "\n-----END SSH")),
        (Code::ArmorNotCanonical, {
            let at = good.find("SIGNATURE-----\n").unwrap() + 20;
            format!("{}\n{}", &good[..at], &good[at..])
        }),
        (Code::ArmorNotCanonical, {
            let at = good.find("-----BEGIN SSH").unwrap();
            format!("{}{}", &good[..at], good[at..].replace('\n', "\r\n"))
        }),
        (Code::ArmorNotCanonical, {
            let at = good.find("-----BEGIN SSH").unwrap();
            format!("{good}{}", &good[at..])
        }),
        (Code::ArmorNotCanonical, {
            let at = good.find("-----BEGIN SSH").unwrap();
            format!(
                "{}-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n{}",
                &good[..at],
                &good[at..]
            )
        }),
        (Code::ArmorNotCanonical, good.replace("SSH SIGNATURE", "SIGNED MESSAGE")),
        (Code::TagUnsigned, {
            let at = good.find("-----BEGIN SSH").unwrap();
            good[..at].to_owned()
        }),
        (Code::TagMalformed, good.replacen("type tag\n", "type tag\ntype tag\n", 1)),
        (Code::TagMalformed, good.replacen("object ", "object  ", 1)),
        (Code::TagMalformed, good.replacen("\n\npromote", "\ngpgsig abc\n\npromote", 1)),
        (Code::TagMalformed, good.replacen("\ntype tag\ntag", "\ntag", 1)),
        (Code::TagMalformed, {
            let s = good.find("tagger").unwrap();
            let e = good[s..].find('\n').unwrap();
            format!("{}{}", &good[..s], &good[s + e + 1..])
        }),
        (Code::TagMalformed, good.replacen("+0000", "+0100", 1)),
        (Code::TagMalformed, good.replacen("+0000", "-0000", 1)),
        (Code::TagMalformed, good.replacen("Somebody <", "Somebody\u{202e} <", 1)),
        (Code::TagMalformed, good.replacen("Somebody <", "Some<body <", 1)),
        (Code::TagMalformed, good.replacen("Somebody <", "\u{b}Somebody <", 1)),
        (Code::TagMalformed, good.replacen("> 17", "> 017", 1)),
        (Code::TagMalformed, good.replacen("> 17", "> +17", 1)),
        (Code::TagMalformed, good.replacen("type tag", "type tree", 1).replacen("object ", "objekt ", 1)),
        (Code::TargetKind, good.replacen("type tag", "type commit", 1)),
        (Code::NameMismatch, good.replacen("tag env/prod", "tag env/dev", 1)),
        (Code::NameMismatch, good.replacen("tag env/prod/support/triage@00000001", "tag v1.0.0", 1)),
        (Code::RefMismatch, text(&w.tag(&pointer("dev", 1)).bytes())),
    ];
    for (code, bytes) in cases {
        assert_ne!(bytes, good, "{code}");
        assert_eq!(tampered(&mut w, bytes.as_bytes()), code, "{bytes}");
    }
    assert_eq!(tampered(&mut w, &[&bytes[..], &vec![b'x'; 90_000]].concat()), Code::TagTooLarge);
    let mut nul = bytes.clone();
    let at = nul.windows(6).position(|w| w == b"Prompt").unwrap();
    nul[at] = 0;
    assert_eq!(tampered(&mut w, &nul), Code::RecordMalformed);
    nul[at] = 0xff;
    assert_eq!(tampered(&mut w, &nul), Code::TagMalformed);
    let commit = w.store(ObjectKind::Commit, b"tree");
    w.refs.insert(pointer("prod", 1).full(), commit);
    assert_eq!(w.live("prod"), Err(Code::TagLightweight));
}

#[test]
fn records_other_than_ours_are_refused() {
    let (mut w, bytes) = world();
    let good = text(&bytes);
    let line = |key: &str| good.lines().find(|l| l.starts_with(&format!("{key}: "))).unwrap().to_owned();
    let cases: Vec<(Code, String)> = vec![
        (Code::RecordMalformed, good.replacen("\nKind: ", "\nKind:", 1)),
        (Code::RecordMalformed, good.replacen("\nKind: ", "\nkind: ", 1)),
        (Code::RecordMalformed, good.replacen("\nKind: pointer", "\nKind: pointer ", 1)),
        (Code::RecordMalformed, good.replacen("\nKind: pointer", "\nKind: other", 1)),
        (Code::RecordMalformed, good.replacen("\nRisk: low\n", "\nRisk: low\nRisk: low\n", 1)),
        (Code::RecordMalformed, good.replacen("\nRisk: low\n", "\n", 1)),
        (Code::RecordMalformed, good.replacen("\nRisk: low\n", "\nRisk: low\n folded\n", 1)),
        (Code::RecordMalformed, good.replacen("\nRisk: low\n", "\nRisk: low\n\n", 1)),
        (Code::RecordMalformed, good.replacen("\nRisk: low\n", "\nRisk: low\r\n", 1)),
        (Code::RecordMalformed, good.replacen("\nRisk: low\n", "\nRisk: LOW\n", 1)),
        (Code::RecordMalformed, good.replacen("\nRisk: low\n", "\nRisk: low\nColour: blue\n", 1)),
        (Code::RecordMalformed, good.replacen("\nSequence: 1\n", "\nSequence: 01\n", 1)),
        (Code::RecordMalformed, good.replacen("\nSequence: 1\n", "\nSequence: +1\n", 1)),
        (Code::RecordMalformed, good.replacen("\nPrevious: none\n", "\nPrevious: None\n", 1)),
        (Code::RecordMalformed, good.replacen(&line("Content"), &line("Content").to_uppercase(), 1)),
        (Code::RecordMalformed, good.replacen("\nFormat: 1\n", "\nFormat: 0\n", 1)),
        (Code::RecordMalformed, good.replacen("\nFormat: 1\n", "\nFormat: 1.0\n", 1)),
        (Code::RecordMalformed, good.replacen("\n\nFormat", "\nFormat", 1)),
        (Code::SubjectMismatch, good.replacen("promote support/triage 1.0.0", "promote support/triage 9.9.9", 1)),
        (
            Code::NameMismatch,
            good.replacen("Sequence: 1\n", "Sequence: 2\n", 1).replacen("Previous: none", "Previous: none\nSkip: 1", 1),
        ),
        (Code::SkipMismatch, good.replacen("Previous: none", "Previous: none\nSkip: 1", 1)),
        (Code::ReasonUnfit, good.replacen("\n-----BEGIN", "\nReason: a\u{202e}b\n-----BEGIN", 1)),
        (Code::ReasonUnfit, good.replacen("\n-----BEGIN", "\nReason: a\tb\n-----BEGIN", 1)),
        (Code::ReasonUnfit, good.replacen("\n-----BEGIN", &format!("\nReason: {}\n-----BEGIN", "x".repeat(1025)), 1)),
        (
            Code::ReasonMissing,
            good.replacen("Action: promote", "Action: retire", 1).replacen(
                "promote support/triage 1.0.0 to prod",
                "retire support/triage 1.0.0 from prod",
                1,
            ),
        ),
    ];
    for (code, bytes) in cases {
        assert_ne!(bytes, good, "{code}");
        assert_eq!(tampered(&mut w, bytes.as_bytes()), code, "{bytes}");
    }
    // Words that no honest record holds, in a sound record: only the signature is wrong.
    let said = good.replacen("\n-----BEGIN", "\nReason: a %0A b\n-----BEGIN", 1);
    assert_eq!(tampered(&mut w, said.as_bytes()), Code::SignatureWrong);
}

#[test]
fn a_signature_of_anybody_else_is_refused() {
    let (mut w, bytes) = world();
    let tag = SignedTag::parse(&bytes).unwrap();
    let draft = || Draft {
        target: *tag.target(),
        name: tag.name().clone(),
        tagger: tag.tagger().clone(),
        record: tag.record().clone(),
    };
    let signed = |signature: &str| draft().sign(signature).unwrap().bytes();
    assert_eq!(tampered(&mut w, &signed(&sign(tag.payload(), &key("mal")))), Code::SignerMismatch);
    assert_eq!(tampered(&mut w, &signed(&sign(b"something else", &key("ada")))), Code::SignatureWrong);
    let file = key("ada").sign("file", ssh_key::HashAlg::Sha512, tag.payload()).unwrap();
    assert_eq!(tampered(&mut w, &signed(&file.to_pem(ssh_key::LineEnding::LF).unwrap())), Code::SignatureNamespace);
    let sha256 = key("ada").sign("git", ssh_key::HashAlg::Sha256, tag.payload()).unwrap();
    w.put(&pointer("prod", 1), &signed(&sha256.to_pem(ssh_key::LineEnding::LF).unwrap()));
    assert_eq!(w.live("prod"), Ok("1.0.0".to_owned()));
    assert_eq!(altered(&mut w, "eve", |r, _| r.by = by("eve")), Code::KeyUnknown);
    assert_eq!(altered(&mut w, "eve", |_, _| {}), Code::SignerMismatch);
    // Mallory's own key under ada's name.
    let mallory = By { principal: by("ada").principal, key: by("mal").key };
    assert_eq!(altered(&mut w, "mal", |r, _| r.by = mallory), Code::PrincipalMismatch);
    assert_eq!(altered(&mut w, "mal", |r, _| r.by = by("mal")), Code::NotAllowed);
}

#[test]
fn fields_that_lie_are_refused() {
    let (mut w, _) = world();
    w.release("ada", "1.1.0", Risk::Low).unwrap();
    let other = Digest::of(b"other");
    assert_eq!(altered(&mut w, "ada", |r, _| r.repository = Some(other)), Code::RepositoryMismatch);
    assert_eq!(altered(&mut w, "ada", |_, b| b.content = other), Code::ReleaseMismatch);
    assert_eq!(altered(&mut w, "ada", |_, b| b.release = other), Code::ReleaseMismatch);
    assert_eq!(altered(&mut w, "ada", |_, b| b.version = version("1.1.0")), Code::ReleaseMismatch);
    assert_eq!(altered(&mut w, "ada", |_, b| b.risk = Risk::Medium), Code::ReleaseMismatch);
    assert_eq!(altered(&mut w, "ada", |_, b| b.after.clear()), Code::OrderUnmet);
    assert_eq!(altered(&mut w, "ada", |_, b| b.after[0].link.digest = other), Code::OrderUnmet);
    assert_eq!(
        altered(&mut w, "ada", |_, b| b.after[0].link.sequence = Sequence::new(9).unwrap()),
        Code::ObjectMissing
    );
    assert_eq!(altered(&mut w, "ada", |_, b| b.after[0].environment = env("dev")), Code::OrderUnmet);
}

#[test]
fn a_pointer_at_another_kind_of_entry_is_refused() {
    let (mut w, _) = world();
    let tag = w.tag(&pointer("prod", 1));
    let (record, time) = (tag.record().clone(), tag.time().0);
    let at_pointer = w.refs[&pointer("dev", 1).full()];
    w.forge(&pointer("prod", 1), record.clone(), at_pointer, time, &key("ada"));
    assert_eq!(w.live("prod"), Err(Code::ReleaseMismatch));
    let at_nothing = "0123456789012345678901234567890123456789".parse().unwrap();
    w.forge(&pointer("prod", 1), record.clone(), at_nothing, time, &key("ada"));
    assert_eq!(w.live("prod"), Err(Code::ReleaseMissing));
    let blob = w.store(ObjectKind::Blob, b"no tag at all");
    w.forge(&pointer("prod", 1), record, blob, time, &key("ada"));
    assert_eq!(w.live("prod"), Err(Code::TagLightweight));
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
    assert_eq!(w.live("prod"), Err(Code::ObjectMissing));
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
fn tags_in_the_way_are_named() {
    let (mut w, _) = world();
    let commit = w.store(ObjectKind::Commit, b"x");
    for name in ["env", "prompt/support", "Policy", "v1.0", "environment"] {
        w.refs.insert(format!("refs/tags/{name}"), commit);
    }
    let strays: Vec<String> = w.ledger().strays().unwrap().into_iter().filter_map(|r| r.tag).collect();
    assert_eq!(strays, ["env", "prompt/support"]);
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
