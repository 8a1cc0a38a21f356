//! Side by side with git: nothing is accepted here that `git verify-tag` rejects with what `trust export` writes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ledger::export::allowed_signers;
use ledger::record::PointerAction;
use ledger::{Code, Sequence};
use source::Risk;

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
    std::fs::write(folder.path().join("allowed"), allowed_signers(w.ledger().policy().unwrap())).unwrap();
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
    std::fs::write(folder.path().join("allowed"), allowed_signers(w.ledger().policy().unwrap())).unwrap();
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
