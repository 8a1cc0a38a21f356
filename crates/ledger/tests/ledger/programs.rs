//! Side by side with git: nothing is accepted here that `git verify-tag` rejects with what `trust export` writes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ledger::armor::Signature;
use ledger::record::{By, Decision, Mode, PointerAction, Root, Verdict};
use ledger::{Code, PolicyPlan, RefName, Sequence};
use policy::ssh::SshKey;
use source::Risk;

use crate::evidence::{attest, statement};
use crate::keys::keygen;
use crate::world::*;

fn git(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new("git")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .current_dir(folder)
        .args(["-c", "gpg.ssh.allowedSignersFile=allowed"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Whether git accepts these bytes as a signed tag.
fn git_accepts(folder: &Path, bytes: &[u8]) -> bool {
    let written = git(folder, &["hash-object", "-t", "tag", "-w", "--stdin", "--literally"], bytes);
    let id = String::from_utf8(written.stdout).unwrap();
    git(folder, &["verify-tag", id.trim()], b"").status.success()
}

#[test]
fn git_accepts_what_we_accept() {
    let mut w = World::new();
    w.up("1.0.0");
    w.release("ada", "1.1.0", Risk::High).unwrap();
    w.promote("ci", "dev", "1.1.0").unwrap();
    w.promote("ada", "staging", "1.1.0").unwrap();
    w.now += HOUR;
    w.approve("ben", "prod", "1.1.0", ledger::record::Decision::Approve).unwrap();
    w.promote("cy", "prod", "1.1.0").unwrap();
    w.rollback("ben", "prod").unwrap();
    w.point("ben", PointerAction::Hold, "prod", None, why("grüße, 東京")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert!(git(folder.path(), &["init", "-q"], b"").status.success());
    std::fs::write(folder.path().join("allowed"), w.ledger().allowed_signers().unwrap()).unwrap();
    let names: Vec<String> = w.refs.keys().cloned().collect();
    assert_eq!(names.len(), 12);
    for name in &names {
        assert!(git_accepts(folder.path(), &w.objects[&w.refs[name]].bytes), "{name}");
    }
    // What git reads of the tag is what we read.
    let tag = w.tag(&pointer("prod", 4));
    let written = git(folder.path(), &["hash-object", "-t", "tag", "-w", "--stdin", "--literally"], &tag.bytes());
    let id = String::from_utf8(written.stdout).unwrap();
    let format = "--format=%(tag)%00%(objecttype)%00%(taggerdate:unix)%00%(contents:subject)%00%(contents:signature)";
    git(folder.path(), &["update-ref", "refs/tags/x", id.trim()], b"");
    let read = git(folder.path(), &["for-each-ref", format, "refs/tags/x"], b"");
    let read = String::from_utf8(read.stdout).unwrap();
    let parts: Vec<&str> = read.trim_end_matches('\n').split('\0').collect();
    let armored = tag.signature().to_armor();
    let time = tag.time().0.to_string();
    let subject = tag.record().subject();
    let name = tag.name().to_string();
    assert_eq!(parts[..4], [name.as_str(), "tag", time.as_str(), subject.as_str()]);
    assert_eq!(parts[4].trim_end(), armored.trim_end());
}

#[test]
fn we_accept_nothing_that_git_rejects() {
    let mut w = World::new();
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    let name = w.promote("ada", "dev", "1.0.0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert!(git(folder.path(), &["init", "-q"], b"").status.success());
    std::fs::write(folder.path().join("allowed"), w.ledger().allowed_signers().unwrap()).unwrap();
    let good = w.tag(&name).bytes();
    let mut accepted = Vec::new();
    let mut stricter = 0;
    // A byte here and there, in every part of the tag.
    for at in (0..good.len()).step_by(13) {
        let mut bytes = good.clone();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        w.put(&name, &bytes);
        let ours = w.live("dev").is_ok();
        let theirs = git_accepts(folder.path(), &bytes);
        assert!(theirs || !ours, "byte {at}");
        stricter += usize::from(theirs && !ours);
        if ours {
            accepted.push(at);
        }
    }
    assert!(accepted.is_empty(), "{accepted:?}");
    // Where we are stricter than git, by name.
    let text = String::from_utf8(good.clone()).unwrap();
    let named = [
        ("text after the signature", format!("{text}more\n"), Code::ArmorNotCanonical),
        (
            "blank line in the armor",
            text.replace("SIGNATURE-----\nU1", "SIGNATURE-----\n\nU1"),
            Code::ArmorNotCanonical,
        ),
        ("a signature in a header", text.replacen("\n\npromote", "\ngpgsig x\n\npromote", 1), Code::TagMalformed),
    ];
    for (what, bytes, code) in named {
        assert!(git_accepts(folder.path(), bytes.as_bytes()), "{what}");
        w.put(&name, bytes.as_bytes());
        assert_eq!(w.live("dev"), Err(code), "{what}");
    }
    // Git does not look at the ref's name.
    w.refs.remove(&name.full());
    w.put(&pointer("prod", 1), &good);
    assert!(git_accepts(folder.path(), &good));
    assert_eq!(w.live("prod"), Err(Code::RefMismatch));
    assert!(stricter < 3, "{stricter} single bytes are refused by us alone");
    assert_eq!(Sequence::FIRST.get(), 1);
}

/// A ledger with every kind of entry and every act of a pointer, one that passes over junk among them.
fn every_kind() -> World {
    let mut w = World::with_policy(&POLICY.replace("approvals: 0", "approvals: 1"));
    w.release("ada", "1.0.0", Risk::Low).unwrap();
    w.release("ada", "1.1.0", Risk::High).unwrap();
    attest(&mut w, "ben", &statement(3, 1, Mode::Live, Verdict::Passed));
    for v in ["1.0.0", "1.1.0"] {
        w.promote("ada", "dev", v).unwrap();
        w.promote("ada", "staging", v).unwrap();
        w.now += HOUR;
        if v == "1.1.0" {
            w.approve("dee", "prod", v, Decision::Reject).unwrap();
            w.approve("ben", "prod", v, Decision::Approve).unwrap();
            w.approve("dee", "prod", v, Decision::Approve).unwrap();
        }
        w.promote("cy", "prod", v).unwrap();
    }
    w.rollback("ben", "prod").unwrap();
    w.put(&pointer("prod", 4), b"junk");
    w.point("ben", PointerAction::Hold, "prod", None, why("over the junk")).unwrap();
    w.point("cy", PointerAction::Retire, "dev", None, why("nobody asks for it")).unwrap();
    let revoked = principals(&[("state: active # ada", "state: revoked")]);
    let changed = POLICY.replace("approvals: 0", "approvals: 1");
    let commit = w.commit(&documents(&changed, &revoked));
    let plan = w.ledger().plan_policy_approval(commit, &Root::TOP, Decision::Approve, None, by("dee"), None).unwrap();
    w.now += 1;
    w.write(&plan, "dee");
    w.publish("ben", &changed, &revoked).unwrap();
    w.point("ben", PointerAction::Seal, "prod", None, why("ada's key is lost")).unwrap();
    w
}

/// Whether we take what the ref `name` holds for a valid entry of its kind.
fn we_accept(w: &World, name: &RefName) -> bool {
    let Ok(ledger) = w.try_ledger() else { return false };
    let id = w.refs[&name.full()];
    let bytes = &w.objects[&id].bytes;
    let Ok(tag) = ledger::SignedTag::parse(bytes) else { return false };
    let digest = tag.digest();
    match name {
        RefName::Policy(n) => ledger.policies().at(*n).is_some_and(|e| e.tag().digest() == digest),
        RefName::Release(id, v) => ledger.release(id, v).is_ok_and(|r| r.is_some_and(|r| r.tag().digest() == digest)),
        RefName::Evidence(..) => {
            let ledger::record::Body::Evidence(body) = &tag.record().body else { return false };
            ledger.runs(&body.content).is_ok_and(|runs| runs.entries().iter().any(|r| r.tag().digest() == digest))
        }
        RefName::Approval(env, id, n, ..) => {
            let ballots = ledger.ballots_of(env, id, *n);
            ballots.is_ok_and(|all| all.valid.iter().any(|b| b.tag().digest() == digest))
        }
        RefName::PolicyApproval(n, ..) => {
            ledger.ballots_of_policy(*n).is_ok_and(|all| all.valid.iter().any(|b| b.tag().digest() == digest))
        }
        RefName::Pointer(env, id, n) => {
            ledger.chain(env, id).is_ok_and(|c| c.at(*n).is_some_and(|e| e.tag().digest() == digest))
        }
    }
}

/// Of every kind and act: a byte here and there, in every part of the tag. What git says no to, we never say yes to; and
/// whatever we say yes to is the entry that was signed.
#[test]
fn no_kind_of_entry_is_accepted_where_git_rejects_it() {
    let mut w = every_kind();
    let folder = tempfile::tempdir().unwrap();
    assert!(git(folder.path(), &["init", "-q"], b"").status.success());
    // What a revoked key signed before stays valid in history, for git too.
    let signers = w.ledger().allowed_signers().unwrap();
    assert_eq!(signers.matches("valid-before=").count(), 1, "{signers}");
    std::fs::write(folder.path().join("allowed"), signers).unwrap();
    // What it signs once entries may no longer cite the policy before, git rejects as we do.
    let (last, ended) = (pointer("dev", 1), w.tag(&RefName::Policy(Sequence::new(2).unwrap())).time().0);
    let (kept, tag) = (w.refs[&last.full()], w.tag(&last));
    assert_eq!(tag.record().by.principal.as_str(), "ada@example.com");
    for (seconds, accepts) in [(600, true), (602, false)] {
        let late = w.forge(&last, tag.record().clone(), *tag.target(), ended + seconds, &key("ada"));
        assert_eq!(git_accepts(folder.path(), &w.objects[&late].bytes), accepts, "{seconds} s later");
    }
    w.refs.insert(last.full(), kept);
    let names: Vec<RefName> = w.refs.keys().filter_map(|full| RefName::from_full(full).ok()).collect();
    let names: Vec<RefName> = names.into_iter().filter(|name| *name != pointer("prod", 4)).collect();
    let mut kinds: Vec<String> = names.iter().map(|n| w.tag(n).record().subject()).collect();
    kinds.iter_mut().for_each(|subject| *subject = subject.split(' ').next().unwrap_or_default().to_owned());
    kinds.sort();
    kinds.dedup();
    assert_eq!(
        kinds,
        ["approve", "attest", "hold", "promote", "publish", "reject", "release", "retire", "roll", "seal"]
    );
    let (mut stricter, mut tried) = (0, 0);
    for (round, name) in names.iter().enumerate() {
        let full = name.full();
        let id = w.refs[&full];
        let good = w.objects[&id].bytes.clone();
        assert!(we_accept(&w, name), "{name}");
        assert!(git_accepts(folder.path(), &good), "{name}");
        for at in (round % 61..good.len()).step_by(61) {
            let mut bytes = good.clone();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            w.put(name, &bytes);
            let (ours, theirs) = (we_accept(&w, name), git_accepts(folder.path(), &bytes));
            assert!(theirs || !ours, "{name}, byte {at}: git rejects it");
            // Only another spelling of the same signature could be the same entry; a canonical one has no other.
            assert!(!ours, "{name}, byte {at}: accepted though changed");
            (stricter, tried) = (stricter + usize::from(theirs), tried + 1);
        }
        w.refs.insert(full, id);
    }
    assert!(tried > 200 && stricter < tried / 20, "{stricter} of {tried} are refused by us alone");
}

/// RSA and every ECDSA curve, signed by ssh-keygen.
#[test]
fn no_kind_of_key_is_accepted_where_git_rejects_it() {
    for (kind, bits) in [("rsa", "2048"), ("rsa", "4096"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521")] {
        let folder = tempfile::tempdir().unwrap();
        assert!(git(folder.path(), &["init", "-q"], b"").status.success());
        keygen(folder.path(), &["-q", "-t", kind, "-b", bits, "-N", "", "-C", "", "-f", "key"], b"");
        let line = std::fs::read_to_string(folder.path().join("key.pub")).unwrap();
        let ssh = SshKey::parse(line.trim()).unwrap();
        let by: By = format!("ada@example.com {}", ssh.fingerprint()).parse().unwrap();
        let adas = key("ada").public_key().to_openssh().unwrap();
        let mut w = World::empty();
        let commit = w.commit(&documents(POLICY, &principals(&[(&adas, line.trim())])));
        let plan = PolicyPlan::first(&w.judge(), commit, &Root::TOP, by, None).unwrap().plan;
        let draft = plan.draft("Ada", "ada@example.com").unwrap();
        let payload = draft.payload().unwrap();
        let armored = keygen(folder.path(), &["-q", "-Y", "sign", "-n", "git", "-f", "key"], &payload);
        let good = draft.sign(&armored).unwrap().bytes();
        w.put(&plan.name, &good);
        std::fs::write(folder.path().join("allowed"), w.ledger().allowed_signers().unwrap()).unwrap();
        assert!(git_accepts(folder.path(), &good), "{kind} {bits}");
        for at in (0..good.len()).step_by(83) {
            let mut bytes = good.clone();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            w.put(&plan.name, &bytes);
            let ours = we_accept(&w, &plan.name);
            assert!(!ours || git_accepts(folder.path(), &bytes), "{kind} {bits}, byte {at}: git rejects it");
            assert!(!ours, "{kind} {bits}, byte {at}: accepted though changed");
        }
    }
}

/// Hardware keys, whose signatures are on file: held against the program that git asks.
#[test]
fn no_hardware_key_is_accepted_where_ssh_keygen_rejects_it() {
    for (line, armored) in [
        (include_str!("vectors/sk-ed25519.pub"), include_str!("vectors/sk-ed25519.sig")),
        (include_str!("vectors/sk-ecdsa.pub"), include_str!("vectors/sk-ecdsa.sig")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let key = crate::keys::held(line);
        std::fs::write(folder.path().join("allowed"), format!("ada namespaces=\"git\" {}", line.trim())).unwrap();
        let theirs = |armored: &str| {
            std::fs::write(folder.path().join("sig"), armored).unwrap();
            let mut command = Command::new("ssh-keygen");
            command.args(["-Y", "verify", "-n", "git", "-f", "allowed", "-I", "ada", "-s", "sig"]);
            command.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            child.stdin.take().unwrap().write_all(crate::keys::PAYLOAD).unwrap();
            child.wait().unwrap().success()
        };
        assert!(theirs(armored) && crate::keys::judge(crate::keys::PAYLOAD, armored, &key).is_ok());
        let good = Signature::from_program(armored).unwrap();
        for at in (0..good.bytes.len()).step_by(7) {
            let mut changed = good.clone();
            changed.bytes[at] ^= 1;
            let changed = changed.to_armor();
            let ours = crate::keys::judge(crate::keys::PAYLOAD, &changed, &key).is_ok();
            assert!(!ours || theirs(&changed), "byte {at}: ssh-keygen rejects it");
        }
    }
}

/// Where we are stricter than git, by name: git answers whose key signed these bytes, and none of the rest.
#[test]
fn every_further_strictness_of_ours_has_a_code() {
    let mut w = World::new();
    w.up("1.0.0");
    let folder = tempfile::tempdir().unwrap();
    assert!(git(folder.path(), &["init", "-q"], b"").status.success());
    std::fs::write(folder.path().join("allowed"), w.ledger().allowed_signers().unwrap()).unwrap();
    let name = pointer("prod", 1);
    let good = w.tag(&name);
    let text = String::from_utf8(good.bytes()).unwrap();
    // The envelope.
    let begin = text.find("-----BEGIN").unwrap();
    let rewrapped = format!("{}\n{}", &text[..begin + 60], &text[begin + 60..]);
    for (what, bytes, code) in [
        ("text after the signature", format!("{text}more\n"), Code::ArmorNotCanonical),
        ("a line of the armor in two", rewrapped, Code::ArmorNotCanonical),
        ("a signature in a header", text.replacen("\n\npromote", "\ngpgsig x\n\npromote", 1), Code::TagMalformed),
    ] {
        assert!(git_accepts(folder.path(), bytes.as_bytes()), "{what}");
        w.put(&name, bytes.as_bytes());
        assert_eq!(w.live("prod"), Err(code), "{what}");
    }
    // The payload, signed by ada as it stands.
    let payload = String::from_utf8(good.payload().to_vec()).unwrap();
    let elsewhere = format!("Repository: sha256:{}", "0".repeat(64));
    let root = payload.lines().find(|line| line.starts_with("Repository: ")).unwrap().to_owned();
    for (what, payload, code) in [
        ("another zone", payload.replacen("+0000", "+0100", 1), Code::TagMalformed),
        ("a header more", payload.replacen("\ntagger", "\nencoding x\ntagger", 1), Code::TagMalformed),
        ("no record at all", "object 0123456789012345678901234567890123456789\ntype tag\ntag env/prod/support/triage@00000001\ntagger A <a@b> 1790000000 +0000\n\nhello\n".to_owned(), Code::RecordMalformed),
        ("a key more", payload.replacen("\nRisk: ", "\nColour: blue\nRisk: ", 1), Code::RecordMalformed),
        ("a subject that lies", payload.replacen(" to prod", " to dev", 1), Code::SubjectMismatch),
        ("a newer format", payload.replacen("Format: 1", "Format: 2", 1), Code::FormatNewer),
        ("another ledger", payload.replacen(&root, &elsewhere, 1), Code::RepositoryMismatch),
        ("another content", payload.replacen("\nRisk: low", "\nRisk: high", 1), Code::ReleaseMismatch),
    ] {
        let bytes = format!("{payload}{}", sign(payload.as_bytes(), &key("ada")));
        assert!(git_accepts(folder.path(), bytes.as_bytes()), "{what}");
        w.put(&name, bytes.as_bytes());
        assert_eq!(w.live("prod"), Err(code), "{what}");
    }
    // The signer: a key of policy's that may not do this, one under another's name, one that is retired.
    w.put(&name, text.as_bytes());
    let resigned = |who: &str, by: &By| {
        let payload = payload.replacen(&good.record().by.to_string(), &by.to_string(), 1);
        format!("{payload}{}", sign(payload.as_bytes(), &key(who)))
    };
    let mallory = By { principal: by("ada").principal, key: by("mal").key };
    for (what, bytes, code) in [
        ("somebody without the right", resigned("mal", &by("mal")), Code::NotAllowed),
        ("a key under another's name", resigned("mal", &mallory), Code::PrincipalMismatch),
        ("another's signature", resigned("mal", &by("ada")), Code::SignerMismatch),
    ] {
        assert!(git_accepts(folder.path(), bytes.as_bytes()), "{what}");
        w.put(&name, bytes.as_bytes());
        assert_eq!(w.live("prod"), Err(code), "{what}");
    }
    w.put(&name, text.as_bytes());
    w.publish("ben", POLICY, &principals(&[("state: active # ada", "state: retired")])).unwrap();
    std::fs::write(folder.path().join("allowed"), w.ledger().allowed_signers().unwrap()).unwrap();
    let plan = w.plan("ada", PointerAction::Hold, "prod", None, why("once more")).unwrap();
    w.now += 1;
    let late = w.write(&plan, "ada");
    assert!(git_accepts(folder.path(), &w.tag(&late).bytes()), "a retired key");
    assert_eq!(w.live("prod"), Err(Code::KeyRetired));
    // The place.
    w.refs.remove(&late.full());
    w.put(&pointer("prod", 2), text.as_bytes());
    assert!(git_accepts(folder.path(), text.as_bytes()), "another ref");
    assert_eq!(w.live("prod"), Err(Code::RefMismatch));
}
