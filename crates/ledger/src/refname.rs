//! The names of our tags: six shapes, each parsed and written in exactly one way.
//!
//! A leaf carries an `@`, a folder never does, so no tag of ours can stand where another needs a folder.

use std::fmt;
use std::str::FromStr;

use source::{Digest, EnvName, PromptId, Version};

use crate::Sequence;

/// Where every ref of ours lies.
pub const TAGS: &str = "refs/tags/";

/// The name of one entry's tag. Displays as the tag's name, without `refs/tags/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefName {
    /// `policy@<n8>`
    Policy(Sequence),
    /// `prompt/<id>@<version>`
    Release(PromptId, Version),
    /// `evidence/<content16>@<n8>`
    Evidence(Hex16, Sequence),
    /// `approval/<env>/<id>@<n8>.<key16>.<k2>`
    Approval(EnvName, PromptId, Sequence, Hex16, Attempt),
    /// `approval/policy@<n8>.<key16>.<k2>`
    PolicyApproval(Sequence, Hex16, Attempt),
    /// `env/<env>/<id>@<n8>`
    Pointer(EnvName, PromptId, Sequence),
}

/// Why a name is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read `{name}` as the name of an entry: {why}")]
pub struct RefNameError {
    /// What was given.
    pub name: String,
    /// The rule it breaks.
    pub why: String,
}

/// The first 16 hex digits of a digest, as ref names carry them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex16([u8; 8]);

impl Hex16 {
    /// The first half of a digest's first half.
    pub fn of(digest: &Digest) -> Self {
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        Self(first)
    }
}

impl FromStr for Hex16 {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() != 16 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(());
        }
        u64::from_str_radix(text, 16).map(|n| Self(n.to_be_bytes())).map_err(|_| ())
    }
}

impl fmt::Display for Hex16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Hex16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The number of a key's decision about one entry, 1 to 99; two digits in a ref name. The highest valid one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(u8);

impl Attempt {
    /// A key's first decision.
    pub const FIRST: Self = Self(1);

    /// The attempt `n`, where it lies between 1 and 99.
    pub const fn new(n: u8) -> Option<Self> {
        if n >= 1 && n <= 99 { Some(Self(n)) } else { None }
    }

    /// The attempt after this one; `None` after the 99th.
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }
}

impl FromStr for Attempt {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        if digits { text.parse().ok().and_then(Self::new).ok_or(()) } else { Err(()) }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

impl RefName {
    /// The whole ref name, `refs/tags/…`.
    pub fn full(&self) -> String {
        format!("{TAGS}{self}")
    }

    /// Reads a whole ref name.
    pub fn from_full(full: &str) -> Result<Self, RefNameError> {
        match full.strip_prefix(TAGS) {
            Some(name) => name.parse(),
            None => Err(RefNameError { name: full.to_owned(), why: "entries are tags".to_owned() }),
        }
    }

    /// What all policy entries' refs start with.
    pub fn policies() -> String {
        format!("{TAGS}policy@")
    }

    /// What all releases' refs of a prompt start with.
    pub fn releases(id: &PromptId) -> String {
        format!("{TAGS}prompt/{id}@")
    }

    /// What all evidence refs of a content start with.
    pub fn evidence(content: &Digest) -> String {
        format!("{TAGS}evidence/{}@", Hex16::of(content))
    }

    /// What all pointers' refs of a prompt in an environment start with.
    pub fn pointers(env: &EnvName, id: &PromptId) -> String {
        format!("{TAGS}env/{env}/{id}@")
    }

    /// What all approvals' refs of one pointer start with.
    pub fn approvals(env: &EnvName, id: &PromptId, n: Sequence) -> String {
        format!("{TAGS}approval/{env}/{id}@{}.", n.n8())
    }

    /// What all approvals' refs of one policy start with.
    pub fn policy_approvals(n: Sequence) -> String {
        format!("{TAGS}approval/policy@{}.", n.n8())
    }

    /// The folders that the tag needs, as whole ref names. A tag named like one of them makes this one impossible.
    pub fn folders(&self) -> Vec<String> {
        let full = self.full();
        full.match_indices('/').skip(2).map(|(end, _)| full[..end].to_owned()).collect()
    }
}

/// How a whole ref name stands to our layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// One of our six shapes.
    Ours(RefName),
    /// It lies where only our tags should: it can be no entry, and may stand where one needs a folder.
    Stray(RefNameError),
    /// It has nothing to do with us.
    Foreign,
}

impl Standing {
    /// How `full` stands to our layout.
    pub fn of(full: &str) -> Self {
        let Some(name) = full.strip_prefix(TAGS) else { return Self::Foreign };
        let top = name.split('/').next().unwrap_or(name);
        // Compared without case: on a case-folding disk `Env/x` lies in our folder.
        let ours = ["policy", "prompt", "env", "evidence", "approval"].iter().any(|t| top.eq_ignore_ascii_case(t));
        let policy = top.get(..7).is_some_and(|t| t.eq_ignore_ascii_case("policy@"));
        match name.parse() {
            Ok(parsed) => Self::Ours(parsed),
            Err(error) if ours || policy => Self::Stray(stray(error)),
            Err(_) => Self::Foreign,
        }
    }
}

/// The same with what it does to ours, where that is more than not being one.
fn stray(error: RefNameError) -> RefNameError {
    let lower = error.name.to_ascii_lowercase();
    let why = match lower.parse::<RefName>() {
        Ok(twin) => format!("it differs only in case from `{twin}`, and is that very file on a disk that folds case"),
        Err(_) if !error.name.contains('@') => "it has no `@`, and stands where entries need a folder".to_owned(),
        Err(_) => return error,
    };
    RefNameError { why, ..error }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(n) => write!(f, "policy@{}", n.n8()),
            Self::Release(id, version) => write!(f, "prompt/{id}@{version}"),
            Self::Evidence(content, n) => write!(f, "evidence/{content}@{}", n.n8()),
            Self::Approval(env, id, n, key, k) => write!(f, "approval/{env}/{id}@{}.{key}.{k}", n.n8()),
            Self::PolicyApproval(n, key, k) => write!(f, "approval/policy@{}.{key}.{k}", n.n8()),
            Self::Pointer(env, id, n) => write!(f, "env/{env}/{id}@{}", n.n8()),
        }
    }
}

impl serde::Serialize for RefName {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl FromStr for RefName {
    type Err = RefNameError;

    fn from_str(name: &str) -> Result<Self, RefNameError> {
        parse(name).map_err(|why| RefNameError { name: name.to_owned(), why })
    }
}

fn parse(name: &str) -> Result<RefName, String> {
    let (folder, leaf) = name.split_once('@').ok_or("it has no `@`")?;
    let number = |text: &str| Sequence::from_n8(text).map_err(|_| "the number after `@` is not eight digits from 1");
    if folder == "policy" {
        return Ok(RefName::Policy(number(leaf)?));
    }
    let (kind, rest) = folder.split_once('/').ok_or("it is in none of our folders")?;
    match kind {
        "prompt" => {
            let version = leaf.parse::<Version>().map_err(|e| e.to_string())?;
            if version.to_string() != leaf {
                return Err("the version is not in its plain form".to_owned());
            }
            Ok(RefName::Release(id(rest)?, version))
        }
        "evidence" => {
            let content = rest.parse().map_err(|()| "16 lower-case hex digits follow `evidence/`")?;
            Ok(RefName::Evidence(content, number(leaf)?))
        }
        "env" => {
            let (env, id) = placed(rest)?;
            Ok(RefName::Pointer(env, id, number(leaf)?))
        }
        "approval" => {
            let mut parts = leaf.split('.');
            let (Some(n), Some(key), Some(k), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
                return Err("a number, a key and an attempt follow `@`".to_owned());
            };
            let n = number(n)?;
            let key = key.parse().map_err(|()| "the key is not 16 lower-case hex digits")?;
            let k = k.parse().map_err(|()| "the attempt is not two digits from 01")?;
            if rest == "policy" {
                return Ok(RefName::PolicyApproval(n, key, k));
            }
            let (env, id) = placed(rest)?;
            Ok(RefName::Approval(env, id, n, key, k))
        }
        _ => Err("it is in none of our folders".to_owned()),
    }
}

fn id(text: &str) -> Result<PromptId, String> {
    text.parse::<PromptId>().map_err(|e| e.to_string())
}

fn placed(text: &str) -> Result<(EnvName, PromptId), String> {
    let (env, rest) = text.split_once('/').ok_or("an environment and a prompt id stand before `@`")?;
    Ok((env.parse::<EnvName>().map_err(|e| e.to_string())?, id(rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn six_shapes_and_no_other() {
        for good in [
            "policy@00000001",
            "prompt/support/triage@2.1.0",
            "prompt/a@1.0.0-rc.1",
            "evidence/0123456789abcdef@00000003",
            "approval/prod/support/triage@00000042.0123456789abcdef.01",
            "approval/policy@00000002.0123456789abcdef.99",
            "approval/policy/policy@00000002.0123456789abcdef.99",
            "env/prod/support/triage@00000042",
        ] {
            assert_eq!(good.parse::<RefName>().unwrap().to_string(), good);
        }
        for bad in [
            "policy@1",
            "policy@00000000",
            "policy@000000001",
            "Policy@00000001",
            "policy/x@00000001",
            "prompt/support/triage@2.1",
            "prompt/a@1.0.0+b",
            "prompt/a@1.0.0@1.0.0",
            "prompt/@1.0.0",
            "evidence/0123456789ABCDEF@00000003",
            "evidence/0123456789abcde@00000003",
            "approval/prod@00000042.0123456789abcdef.01",
            "approval/prod/a@00000042.0123456789abcdef.00",
            "approval/prod/a@00000042.0123456789abcdef.1",
            "approval/prod/a@00000042.0123456789abcdef.01.01",
            "env/prod@00000042",
            "env/Prod/a@00000042",
            "env/prod/blocks/a@00000042",
            "env/prod/a@00000042 ",
            "env/prod/a@\u{0660}0000042",
            "v1.0",
            "",
        ] {
            assert!(bad.parse::<RefName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tag_in_our_folders_that_is_none_of_ours_is_a_stray() {
        for stray in ["env", "env/prod", "prompt/support", "Env/prod/a@00000001", "policy@00000001/x", "approval"] {
            assert!(matches!(Standing::of(&format!("{TAGS}{stray}")), Standing::Stray(_)), "{stray}");
        }
        for foreign in ["refs/tags/v1.0", "refs/tags/environment", "refs/heads/env/prod"] {
            assert_eq!(Standing::of(foreign), Standing::Foreign, "{foreign}");
        }
    }

    #[test]
    fn folders_are_what_the_tag_needs() {
        let name: RefName = "env/prod/a/b@00000001".parse().unwrap();
        assert_eq!(name.folders(), ["refs/tags/env", "refs/tags/env/prod", "refs/tags/env/prod/a"]);
        assert!(RefName::Policy(Sequence::FIRST).folders().is_empty());
    }

    proptest! {
        #[test]
        fn what_parses_is_written_back(name in "(policy|prompt|env|evidence|approval)?[a-z0-9/@._-]{0,60}") {
            if let Ok(parsed) = name.parse::<RefName>() {
                prop_assert_eq!(parsed.to_string(), name);
            }
        }
    }
}
