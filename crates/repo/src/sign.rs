//! Signing with the key that the signer's own git configuration names.
//!
//! Which key, and in which format, may come from any scope; which program runs, only from the system, the user or the
//! command line.

mod openpgp;
mod ssh;

use crate::git::{self, Ended, find_program};
use crate::{Config, Environment, Error, Repo, Result, config};

/// Signs payloads with one key.
#[derive(Debug, Clone)]
pub struct Signer {
    way: Way,
    environment: Environment,
    folder: std::path::PathBuf,
}

#[derive(Debug, Clone)]
enum Way {
    Ssh(ssh::Ssh),
    OpenPgp(openpgp::OpenPgp),
}

/// The public half of a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// One line in OpenSSH's format: type, base64, perhaps a comment. It may be a certificate.
    Ssh(String),
    /// The primary key's fingerprint, in upper-case hex.
    OpenPgp(String),
}

impl Repo {
    /// The signer that the configuration here names.
    pub fn signer(&self) -> Result<Signer> {
        let config = self.config()?;
        let folder = self.workdir().unwrap_or(self.git_dir()).to_owned();
        let key = config.data("user.signingKey").filter(|k| !k.trim().is_empty());
        let format = config.data("gpg.format");
        let way = match format.as_deref() {
            Some("ssh") => Way::Ssh(ssh::Ssh::new(config, key, &self.environment, &folder)?),
            Some("openpgp") | None => {
                if let Some(key) = key.as_ref().filter(|k| ssh::looks_like_ssh(k)) {
                    return Err(Error::SigningKey {
                        key: key.clone(),
                        why: "it is an SSH key, but `gpg.format` does not say ssh".to_owned(),
                        // What the repository says itself outweighs what stands in the user's own configuration.
                        remedy: match format {
                            Some(_) => "git config gpg.format ssh".to_owned(),
                            None => "git config --global gpg.format ssh".to_owned(),
                        },
                    });
                }
                Way::OpenPgp(openpgp::OpenPgp::new(config, key, self)?)
            }
            Some(other) => {
                return Err(Error::SigningKey {
                    key: key.unwrap_or_else(|| "the default key".to_owned()),
                    why: format!("`gpg.format` is `{other}`, which this version cannot verify"),
                    remedy: "git config gpg.format ssh".to_owned(),
                });
            }
        };
        Ok(Signer { way, environment: self.environment.clone(), folder })
    }
}

impl Signer {
    /// Signs `payload` in git's namespace and returns the armored signature as the program wrote it.
    pub fn sign(&self, payload: &[u8]) -> Result<Vec<u8>> {
        match &self.way {
            Way::Ssh(ssh) => ssh.sign(payload, self),
            Way::OpenPgp(openpgp) => openpgp.sign(payload, self),
        }
    }

    /// The public half, which names the signer.
    pub fn public_key(&self) -> Result<PublicKey> {
        match &self.way {
            Way::Ssh(ssh) => ssh.public_key(self).map(PublicKey::Ssh),
            Way::OpenPgp(openpgp) => openpgp.fingerprint(self).map(PublicKey::OpenPgp),
        }
    }

    /// The armored OpenPGP public key; `None` for an SSH key, which [`Signer::public_key`] gives whole.
    pub fn exported(&self) -> Result<Option<String>> {
        match &self.way {
            Way::Ssh(_) => Ok(None),
            Way::OpenPgp(openpgp) => openpgp.exported(self).map(Some),
        }
    }

    /// The key as configured, for people.
    pub fn key(&self) -> &str {
        match &self.way {
            Way::Ssh(ssh) => ssh.key(),
            Way::OpenPgp(openpgp) => openpgp.key(),
        }
    }

    /// Runs a signing program with what agents, askpass programs and hardware keys need, and nothing of git's.
    fn run(&self, program: &std::path::Path, args: &[&std::ffi::OsStr], input: &[u8]) -> Result<Ended> {
        const KEPT: &[&str] = &[
            "DBUS_SESSION_BUS_ADDRESS",
            "DISPLAY",
            "GNUPGHOME",
            "GPG_TTY",
            "HOME",
            "LOCALAPPDATA",
            "LOGNAME",
            "PATH",
            "PINENTRY_USER_DATA",
            "SSH_AGENT_PID",
            "SSH_ASKPASS",
            "SSH_ASKPASS_REQUIRE",
            "SSH_AUTH_SOCK",
            "SSH_SK_PROVIDER",
            "SystemRoot",
            "TERM",
            "TMPDIR",
            "USER",
            "USERPROFILE",
            "WAYLAND_DISPLAY",
            "XAUTHORITY",
            "XDG_RUNTIME_DIR",
        ];
        let mut command = std::process::Command::new(program);
        command.args(args).current_dir(&self.folder).env_clear().env("LC_ALL", "C");
        command.envs(KEPT.iter().filter_map(|name| Some((name, self.environment.get(name)?))));
        git::run(command, &program.display().to_string(), Some(input), &self.environment)
    }
}

/// The program that trusted configuration names under one of `keys`, else `default`, as an absolute path.
pub(crate) fn program(
    config: &Config,
    keys: &[&str],
    default: &str,
    environment: &Environment,
) -> Result<std::path::PathBuf> {
    let named = keys.iter().find_map(|key| config.trusted(key)).filter(|v| !v.trim().is_empty());
    let named = named.unwrap_or_else(|| default.to_owned());
    let path = config::expand_home(&named, environment);
    if path.is_absolute() {
        return Ok(path);
    }
    // Relative to what? git would look in the worktree, which is the repository's to fill.
    if path.components().count() > 1 {
        return Err(Error::Config(format!("`{}` = {named}: name a program on the PATH or an absolute path", keys[0])));
    }
    find_program(&named, environment)
}

/// What a signing program said when it failed, on one line.
fn last_words(ended: &Ended) -> String {
    let words = ended.words();
    let lines: Vec<_> = words.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    if lines.is_empty() { ended.status.to_string() } else { lines.join("; ") }
}
