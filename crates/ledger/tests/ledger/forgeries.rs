//! Forged and damaged entries, each with the exact code it meets: what nobody who may signed as it stands.

use ledger::record::{By, PointerBody, Record};
use ledger::*;
use source::{Digest, Risk};

use crate::world::*;

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

/// A world with one release live everywhere, and the bytes of prod's first pointer.
pub(crate) fn world() -> (World, Vec<u8>) {
    let mut w = World::new();
    w.up("1.0.0");
    let bytes = w.tag(&pointer("prod", 1)).bytes();
    (w, bytes)
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
    assert_eq!(altered(&mut w, "ada", |_, b| b.after[0].link.sequence = Sequence::new(9).unwrap()), Code::OrderUnmet);
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
