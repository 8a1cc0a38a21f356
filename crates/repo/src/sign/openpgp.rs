//! OpenPGP signatures through gpg, as git asks for them.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::{Signer, last_words, program};
use crate::{Config, Error, Repo, Result};

#[derive(Debug, Clone)]
pub(super) struct OpenPgp {
    program: PathBuf,
    key: String,
    /// Whether the configuration names it; else it is the committer, as git does it.
    configured: bool,
}

impl OpenPgp {
    pub(super) fn new(config: &Config, key: Option<String>, repo: &Repo) -> Result<Self> {
        let configured = key.is_some();
        let key = match key {
            Some(key) => key,
            None => {
                let who = repo.identity()?;
                format!("{} <{}>", who.name, who.email)
            }
        };
        let program = program(config, &["gpg.openpgp.program", "gpg.program"], "gpg", &repo.environment);
        let program = match program {
            // Nothing says that OpenPGP is meant at all.
            Err(Error::NoProgram(_)) if !configured && config.data("gpg.format").is_none() => {
                return Err(Error::NoSigningKey);
            }
            other => other?,
        };
        Ok(Self { program, key, configured })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn sign(&self, payload: &[u8], signer: &Signer) -> Result<Vec<u8>> {
        let args = ["--status-fd=2", "-bsau", &self.key].map(OsStr::new);
        let ended = signer.run(&self.program, &args, payload)?;
        let status = ended.words();
        if ended.success() && status.contains("[GNUPG:] SIG_CREATED ") && !ended.stdout.is_empty() {
            return Ok(ended.stdout);
        }
        let spoken: Vec<_> = status.lines().filter(|l| !l.starts_with("[GNUPG:]")).map(str::trim).collect();
        if status.contains("INV_SGNR") || status.contains("No secret key") {
            return Err(self.missing());
        }
        let why = if spoken.is_empty() { last_words(&ended) } else { spoken.join("; ") };
        let remedy = "see whether this works: echo x | gpg -bsa (with GPG_TTY=$(tty) where it asks for a passphrase)";
        Err(Error::SigningKey { key: self.key.clone(), why, remedy: remedy.to_owned() })
    }

    /// The primary key's fingerprint, whatever subkey signs.
    pub(super) fn fingerprint(&self, signer: &Signer) -> Result<String> {
        let args = ["--batch", "--with-colons", "--list-secret-keys", "--", &self.key].map(OsStr::new);
        let ended = signer.run(&self.program, &args, b"")?;
        let text = String::from_utf8_lossy(&ended.stdout);
        let field = |line: &str| line.split(':').nth(9).filter(|f| f.len() >= 40).map(str::to_owned);
        let primary =
            text.lines().skip_while(|l| !l.starts_with("sec:")).find(|l| l.starts_with("fpr:")).and_then(field);
        primary.ok_or_else(|| self.missing())
    }

    /// The armored public key, as policy holds it.
    pub(super) fn exported(&self, signer: &Signer) -> Result<String> {
        let fingerprint = self.fingerprint(signer)?;
        let args = ["--batch", "--armor", "--export-options=export-minimal", "--export", &fingerprint].map(OsStr::new);
        let ended = signer.run(&self.program, &args, b"")?;
        let text = String::from_utf8_lossy(&ended.stdout).into_owned();
        if ended.success() && !text.is_empty() { Ok(text) } else { Err(self.missing()) }
    }

    fn missing(&self) -> Error {
        if !self.configured {
            return Error::NoSigningKey;
        }
        Error::SigningKey {
            key: self.key.clone(),
            why: "gpg has no secret key for it".to_owned(),
            remedy: "see the keys that gpg has: gpg --list-secret-keys".to_owned(),
        }
    }
}
