//! Every kind of SSH key, with signatures as ssh-keygen makes them, and what does not count among them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use ledger::armor::{Scheme, Signature};
use ledger::signature::{NoPrograms, self_consistent, verify};
use ledger::{Code, Refusal};
use policy::ssh::{SshCertificate, SshKey};
use policy::{Key, KeyKind, KeyState};
use source::{Place, RepoPath, Timestamp};

pub(crate) const PAYLOAD: &[u8] = b"a payload\n";

pub(crate) fn held(line: &str) -> Key {
    let ssh = SshKey::parse(line).unwrap();
    let at = Place::file(&RepoPath::new("policies/principals.yaml").unwrap());
    Key { fingerprint: ssh.fingerprint(), kind: KeyKind::Ssh(ssh), state: KeyState::Active, at }
}

pub(crate) fn judge(payload: &[u8], armored: &str, key: &Key) -> Result<(), Code> {
    let signature = Signature::parse(armored.as_bytes()).map_err(|r| r.code)?;
    verify(payload, &signature, key, Timestamp(0), &NoPrograms).map_err(|r: Refusal| r.code)
}

pub(crate) fn keygen(folder: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("ssh-keygen")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_ssh_keygen_signs_is_accepted_and_spelled_like_ours() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, bits) in
        [("ed25519", ""), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "2048"), ("rsa", "3072")]
    {
        let name = format!("{kind}{bits}");
        let size = if bits.is_empty() { vec![] } else { vec!["-b", bits] };
        keygen(folder.path(), &[&["-q", "-t", kind, "-N", "", "-f", &name], &size[..]].concat(), b"");
        let armored = keygen(folder.path(), &["-q", "-Y", "sign", "-n", "git", "-f", &name], PAYLOAD);
        let key = held(&std::fs::read_to_string(folder.path().join(format!("{name}.pub"))).unwrap());
        assert_eq!(judge(PAYLOAD, &armored, &key), Ok(()), "{name}");
        assert_eq!(judge(b"another payload\n", &armored, &key), Err(Code::SignatureWrong), "{name}");
        assert_eq!(Signature::from_program(&armored).unwrap().to_armor(), armored, "{name}");
        let other = keygen(folder.path(), &["-q", "-Y", "sign", "-n", "file", "-f", &name], PAYLOAD);
        assert_eq!(judge(PAYLOAD, &other, &key), Err(Code::SignatureNamespace), "{name}");
        let sha256 =
            keygen(folder.path(), &["-q", "-Y", "sign", "-n", "git", "-O", "hashalg=sha256", "-f", &name], PAYLOAD);
        assert_eq!(judge(PAYLOAD, &sha256, &key), Ok(()), "{name}");
        let found = self_consistent(PAYLOAD, &Signature::from_program(&armored).unwrap());
        assert_eq!(found, Some(key.fingerprint.clone()), "{name}");
        assert_eq!(judge(PAYLOAD, &armored, &held(include_str!("vectors/sk-ed25519.pub"))), Err(Code::SignerMismatch));
    }
}

#[test]
fn weak_keys_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    keygen(folder.path(), &["-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", "weak"], b"");
    let armored = keygen(folder.path(), &["-q", "-Y", "sign", "-n", "git", "-f", "weak"], PAYLOAD);
    assert_eq!(self_consistent(PAYLOAD, &Signature::from_program(&armored).unwrap()), None);
    let line = std::fs::read_to_string(folder.path().join("weak.pub")).unwrap();
    assert!(SshKey::parse(&line).is_err());
}

#[test]
fn hardware_keys_count() {
    for (line, armored) in [
        (include_str!("vectors/sk-ed25519.pub"), include_str!("vectors/sk-ed25519.sig")),
        (include_str!("vectors/sk-ecdsa.pub"), include_str!("vectors/sk-ecdsa.sig")),
    ] {
        let key = held(line);
        assert_eq!(judge(PAYLOAD, armored, &key), Ok(()));
        assert_eq!(judge(b"x", armored, &key), Err(Code::SignatureWrong));
        // The counter is signed too.
        let mut signature = Signature::from_program(armored).unwrap();
        *signature.bytes.last_mut().unwrap() ^= 1;
        assert_eq!(judge(PAYLOAD, &signature.to_armor(), &key), Err(Code::SignatureWrong));
    }
}

#[test]
fn the_container_is_read_strictly() {
    let good = Signature::from_program(include_str!("vectors/sk-ed25519.sig")).unwrap();
    let key = held(include_str!("vectors/sk-ed25519.pub"));
    let judge = |bytes: Vec<u8>| judge(PAYLOAD, &Signature { scheme: Scheme::Ssh, bytes }.to_armor(), &key);
    assert_eq!(judge([&good.bytes[..], b"x"].concat()), Err(Code::SignatureMalformed));
    assert_eq!(judge(good.bytes[..good.bytes.len() - 1].to_vec()), Err(Code::SignatureMalformed));
    let mut version = good.bytes.clone();
    version[9] = 2;
    assert_eq!(judge(version), Err(Code::SignatureMalformed));
    let text = String::from_utf8_lossy(&good.bytes).into_owned();
    assert!(text.contains("sha512"));
    let at = good.bytes.windows(6).position(|w| w == b"sha512").unwrap();
    let mut sha1 = good.bytes.clone();
    sha1[at..at + 6].copy_from_slice(b"sha001");
    assert_eq!(judge(sha1), Err(Code::SignatureWeak));
    // Every single bit, nowhere accepted.
    for byte in 0..good.bytes.len() {
        for bit in 0..8 {
            let mut bytes = good.bytes.clone();
            bytes[byte] ^= 1 << bit;
            assert!(judge(bytes).is_err(), "byte {byte}, bit {bit}");
        }
    }
}

/// The twin of an ECDSA signature verifies as well; the entry it signs is the same, so nothing is gained by it.
#[test]
fn the_twin_of_an_ecdsa_signature_is_the_same_entry() {
    const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let folder = tempfile::tempdir().unwrap();
    keygen(folder.path(), &["-q", "-t", "ecdsa", "-b", "256", "-N", "", "-f", "k"], b"");
    let armored = keygen(folder.path(), &["-q", "-Y", "sign", "-n", "git", "-f", "k"], PAYLOAD);
    let key = held(&std::fs::read_to_string(folder.path().join("k.pub")).unwrap());
    let bytes = Signature::from_program(&armored).unwrap().bytes;
    // …, string signature { string algorithm, string { mpint r, mpint s } }
    let fields = |mut rest: &[u8]| {
        let mut out = Vec::new();
        while let Some((length, tail)) = rest.split_first_chunk::<4>() {
            let (field, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
            out.push(field.to_vec());
            rest = tail;
        }
        out
    };
    let string = |field: &[u8]| [&u32::try_from(field.len()).unwrap().to_be_bytes()[..], field].concat();
    let mut outer = fields(&bytes[10..]);
    let mut inner = fields(&outer[4]);
    let mut pair = fields(&inner[1]);
    let n: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&N[2 * i..2 * i + 2], 16).unwrap()).collect();
    let mut s = [vec![0; 33], pair[1].clone()].concat();
    s = s[s.len() - 32..].to_vec();
    let (mut twin, mut borrow) = (vec![0; 32], 0i32);
    for i in (0..32).rev() {
        let d = i32::from(n[i]) - i32::from(s[i]) - borrow;
        borrow = i32::from(d < 0);
        twin[i] = u8::try_from(d.rem_euclid(256)).unwrap();
    }
    let plain = &twin[twin.iter().position(|b| *b != 0).unwrap()..];
    pair[1] = if plain[0] >= 0x80 { [&[0], plain].concat() } else { plain.to_vec() };
    inner[1] = pair.iter().flat_map(|f| string(f)).collect();
    outer[4] = inner.iter().flat_map(|f| string(f)).collect();
    let bytes = [bytes[..10].to_vec(), outer.iter().flat_map(|f| string(f)).collect()].concat();
    let twin = Signature { scheme: Scheme::Ssh, bytes }.to_armor();
    assert_ne!(twin, armored);
    assert_eq!(judge(PAYLOAD, &twin, &key), Ok(()));
}

#[test]
fn certificates_and_openpgp_ask_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    keygen(folder.path(), &["-q", "-t", "ed25519", "-N", "", "-f", "ca"], b"");
    keygen(folder.path(), &["-q", "-t", "ed25519", "-N", "", "-f", "me"], b"");
    keygen(folder.path(), &["-q", "-s", "ca", "-I", "me", "-n", "cy", "me.pub"], b"");
    let armored = keygen(folder.path(), &["-q", "-Y", "sign", "-n", "git", "-f", "me-cert.pub"], PAYLOAD);
    let line = std::fs::read_to_string(folder.path().join("ca.pub")).unwrap();
    let ca = SshKey::parse(&line).unwrap();
    let authority = Key { kind: KeyKind::SshAuthority { key: ca, principals: vec!["cy".to_owned()] }, ..held(&line) };
    assert_eq!(judge(PAYLOAD, &armored, &authority), Err(Code::VerifierMissing));
    // The plain key that the certificate names is not what signed.
    let plain = held(&std::fs::read_to_string(folder.path().join("me.pub")).unwrap());
    assert_eq!(judge(PAYLOAD, &armored, &plain), Err(Code::SignerMismatch));
    let pgp = Key { kind: KeyKind::OpenPgp { armored: String::new() }, ..held(&line) };
    assert_eq!(judge(PAYLOAD, &armored, &pgp), Err(Code::SignerMismatch));
}

#[test]
fn a_certificate_names_its_authority_and_whom_it_vouches_for() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    keygen(folder.path(), &["-q", "-t", "ed25519", "-N", "", "-f", "ca"], b"");
    for (kind, bits) in [("ed25519", "256"), ("rsa", "2048"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521")] {
        let name = format!("{kind}{bits}");
        keygen(folder.path(), &["-q", "-t", kind, "-b", bits, "-N", "", "-f", &name], b"");
        keygen(folder.path(), &["-q", "-s", "ca", "-I", "a laptop", "-n", "ada,ben", &format!("{name}.pub")], b"");
        let certificate = SshCertificate::parse(&read(&format!("{name}-cert.pub"))).unwrap();
        assert_eq!(certificate.names, ["ada", "ben"], "{name}");
        assert_eq!(certificate.authority.fingerprint(), SshKey::parse(&read("ca.pub")).unwrap().fingerprint());
    }
    assert_eq!(SshCertificate::parse(&read("ca.pub")), None);
    assert_eq!(SshCertificate::parse("ssh-ed25519-cert-v01@openssh.com AAAA"), None);
}

#[test]
fn what_gpg_writes_is_spelled_like_ours() {
    let home = tempfile::tempdir().unwrap();
    let gpg = |args: &[&str], input: &[u8]| {
        let mut child = Command::new("gpg")
            .env("GNUPGHOME", home.path())
            .args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    gpg(&["--quick-gen-key", "Ada <ada@example.com>", "ed25519", "sign", "never"], b"");
    let armored = gpg(&["--armor", "--detach-sign", "-o", "-"], PAYLOAD);
    let commented = gpg(&["--armor", "--comment", "hi", "--detach-sign", "-o", "-"], PAYLOAD);
    let _ = Command::new("gpgconf").env("GNUPGHOME", home.path()).args(["--kill", "all"]).status();
    assert_eq!(Signature::from_program(&armored).unwrap().to_armor(), armored);
    assert!(commented.contains("Comment: hi"));
    let ours = Signature::from_program(&commented).unwrap().to_armor();
    assert!(!ours.contains("Comment") && Signature::parse(ours.as_bytes()).is_ok());
    assert!(Signature::parse(commented.as_bytes()).is_err());
    // A wrong checksum is a damaged signature.
    let crc = ours.lines().find(|l| l.starts_with('=')).unwrap();
    assert!(Signature::from_program(&ours.replace(crc, "=AAAA")).is_err());
    assert!(Signature::from_program(&ours.replace(&format!("{crc}\n"), "")).is_ok());
}
