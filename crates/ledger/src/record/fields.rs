//! The values that stand in records: each has one spelling, and `Display` writes exactly what `FromStr` reads.

use std::fmt;
use std::str::FromStr;

use policy::KeyFingerprint;
use source::{Digest, EnvName, ModelName, RepoPath};

use super::reason::is_unprintable;
use crate::Sequence;

/// Why a text is not the value that its key wants. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read `{text}` as {what}")]
pub struct FieldError {
    /// What was given.
    pub text: String,
    /// What it should have been.
    pub what: &'static str,
}

fn wrong(text: &str, what: &'static str) -> FieldError {
    FieldError { text: text.to_owned(), what }
}

/// A principal's name as policy spells it: 1 to 128 of letters, digits and `._%+@-`, first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalName(String);

impl PrincipalName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PrincipalName {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        match policy::scaffold::is_principal_name(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(wrong(text, "a principal's name")),
        }
    }
}

impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl serde::Serialize for PrincipalName {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

/// Who signs an entry, with which key. For a certificate the key is the authority's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct By {
    /// The principal.
    pub principal: PrincipalName,
    /// The key's fingerprint.
    pub key: KeyFingerprint,
}

impl By {
    /// The digest whose first 16 hex digits ref names carry: over the SSH key blob, or the OpenPGP fingerprint's bytes.
    pub fn key_digest(&self) -> Digest {
        match &self.key {
            KeyFingerprint::Ssh(digest) => *digest,
            KeyFingerprint::OpenPgp(bytes) => Digest::of(bytes),
        }
    }
}

impl FromStr for By {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let what = "a principal and a key fingerprint";
        let (principal, key) = text.split_once(' ').ok_or_else(|| wrong(text, what))?;
        Ok(Self { principal: principal.parse()?, key: key.parse().map_err(|_| wrong(text, what))? })
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.principal, self.key)
    }
}

/// Another entry of a chain: its number and the digest of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Link {
    /// Its number.
    pub sequence: Sequence,
    /// The SHA-256 of its payload.
    pub digest: Digest,
}

impl FromStr for Link {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let wrong = || wrong(text, "an entry number and its digest");
        let (n, digest) = text.split_once(' ').ok_or_else(wrong)?;
        let sequence = n.parse().map_err(|_| wrong())?;
        Ok(Self { sequence, digest: Digest::from_tagged(digest).map_err(|_| wrong())? })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sequence, self.digest.tagged())
    }
}

/// An entry's place in its chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    /// Its number.
    pub sequence: Sequence,
    /// The valid entry before it; `None` for a chain's first.
    pub previous: Option<Link>,
    /// The numbers between the two that hold junk: ascending, never touching one another.
    pub skip: Vec<SkipRange>,
}

impl Position {
    /// The place after `previous` at `sequence`, with all numbers between passed over.
    ///
    /// `None` where `sequence` does not come after `previous`.
    pub fn after(previous: Option<Link>, sequence: Sequence) -> Option<Self> {
        let last = previous.map_or(0, |p| p.sequence.get());
        if sequence.get() <= last {
            return None;
        }
        let skip = match (Sequence::new(last + 1), Sequence::new(sequence.get() - 1)) {
            (Some(first), Some(last)) if first <= last => vec![SkipRange { first, last }],
            _ => Vec::new(),
        };
        Some(Self { sequence, previous, skip })
    }
}

/// Numbers passed over. Displays as `40` or `40-41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct SkipRange {
    /// The first.
    pub first: Sequence,
    /// The last; not before the first.
    pub last: Sequence,
}

impl FromStr for SkipRange {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let wrong = || wrong(text, "a number or a range of numbers");
        let number = |t: &str| t.parse::<Sequence>().map_err(|_| wrong());
        match text.split_once('-') {
            None => number(text).map(|n| Self { first: n, last: n }),
            Some((a, b)) => {
                let (first, last) = (number(a)?, number(b)?);
                if first < last { Ok(Self { first, last }) } else { Err(wrong()) }
            }
        }
    }
}

impl fmt::Display for SkipRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// A pointer of another environment that was relied on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Upstream {
    /// The environment.
    pub environment: EnvName,
    /// The pointer there.
    pub link: Link,
}

impl FromStr for Upstream {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let wrong = || wrong(text, "an environment, an entry number and its digest");
        let (environment, link) = text.split_once(' ').ok_or_else(wrong)?;
        Ok(Self { environment: environment.parse().map_err(|_| wrong())?, link: link.parse().map_err(|_| wrong())? })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.environment, self.link)
    }
}

/// Where the prompt root lies in the repository: `.` or a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Root(Option<RepoPath>);

impl Root {
    /// The repository's own root.
    pub const TOP: Self = Self(None);

    /// The folder; `None` for the repository's own root.
    pub const fn folder(&self) -> Option<&RepoPath> {
        self.0.as_ref()
    }
}

impl FromStr for Root {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        if text == "." {
            return Ok(Self::TOP);
        }
        let plain = text.len() <= 512 && !text.chars().any(is_unprintable) && text.trim() == text;
        match RepoPath::new(text) {
            Ok(path) if plain => Ok(Self(Some(path))),
            _ => Err(wrong(text, "a prompt root: `.` or a path inside the repository")),
        }
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or(".", RepoPath::as_str))
    }
}

/// A suite that was run: its file and the SHA-256 of the file's bytes. Displays as `evals/a.yaml sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct SuiteRef {
    /// Its path below the prompt root.
    pub path: RepoPath,
    /// The SHA-256 of the file.
    pub digest: Digest,
}

impl FromStr for SuiteRef {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let wrong = || wrong(text, "a suite's path and its digest");
        let (path, digest) = text.split_once(' ').ok_or_else(wrong)?;
        if !path.bytes().all(|b| b.is_ascii_graphic()) || path.len() > 512 {
            return Err(wrong());
        }
        let digest = Digest::from_tagged(digest).map_err(|_| wrong())?;
        Ok(Self { path: RepoPath::new(path).map_err(|_| wrong())?, digest })
    }
}

impl fmt::Display for SuiteRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.digest.tagged())
    }
}

/// The models that answered: one or more, sorted, none twice. Displays with a blank between them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Models(Vec<ModelName>);

impl Models {
    /// Sorts `names` and drops repeats; `None` where there is none at all.
    pub fn new(mut names: Vec<ModelName>) -> Option<Self> {
        names.sort();
        names.dedup();
        if names.is_empty() { None } else { Some(Self(names)) }
    }

    /// The names, in order.
    pub fn names(&self) -> &[ModelName] {
        &self.0
    }
}

impl FromStr for Models {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let wrong = || wrong(text, "models, sorted, with one blank between them");
        let names = text.split(' ').map(str::parse).collect::<Result<Vec<ModelName>, _>>().map_err(|_| wrong())?;
        if names.is_sorted_by(|a, b| a < b) { Ok(Self(names)) } else { Err(wrong()) }
    }
}

impl fmt::Display for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(i, name)| write!(f, "{}{name}", if i == 0 { "" } else { " " }))
    }
}

/// How many cases ended how. Displays as `118 passed 2 failed 0 errors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Cases {
    /// Cases whose every assertion held.
    pub passed: u32,
    /// Cases that were answered and did not pass.
    pub failed: u32,
    /// Cases that got no answer, or no grade.
    pub errors: u32,
}

impl Cases {
    /// All of them.
    pub fn total(&self) -> u64 {
        u64::from(self.passed) + u64::from(self.failed) + u64::from(self.errors)
    }
}

impl FromStr for Cases {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let wrong = || wrong(text, "counts such as `118 passed 2 failed 0 errors`");
        let words: Vec<&str> = text.split(' ').collect();
        let [passed, "passed", failed, "failed", errors, "errors"] = words[..] else { return Err(wrong()) };
        let count = |t: &str| {
            let n: u32 = t.parse().map_err(|_| wrong())?;
            if n.to_string() == t { Ok(n) } else { Err(wrong()) }
        };
        Ok(Self { passed: count(passed)?, failed: count(failed)?, errors: count(errors)? })
    }
}

impl fmt::Display for Cases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed {} failed {} errors", self.passed, self.failed, self.errors)
    }
}

/// Whether models were called for a run, or recordings replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Every answer came from a model.
    Live,
    /// At least one answer came from a recording.
    Replay,
}

impl Mode {
    /// The word that records carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Replay => "replay",
        }
    }
}

/// What a gate said of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The gate held.
    Passed,
    /// The data could not tell.
    Inconclusive,
    /// The gate did not hold.
    Failed,
}

impl Verdict {
    /// The word that records carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }
}
