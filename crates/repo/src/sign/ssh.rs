//! SSH signatures through `ssh-keygen -Y sign`: files, agents and hardware keys alike.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Signer, last_words, program};
use crate::config::{Config, expand_home};
use crate::{Environment, Error, Result};

#[derive(Debug, Clone)]
pub(super) struct Ssh {
    program: PathBuf,
    /// As configured.
    named: String,
    key: Key,
}

#[derive(Debug, Clone)]
enum Key {
    /// A public key by itself; the agent holds the other half.
    Literal(String),
    /// A public or private key's file.
    File(PathBuf),
}

/// Whether a configured key can only be meant for SSH.
pub(super) fn looks_like_ssh(key: &str) -> bool {
    literal(key).is_some() || key.ends_with(".pub") || key.contains("/.ssh/")
}

/// What to do where the named file is missing.
const NO_FILE: &str = "name one that there is: git config user.signingKey FILE.pub; or make one: ssh-keygen -t ed25519";

/// git takes `key::…` and, for historical reasons, `ssh-…` as the key itself.
fn literal(key: &str) -> Option<&str> {
    key.strip_prefix("key::").or_else(|| key.starts_with("ssh-").then_some(key))
}

impl Ssh {
    pub(super) fn new(config: &Config, key: Option<String>, environment: &Environment, folder: &Path) -> Result<Self> {
        let program = program(config, &["gpg.ssh.program"], "ssh-keygen", environment)?;
        let named = match key {
            Some(key) => key,
            None => default_key(config, environment, folder)?,
        };
        let key = match literal(&named) {
            Some(text) => Key::Literal(text.trim().to_owned()),
            None => Key::File(folder.join(expand_home(&named, environment))),
        };
        Ok(Self { program, named, key })
    }

    pub(super) fn key(&self) -> &str {
        &self.named
    }

    pub(super) fn sign(&self, payload: &[u8], signer: &Signer) -> Result<Vec<u8>> {
        // Held until the program has ended.
        let mut held = None;
        let (file, agent): (&Path, bool) = match &self.key {
            Key::File(path) => (path, false),
            Key::Literal(text) => {
                let failed = |e: std::io::Error| Error::write(&std::env::temp_dir(), &e);
                let file = tempfile::Builder::new().suffix(".pub").tempfile().map_err(failed)?;
                std::fs::write(file.path(), format!("{text}\n")).map_err(failed)?;
                (held.insert(file).path(), true)
            }
        };
        if !agent && !file.exists() {
            return Err(self.failure("there is no such file", NO_FILE));
        }
        let mut args: Vec<&OsStr> = ["-Y", "sign", "-n", "git", "-f"].map(OsStr::new).to_vec();
        args.push(file.as_os_str());
        if agent {
            args.push(OsStr::new("-U"));
        }
        let ended = signer.run(&self.program, &args, payload)?;
        if ended.success() && ended.stdout.starts_with(b"-----BEGIN SSH SIGNATURE-----") {
            return Ok(ended.stdout);
        }
        Err(self.explained(&last_words(&ended), agent))
    }

    fn explained(&self, words: &str, agent: bool) -> Error {
        let add = || match &self.key {
            Key::File(path) if path.exists() && !Path::new(&self.private()).exists() => {
                "load it into your agent from wherever its private half is kept; `ssh-add -L` shows what is there"
                    .to_owned()
            }
            Key::File(_) => format!("ssh-add {}", self.private()),
            Key::Literal(_) => "ssh-add FILE, with the file of its private half".to_owned(),
        };
        if words.contains("usage:") {
            return self.failure("this ssh-keygen is too old to sign", "install OpenSSH 8.9 or later");
        }
        if words.contains("UNPROTECTED PRIVATE KEY FILE") {
            return self.failure("its private half may be read by others", &format!("chmod 600 {}", self.private()));
        }
        // Without a terminal nobody was asked, and ssh-keygen says the same.
        let asked = !cfg!(unix) || std::fs::File::open("/dev/tty").is_ok();
        if words.contains("incorrect passphrase") && asked {
            return self.failure("that was not its passphrase", &format!("try again, or unlock it once: {}", add()));
        }
        if words.contains("passphrase") {
            let why = "it is locked with a passphrase, and neither an agent nor a terminal is at hand";
            return self.failure(why, &format!("unlock it once: {}", add()));
        }
        if words.contains("agent") || agent {
            return self.failure(&format!("the agent does not sign with it ({words})"), &add());
        }
        if words.contains("No private key found") || words.contains("Couldn't load") {
            return self.failure(&format!("its private half is neither beside it nor in the agent ({words})"), &add());
        }
        if self.program.file_name().is_none_or(|name| name != "ssh-keygen" && name != "ssh-keygen.exe") {
            let program = self.program.display();
            let why = format!("{program}, which `gpg.ssh.program` names, failed ({words})");
            return self.failure(
                &why,
                "see whether it can sign: git tag -s -m test test && git tag -d test; else unset gpg.ssh.program",
            );
        }
        self.failure(words, "see whether this works: git config --get user.signingKey; ssh-add -L")
    }

    /// The file of the private key, for a command to paste.
    fn private(&self) -> String {
        match &self.key {
            Key::File(path) if path.extension().is_some_and(|e| e == "pub") => {
                path.with_extension("").display().to_string()
            }
            Key::File(path) => path.display().to_string(),
            Key::Literal(_) => "FILE".to_owned(),
        }
    }

    fn failure(&self, why: &str, remedy: &str) -> Error {
        Error::SigningKey { key: self.named.clone(), why: why.to_owned(), remedy: remedy.to_owned() }
    }

    pub(super) fn public_key(&self, signer: &Signer) -> Result<String> {
        let path = match &self.key {
            Key::Literal(text) => return Ok(text.clone()),
            Key::File(path) => path,
        };
        let read = |path: &Path| std::fs::read_to_string(path).ok().as_deref().and_then(public_line);
        if let Some(line) = read(path) {
            return Ok(line);
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".pub");
        if let Some(line) = read(Path::new(&beside)) {
            return Ok(line);
        }
        if !path.exists() {
            return Err(self.failure("there is no such file", NO_FILE));
        }
        let args: Vec<&OsStr> = vec![OsStr::new("-y"), OsStr::new("-f"), path.as_os_str()];
        // A program that stands in for ssh-keygen when signing need not know this; ssh-keygen itself does.
        let keygen = crate::git::find_program("ssh-keygen", &signer.environment)?;
        let ended = signer.run(&keygen, &args, b"")?;
        let line = String::from_utf8(ended.stdout.clone()).ok().as_deref().and_then(public_line);
        line.ok_or_else(|| self.explained(&last_words(&ended), false))
    }
}

/// The first line that is a public key: a type, then base64.
fn public_line(text: &str) -> Option<String> {
    let is_key = |l: &&str| {
        let mut words = l.split_whitespace();
        let kind =
            words.next().is_some_and(|k| k.starts_with("ssh-") || k.starts_with("ecdsa-") || k.starts_with("sk-"));
        kind && words.next().is_some_and(|b| b.starts_with("AAAA"))
    };
    text.lines().map(str::trim).find(is_key).map(str::to_owned)
}

/// What the program of `gpg.ssh.defaultKeyCommand` prints, where a trusted scope names one.
fn default_key(config: &Config, environment: &Environment, folder: &Path) -> Result<String> {
    let Some(line) = config.trusted("gpg.ssh.defaultKeyCommand") else { return Err(Error::NoSigningKey) };
    // git runs it through a shell where it holds more than a program's name; so do we.
    let shell = crate::git::find_program("sh", environment)?;
    let mut command = std::process::Command::new(shell);
    command.args(["-c", &line]).current_dir(folder).env_clear();
    let kept = ["PATH", "HOME", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"];
    command.envs(kept.iter().filter_map(|name| Some((name, environment.get(name)?))));
    let ended = crate::git::run(command, "gpg.ssh.defaultKeyCommand", None, environment)?;
    if !ended.success() {
        return Err(ended.failure());
    }
    let text = String::from_utf8_lossy(&ended.stdout);
    let key = |l: &str| (l.starts_with("key::") || public_line(l).is_some()).then(|| l.to_owned());
    let found = text.lines().map(str::trim).find_map(key);
    // A bare `ecdsa-…` or `sk-…` line needs the prefix that marks a literal key.
    found.map(|k| if literal(&k).is_some() { k } else { format!("key::{k}") }).ok_or(Error::NoSigningKey)
}
