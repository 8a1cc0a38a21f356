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
    /// (upper-case hex), given armored in `public_key`; an expired or revoked key or signature is refused.
    pub fn verify_openpgp(&self, payload: &[u8], armored: &str, public_key: &str, fingerprint: &str) -> Result<Said> {
        let program = program(self.config()?, &["gpg.openpgp.program", "gpg.program"], "gpg", &self.environment)?;
        let folder = scratch()?;
        write(folder.path(), "signature", armored.as_bytes())?;
        let base = ["--no-options", "--batch", "--quiet", "--no-autostart", "--trust-model=always", "--homedir=."];
        let import = [&base[..], &["--import"]].concat();
        let import: Vec<&OsStr> = import.iter().map(OsStr::new).collect();
        self.ask(&program, &import, public_key.as_bytes(), folder.path())?;
        let verify = [&base[..], &["--status-fd=1", "--verify", "signature", "-"]].concat();
        let verify: Vec<&OsStr> = verify.iter().map(OsStr::new).collect();
        let ended = self.ask(&program, &verify, payload, folder.path())?;
        let status = String::from_utf8_lossy(&ended.stdout).into_owned();
        match judge(&status, fingerprint) {
            Ok(()) if ended.success() => Ok(Said::Good),
            Ok(()) => Ok(Said::Refused(one_line(&ended.words()))),
            Err(why) => Ok(Said::Refused(why)),
        }
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
    ) -> std::result::Result<(), ExternalError> {
        answer(self.verify_openpgp(payload, armored, public_key, fingerprint))
    }
}

fn answer(said: Result<Said>) -> std::result::Result<(), ExternalError> {
    match said {
        Ok(Said::Good) => Ok(()),
        Ok(Said::Refused(why)) => Err(ExternalError::Refused(why)),
        Err(error) => Err(ExternalError::Unavailable(error.to_string())),
    }
}

/// Exactly one good signature, and of this primary key: exit codes and `VALIDSIG` alone pass expired keys.
fn judge(status: &str, fingerprint: &str) -> std::result::Result<(), String> {
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
        [valid] if valid.last() == Some(&fingerprint) => Ok(()),
        _ => Err("gpg names another primary key".to_owned()),
    }
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
        assert_eq!(judge(good, "BB"), Ok(()));
        assert!(judge(good, "AA").is_err());
        assert!(judge(&good.repeat(2), "BB").is_err());
        assert!(judge(&good.replace("GOODSIG", "EXPKEYSIG"), "BB").is_err());
        assert!(judge("", "BB").is_err());
        assert_eq!(compact(0).ok().as_deref(), Some("19700101000000"));
    }
}
