//! Rows that only holders of a key may read: files encrypted with age, decrypted in memory and nowhere else.
//!
//! Nothing of what they hold is quoted: findings in them keep their rule and line alone, answers to their cases are
//! neither recorded nor kept, and results tell verdicts and digests. Reading them takes the feature `age`; without it, or
//! without an identity, they are a finding.

#[cfg(feature = "age")]
mod opened;

use source::secrets::is_encrypted;
use source::{Finding, Place, RepoPath, Span, Text};

use crate::rules;

/// What may read encrypted files: identities of age, or SSH keys.
#[derive(Default)]
pub struct Keys {
    #[cfg(feature = "age")]
    identities: Vec<Box<dyn age::Identity>>,
    names: Vec<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Keys").field(&self.names).finish()
    }
}

/// Why a file of identities cannot be used. Displays as a fragment that fits after "could not …"; quotes nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// This program was built without the feature.
    #[error("use the identity in {0}: this program was built without the feature `age`")]
    NotBuilt(String),
    /// What the file holds cannot be used.
    #[error("use the identity in {name}: {why}")]
    Unusable {
        /// The file.
        name: String,
        /// A clause.
        why: &'static str,
    },
}

/// Why an encrypted file stays closed. Displays as a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Closed {
    /// This program was built without the feature.
    #[error("is encrypted, and nothing here opens it")]
    #[cfg_attr(feature = "age", expect(dead_code, reason = "only a build without the feature says so"))]
    NotBuilt,
    /// Nobody gave an identity.
    #[error("is encrypted, and nothing here opens it")]
    #[cfg_attr(not(feature = "age"), expect(dead_code, reason = "only a build with the feature says so"))]
    NoIdentity,
    /// None of those given fits.
    #[error("is encrypted for others: no identity that was given opens it")]
    #[cfg_attr(not(feature = "age"), expect(dead_code, reason = "only a build with the feature says so"))]
    Others,
    /// It takes a passphrase.
    #[error("is encrypted with a passphrase")]
    #[cfg_attr(not(feature = "age"), expect(dead_code, reason = "only a build with the feature says so"))]
    Passphrase,
    /// It was cut or changed.
    #[error("cannot be decrypted: it is damaged")]
    #[cfg_attr(not(feature = "age"), expect(dead_code, reason = "only a build with the feature says so"))]
    Damaged,
    /// It is larger than rows may be.
    #[error("holds more than rows may")]
    #[cfg_attr(not(feature = "age"), expect(dead_code, reason = "only a build with the feature says so"))]
    TooLarge,
    /// It is not encrypted at all.
    #[error("is named .age and is not encrypted")]
    Plain,
}

impl Closed {
    /// The rule that speaks of it.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Plain => rules::DATA_UNSEALED,
            _ => rules::DATA_SEALED,
        }
    }

    /// What to do about it.
    pub(crate) const fn help(self) -> &'static str {
        match self {
            Self::NotBuilt => "build with it: cargo install --locked --path crates/cli --features age",
            Self::NoIdentity => "give the file of an identity: promptuary eval --identity FILE, or PROMPTUARY_IDENTITY",
            Self::Others => "ask somebody who can read it to encrypt it for you too, or give another --identity",
            Self::Passphrase => "encrypt it for recipients instead: age -r RECIPIENT (or -R FILE)",
            Self::Damaged => "restore it from git, or encrypt it anew",
            Self::TooLarge => "part it into several files",
            Self::Plain => "encrypt it, and change what it holds if it was pushed; or drop .age from its name",
        }
    }
}

impl Keys {
    /// Adds the identities in `content`: those of age, one a line, or one SSH private key. `name` is for messages.
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<(), KeysError> {
        #[cfg(not(feature = "age"))]
        {
            let _ = content;
            Err(KeysError::NotBuilt(name.to_owned()))
        }
        #[cfg(feature = "age")]
        {
            let unusable = |why| KeysError::Unusable { name: name.to_owned(), why };
            self.identities.append(&mut opened::identities(content).map_err(unusable)?);
            self.names.push(name.to_owned());
            Ok(())
        }
    }

    /// What `bytes` are encrypted from.
    pub(crate) fn open(&self, bytes: &[u8]) -> Result<Vec<u8>, Closed> {
        if !is_encrypted(bytes) {
            return Err(Closed::Plain);
        }
        #[cfg(not(feature = "age"))]
        return Err(Closed::NotBuilt);
        #[cfg(feature = "age")]
        opened::open(bytes, &self.identities, crate::reading::DATA_BYTES)
    }
}

/// Whether the file at `path` is encrypted, by its name.
pub(crate) fn is_sealed(path: &RepoPath) -> bool {
    path.as_str().ends_with(".age")
}

/// The name that says what an encrypted file holds: `rows.csv` of `rows.csv.age`.
pub(crate) fn inner_name(name: &str) -> &str {
    name.strip_suffix(".age").unwrap_or(name)
}

/// Takes every word out of findings in encrypted files: what stays is the rule, and the line.
pub(crate) fn hush(findings: &mut [Finding]) {
    for finding in findings {
        for (place, _) in &mut finding.also {
            *place = blank(place);
        }
        if !is_sealed(finding.at.path()) || finding.at.text.as_str().is_empty() {
            continue;
        }
        finding.at = blank(&finding.at);
        finding.fix = None;
        "this line is refused, and nothing of it is quoted: the file is encrypted".clone_into(&mut finding.message);
        finding.help =
            Some(format!("see promptuary explain {}, mend the line and encrypt the file anew", finding.rule));
    }
}

/// The same line of a text that has no words, where the file is encrypted.
fn blank(place: &Place) -> Place {
    if !is_sealed(place.path()) {
        return place.clone();
    }
    let line = usize::try_from(place.start().line).unwrap_or(usize::MAX).clamp(1, 1_000_000);
    let text = Text::new(place.path().clone(), "\n".repeat(line - 1));
    Place::new(&text, Span::new(line - 1, line - 1))
}

/// How what came of a case is told, where its rows are encrypted: that it is so.
pub(crate) const UNTOLD: &str = "not told, since the case is encrypted";

/// Why a replay has no answer to an encrypted case.
pub(crate) const NEVER_ON_FILE: &str = "answers to encrypted cases are never on file";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_in_an_encrypted_file_keeps_its_rule_and_line_alone() {
        let text = Text::new(RepoPath::new("evals/data/a.csv.age").unwrap(), "q,b\nMrs Miller,x\n");
        let at = Place::new(&text, Span::new(4, 14));
        let mut findings = [Finding::new("case-id-twin", at.clone(), "`Mrs Miller` twice").also(at, "Mrs Miller")];
        findings[0].also[0].1 = "the other one".to_owned();
        hush(&mut findings);
        let said = format!("{:?} {:?}", findings[0], findings[0].at.text.as_str());
        assert!(!said.contains("Miller"), "{said}");
        assert_eq!((findings[0].rule, findings[0].at.start().line), ("case-id-twin", 2));
    }

    #[test]
    fn a_plain_file_named_age_is_told_before_anything_else() {
        assert_eq!(Keys::default().open(b"q,__expected\n"), Err(Closed::Plain));
    }
}
