//! The first documents of a new repository, written to be read: what `promptuary init` puts into `policies/`.

use source::{EnvName, RepoPath};

use crate::policy::{MODELS_PATH, POLICY_PATH, PRINCIPALS_PATH};
use crate::ssh::{SshCertificate, SshKey, SshKeyError};
use crate::{FingerprintError, KeyFingerprint};

/// Who begins, and with what.
#[derive(Debug, Clone)]
pub struct Seed {
    /// The first principal's name, usually the e-mail address of `git config user.email`.
    pub principal: String,
    /// Their public key.
    pub key: SeedKey,
    /// The environments, each after the one before. `dev`, `staging`, `prod` are usual.
    pub environments: Vec<EnvName>,
    /// The folder of the prompt root from the top of the repository; `.` is the top.
    pub root: String,
}

/// A public key to begin with.
#[derive(Debug, Clone)]
pub enum SeedKey {
    /// One line of an SSH public key file; of a certificate, its authority begins.
    Ssh(String),
    /// An OpenPGP fingerprint and the armored public key.
    OpenPgp {
        /// 40 or 64 hex digits.
        fingerprint: String,
        /// What `gpg --armor --export` prints.
        armored: String,
    },
}

/// Why no first documents can be written. Displays as a fragment that fits after "could not …".
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// The SSH key is unusable.
    #[error("use this SSH key: {0}")]
    Ssh(#[from] SshKeyError),
    /// The OpenPGP fingerprint is unusable.
    #[error(transparent)]
    OpenPgp(#[from] FingerprintError),
    /// Records could not carry the name.
    #[error("use `{0}` as a principal's name: write an e-mail address or a short name of letters, digits and `._%+@-`")]
    Name(String),
    /// There is nowhere to promote to.
    #[error("begin without an environment")]
    NoEnvironment,
}

/// The three documents, by path below the prompt root.
///
/// One key begins, so nobody else is asked to approve anything; the files say how to change that.
pub fn scaffold(seed: &Seed) -> Result<Vec<(RepoPath, String)>, ScaffoldError> {
    if !is_principal_name(&seed.principal) {
        return Err(ScaffoldError::Name(seed.principal.clone()));
    }
    if seed.environments.is_empty() {
        return Err(ScaffoldError::NoEnvironment);
    }
    let fill = |template: &str, holes: &[(&str, &str)]| {
        holes.iter().fold(template.to_owned(), |text, (hole, value)| text.replace(hole, value))
    };
    let last = seed.environments.last().map_or("prod", |e| e.as_str());
    let rules = fill(
        include_str!("scaffold/policy.yaml"),
        &[("ROOT", &quoted(&seed.root)), ("ENVIRONMENTS", &environments(&seed.environments)), ("LAST", last)],
    );
    let people = fill(
        include_str!("scaffold/principals.yaml"),
        &[("KEY", &key(&seed.key)?), ("LAST", last), ("NAME", &quoted(&seed.principal))],
    );
    let models = include_str!("scaffold/models.yaml").to_owned();
    let path = |path| RepoPath::new(path).expect("the paths of the documents are sound");
    Ok(vec![(path(POLICY_PATH), rules), (path(MODELS_PATH), models), (path(PRINCIPALS_PATH), people)])
}

/// Whether records can carry `name` as a principal: 1 to 128 letters, digits and `._%+@-`, first a letter or digit.
pub fn is_principal_name(name: &str) -> bool {
    // None of these means anything to the patterns of `allowed_signers`, so a name there matches only itself.
    let plain = |c: char| c.is_ascii_alphanumeric() || "._%+@-".contains(c);
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    starts && name.len() <= 128 && name.chars().all(plain) && name != "none"
}

fn environments(names: &[EnvName]) -> String {
    let entry = |(at, name): (usize, &EnvName)| match at.checked_sub(1) {
        None => format!("  - name: {}\n", quoted(name.as_str())),
        Some(before) => {
            format!("  - name: {}\n    after: [{}]\n", quoted(name.as_str()), quoted(names[before].as_str()))
        }
    };
    names.iter().enumerate().map(entry).collect::<String>().trim_end().to_owned()
}

fn key(key: &SeedKey) -> Result<String, ScaffoldError> {
    match key {
        SeedKey::Ssh(line) => {
            if let Some(SshCertificate { authority, names, .. }) = SshCertificate::parse(line) {
                let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
                let authority = authority.to_line();
                return Ok(format!(
                    "- ssh_authority: {authority}\n        certificate_principals: [{}]",
                    names.join(", ")
                ));
            }
            let key = SshKey::parse(line)?;
            let note = if key.comment.is_empty() {
                String::new()
            } else {
                format!("\n        note: {}", quoted(&key.comment))
            };
            Ok(format!("- ssh: {}{note}", key.to_line()))
        }
        SeedKey::OpenPgp { fingerprint, armored } => {
            let KeyFingerprint::OpenPgp(bytes) = KeyFingerprint::openpgp(fingerprint)? else {
                unreachable!("an OpenPGP fingerprint was read")
            };
            let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
            let block: String = armored.trim().lines().map(|l| format!("\n          {}", l.trim_end())).collect();
            Ok(format!("- openpgp: \"{hex}\"\n        public_key: |{block}"))
        }
    }
}

/// Text as plain YAML where every reader takes it for text, in double quotes otherwise; JSON's escapes are YAML's, too.
fn quoted(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "@._-/".contains(c);
    // `on`, `y` and the like mean booleans to some readers of YAML, ours not among them.
    let constant = matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(bare) && !constant {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
