//! What ssh-keygen says of certificates and gpg of OpenPGP signatures, asked with nothing but the one key that counts.
//!
//! Each question gets a folder of its own that is gone afterwards: no keyring, trust database or file of the user's takes
//! part. Which program runs comes from trusted configuration only.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use source::{External, ExternalError, Timestamp};

use crate::git::{self, Ended};
use crate::sign::program;
use crate::{Error, Repo, Result};

/// A program's verdict on a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is good, and of the key that was asked about.
    Good,
    /// It is not; what the program said.
    Refused(String),
    /// It is right, but a key, hash or algorithm that does not count made it.
    Weak(String),
}

impl Repo {
    /// Whether `armored` is git's signature over `payload` by a certificate of `authority` (`algorithm base64`) for one
    /// of `names`, valid at `seconds` since 1970.
    pub fn verify_certificate(
        &self,
        payload: &[u8],
        armored: &str,
        authority: &str,
        names: &[String],
        seconds: i64,
    ) -> Result<Said> {
        let program = program(self.config()?, &["gpg.ssh.program"], "ssh-keygen", &self.environment)?;
        let folder = scratch()?;
        let lines: String =
            names.iter().map(|n| format!("{n} cert-authority,namespaces=\"git\" {authority}\n")).collect();
        write(folder.path(), "allowed", lines.as_bytes())?;
        write(folder.path(), "signature", armored.as_bytes())?;
        let time = format!("-Overify-time={}", compact(seconds)?);
        let mut why = String::new();
        for name in names {
            let args = ["-Y", "verify", "-n", "git", "-f", "allowed", "-I", name, "-s", "signature", &time];
            let ended = self.ask(&program, &args.map(OsStr::new), payload, folder.path())?;
            if ended.success() && ended.stdout.starts_with(b"Good \"git\" signature for ") {
                return Ok(Said::Good);
            }
            why = ended.words();
        }
        Ok(Said::Refused(one_line(&why)))
    }

    /// Whether `armored` is a signature over `payload` by the OpenPGP key whose primary fingerprint is `fingerprint`
    /// (upper-case hex), given armored in `public_key`, as things stood `seconds` after 1970: a key or signature that had
    /// expired then is refused, one that expired later counts for what it signed before. So is a revoked one.
    pub fn verify_openpgp(
        &self,
        payload: &[u8],
        armored: &str,
        public_key: &str,
        fingerprint: &str,
        seconds: i64,
    ) -> Result<Said> {
        let program = program(self.config()?, &["gpg.openpgp.program", "gpg.program"], "gpg", &self.environment)?;
        let folder = scratch()?;
        write(folder.path(), "signature", armored.as_bytes())?;
        let base = ["--no-options", "--batch", "--quiet", "--no-autostart", "--trust-model=always", "--homedir=."];
        let import = [&base[..], &["--import"]].concat();
        let import: Vec<&OsStr> = import.iter().map(OsStr::new).collect();
        self.ask(&program, &import, public_key.as_bytes(), folder.path())?;
        // Whoever takes minutes to type a passphrase signs later than the entry says; that is no conflict of times.
        let then = format!("--faked-system-time={}!", seconds.max(1));
        let then = [then.as_str(), "--ignore-time-conflict", "--ignore-valid-from"];
        let verify = [&base[..], &then, &["--status-fd=1", "--verify", "signature", "-"]].concat();
        let verify: Vec<&OsStr> = verify.iter().map(OsStr::new).collect();
        let ended = self.ask(&program, &verify, payload, folder.path())?;
        let status = String::from_utf8_lossy(&ended.stdout).into_owned();
        let valid = match judge(&status, fingerprint) {
            Ok(valid) if ended.success() => valid,
            Ok(_) => return Ok(Said::Refused(one_line(&ended.words()))),
            Err(why) => return Ok(Said::Refused(why)),
        };
        if let Some(why) = valid.weakness() {
            return Ok(Said::Weak(why));
        }
        if valid.is_rsa() {
            let list = [&base[..], &["--with-colons", "--fixed-list-mode", "--list-keys"]].concat();
            let list: Vec<&OsStr> = list.iter().map(OsStr::new).collect();
            let listed = self.ask(&program, &list, b"", folder.path())?;
            let bits = bits(&String::from_utf8_lossy(&listed.stdout), &valid.key);
            if !bits.is_some_and(|bits| (2048..=4096).contains(&bits)) {
                return Ok(Said::Weak("its RSA key has not 2048 to 4096 bits".to_owned()));
            }
        }
        Ok(Said::Good)
    }

    fn ask(&self, program: &Path, args: &[&OsStr], input: &[u8], folder: &Path) -> Result<Ended> {
        let mut command = Command::new(program);
        command.args(args).current_dir(folder).env_clear().env("LC_ALL", "C").env("TZ", "UTC0");
        let kept = ["HOME", "LOCALAPPDATA", "PATH", "SystemRoot", "TMPDIR", "USERPROFILE"];
        command.envs(kept.iter().filter_map(|name| Some((name, self.environment.get(name)?))));
        let name = program.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        git::run(command, &name, Some(input), &self.environment)
    }
}

/// The ledger's questions.
impl External for Repo {
    fn certificate(
        &self,
        payload: &[u8],
        armored: &str,
        authority: &str,
        names: &[String],
        time: Timestamp,
    ) -> std::result::Result<(), ExternalError> {
        answer(self.verify_certificate(payload, armored, authority, names, time.0))
    }

    fn openpgp(
        &self,
        payload: &[u8],
        armored: &str,
        public_key: &str,
        fingerprint: &str,
        time: Timestamp,
    ) -> std::result::Result<(), ExternalError> {
        answer(self.verify_openpgp(payload, armored, public_key, fingerprint, time.0))
    }
}

fn answer(said: Result<Said>) -> std::result::Result<(), ExternalError> {
    match said {
        Ok(Said::Good) => Ok(()),
        Ok(Said::Refused(why)) => Err(ExternalError::Refused(why)),
        Ok(Said::Weak(why)) => Err(ExternalError::Weak(why)),
        Err(error) => Err(ExternalError::Unavailable(error.to_string())),
    }
}

/// Exactly one good signature, and of this primary key: exit codes and `VALIDSIG` alone pass expired keys.
fn judge(status: &str, fingerprint: &str) -> std::result::Result<Valid, String> {
    let lines: Vec<Vec<&str>> = status
        .lines()
        .filter_map(|line| line.strip_prefix("[GNUPG:] "))
        .map(|line| line.split(' ').collect())
        .collect();
    let verdicts = ["GOODSIG", "BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"];
    let said: Vec<&str> = lines.iter().map(|l| l[0]).filter(|word| verdicts.contains(word)).collect();
    let [word] = said[..] else { return Err(format!("gpg gave {} verdicts", said.len())) };
    if word != "GOODSIG" {
        return Err(format!("gpg says {word}"));
    }
    let valid: Vec<&Vec<&str>> = lines.iter().filter(|l| l[0] == "VALIDSIG").collect();
    match valid[..] {
        [valid] if valid.last() == Some(&fingerprint) => Ok(Valid::read(valid)),
        _ => Err("gpg names another primary key".to_owned()),
    }
}

/// What gpg's `VALIDSIG` says of a signature (GnuPG, doc/DETAILS); numbers are those of RFC 9580, sections 9.1 and 9.5.
#[derive(Debug, PartialEq, Eq)]
struct Valid {
    /// The fingerprint of the key or subkey that signed.
    key: String,
    algorithm: String,
    hash: String,
}

impl Valid {
    fn read(fields: &[&str]) -> Self {
        let field = |at: usize| fields.get(at).copied().unwrap_or_default().to_owned();
        Self { key: field(1), algorithm: field(7), hash: field(8) }
    }

    /// Why it does not count: only RSA, ECDSA and EdDSA with SHA-256, SHA-384 or SHA-512 do.
    fn weakness(&self) -> Option<String> {
        if !matches!(self.algorithm.as_str(), "1" | "3" | "19" | "22" | "27" | "28") {
            return Some("its algorithm is neither RSA, ECDSA nor EdDSA".to_owned());
        }
        let strong = matches!(self.hash.as_str(), "8" | "9" | "10");
        (!strong).then(|| "its hash is neither SHA-256, SHA-384 nor SHA-512".to_owned())
    }

    fn is_rsa(&self) -> bool {
        matches!(self.algorithm.as_str(), "1" | "3")
    }
}

/// The length of the key or subkey with this fingerprint, from gpg's list: its line comes before that of its fingerprint.
fn bits(listed: &str, fingerprint: &str) -> Option<u32> {
    let mut bits = None;
    for fields in listed.lines().map(|line| line.split(':').collect::<Vec<_>>()) {
        match fields[0] {
            "pub" | "sub" => bits = fields.get(2).and_then(|bits| bits.parse().ok()),
            "fpr" if fields.get(9) == Some(&fingerprint) => return bits,
            _ => {}
        }
    }
    None
}

fn scratch() -> Result<tempfile::TempDir> {
    tempfile::tempdir().map_err(|e| Error::Program { program: "a temporary folder".to_owned(), why: e.to_string() })
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    std::fs::write(folder.join(name), bytes)
        .map_err(|e| Error::Program { program: "a temporary file".to_owned(), why: e.to_string() })
}

/// `YYYYMMDDHHMMSS`, which ssh-keygen reads in the zone of `TZ`, UTC here.
fn compact(seconds: i64) -> Result<String> {
    let text = source::Timestamp(seconds).to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        14 => Ok(digits),
        _ => Err(Error::Program { program: "ssh-keygen".to_owned(), why: format!("{text} is no time it can judge") }),
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_good_signature_of_the_right_key_is_good() {
        let good = "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 12 Ada\n[GNUPG:] VALIDSIG AA 2026-01-01 1 0 4 0 22 8 00 BB\n";
        let valid = judge(good, "BB").unwrap();
        assert_eq!((valid.key.as_str(), valid.weakness()), ("AA", None));
        for weak in ["4 0 22 2 00", "4 0 17 8 00", "4 0 22 1 00"] {
            assert!(judge(&good.replace("4 0 22 8 00", weak), "BB").unwrap().weakness().is_some(), "{weak}");
        }
        assert!(judge(good, "AA").is_err());
        assert!(judge(&good.repeat(2), "BB").is_err());
        assert!(judge(&good.replace("GOODSIG", "EXPKEYSIG"), "BB").is_err());
        assert!(judge("", "BB").is_err());
        assert_eq!(compact(0).ok().as_deref(), Some("19700101000000"));
    }
}
