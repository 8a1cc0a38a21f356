//! Certificates and OpenPGP, judged by ssh-keygen and gpg with nothing but the one key that counts.

use std::io::Write as _;
use std::process::{Command, Stdio};

use repo::Said;

use crate::scratch::Scratch;

const PAYLOAD: &[u8] = b"object 1\n\nan entry\n";

/// 2026-11-22T00:00:00Z.
const NOW: i64 = 1_795_305_600;

fn refused(said: &Said) -> bool {
    matches!(said, Said::Refused(_))
}

fn keygen(scratch: &Scratch, args: &[&str], input: &[u8]) -> String {
    let mut command = Command::new("ssh-keygen");
    command.args(args).current_dir(scratch.path("home")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_certificate_counts_for_its_names_in_its_time() {
    let scratch = Scratch::with_repository();
    scratch.key("home/ca", "");
    scratch.key("home/me", "");
    scratch.key("home/other", "");
    keygen(&scratch, &["-q", "-s", "ca", "-I", "me", "-n", "cy", "-V", "20260101:20270101", "me.pub"], b"");
    let armored = keygen(&scratch, &["-q", "-Y", "sign", "-n", "git", "-f", "me-cert.pub"], PAYLOAD);
    let line = |name: &str| {
        let text = std::fs::read_to_string(scratch.path(&format!("home/{name}.pub"))).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ").trim().to_owned()
    };
    let repo = scratch.open("r");
    let ask = |payload: &[u8], ca: &str, names: &[&str], at: i64| {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        repo.verify_certificate(payload, &armored, &line(ca), &names, at).unwrap()
    };
    assert_eq!(ask(PAYLOAD, "ca", &["cy"], NOW), Said::Good);
    assert_eq!(ask(PAYLOAD, "ca", &["bo", "cy"], NOW), Said::Good);
    assert!(refused(&ask(PAYLOAD, "ca", &["bo"], NOW)));
    assert!(refused(&ask(PAYLOAD, "other", &["cy"], NOW)));
    assert!(refused(&ask(b"another entry", "ca", &["cy"], NOW)));
    assert!(refused(&ask(PAYLOAD, "ca", &["cy"], NOW + 365 * 86_400)));
    // What the repository names as the program is never started.
    scratch.git("r", &["config", "gpg.ssh.program", &scratch.canary()]);
    let repo = scratch.open("r");
    let said = repo.verify_certificate(b"another entry", &armored, &line("ca"), &["cy".to_owned()], NOW).unwrap();
    assert!(refused(&said) && !scratch.canary_sang());
}

#[test]
fn an_openpgp_key_counts_while_it_is_the_one_and_sound() {
    let scratch = Scratch::with_repository();
    let home = tempfile::tempdir().unwrap();
    let gpg = |args: &[&str], input: &[u8]| {
        let mut command = Command::new("gpg");
        command.env("GNUPGHOME", home.path()).args(["--batch", "--quiet", "--pinentry-mode=loopback", "--passphrase="]);
        let mut child =
            command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    gpg(&["--quick-gen-key", "ada@example.com", "ed25519", "sign", "never"], b"");
    gpg(&["--faked-system-time=20200101T000000!", "--quick-gen-key", "old@example.com", "ed25519", "sign", "1y"], b"");
    let fingerprint = |who: &str| {
        let listed = gpg(&["--with-colons", "--list-keys", who], b"");
        listed.lines().find(|l| l.starts_with("fpr:")).unwrap().split(':').nth(9).unwrap().to_owned()
    };
    let public = |who: &str| gpg(&["--armor", "--export", who], b"");
    let armored = gpg(&["--armor", "--detach-sign", "-u", "ada@example.com"], PAYLOAD);
    let old =
        gpg(&["--faked-system-time=20200601T000000!", "--armor", "--detach-sign", "-u", "old@example.com"], PAYLOAD);
    let (ada, stale) = (fingerprint("ada@example.com"), fingerprint("old@example.com"));
    let repo = scratch.open("r");
    let at = |payload: &[u8], armored: &str, who: &str, fingerprint: &str, then: i64| {
        repo.verify_openpgp(payload, armored, &public(who), fingerprint, then).unwrap()
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    let ask = |payload: &[u8], armored: &str, who: &str, fingerprint: &str| at(payload, armored, who, fingerprint, now);
    assert_eq!(ask(PAYLOAD, &armored, "ada@example.com", &ada), Said::Good);
    assert!(refused(&ask(b"another entry", &armored, "ada@example.com", &ada)));
    assert!(refused(&ask(PAYLOAD, &armored, "ada@example.com", &stale)));
    assert!(refused(&ask(PAYLOAD, &armored, "old@example.com", &ada)));
    // An expired key is refused, whatever git makes of it from 2.54 on; what it signed before stands.
    let said = ask(PAYLOAD, &old, "old@example.com", &stale);
    assert_eq!(said, Said::Refused("gpg says EXPKEYSIG".to_owned()));
    let then = 1_590_969_600; // 2020-06-01
    assert_eq!(at(PAYLOAD, &old, "old@example.com", &stale, then), Said::Good);
    // The entry's time is taken before anybody types a passphrase.
    assert_eq!(at(PAYLOAD, &old, "old@example.com", &stale, then - 200), Said::Good);
    assert!(refused(&at(PAYLOAD, &old, "old@example.com", &stale, then + 31_536_000)));
    // Short keys and SHA-1 do not count, however right the signature is.
    gpg(&["--quick-gen-key", "short@example.com", "rsa1024", "sign", "never"], b"");
    gpg(&["--quick-gen-key", "rsa@example.com", "rsa2048", "sign", "never"], b"");
    let (short, rsa) = (fingerprint("short@example.com"), fingerprint("rsa@example.com"));
    let sign = |who: &str, hash: &str| gpg(&["--armor", hash, "--detach-sign", "-u", who], PAYLOAD);
    let weak = |said: &Said| matches!(said, Said::Weak(_));
    let by_short = sign("short@example.com", "--digest-algo=SHA256");
    assert!(weak(&ask(PAYLOAD, &by_short, "short@example.com", &short)));
    let by_sha1 = sign("rsa@example.com", "--digest-algo=SHA1");
    assert!(weak(&ask(PAYLOAD, &by_sha1, "rsa@example.com", &rsa)));
    let sound = sign("rsa@example.com", "--digest-algo=SHA256");
    assert_eq!(ask(PAYLOAD, &sound, "rsa@example.com", &rsa), Said::Good);
    let _ = Command::new("gpgconf").env("GNUPGHOME", home.path()).args(["--kill", "all"]).status();
}
