//! A lock file: the root and the newest entries that somebody verified, for machines that remember nothing themselves.
//!
//! It is committed, so it is read by people and merged by git: one line a chain, sorted. It is never believed, only held
//! to ([`Ledger::held_to`]): whoever can write it can make a reading refuse, never accept.

use std::collections::BTreeMap;
use std::fmt;

use source::{Digest, EnvName, PromptId};

use crate::mark::{Mark, Marks};
use crate::record::Link;
use crate::{Ledger, Refusal, Sequence};

const HEAD: &str = "# Written by `promptuary trust lock`. A ledger that is behind this, or another one, is refused.\n";

/// What a lock file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The first policy's digest.
    pub root: Digest,
    /// The newest policy.
    pub policy: Link,
    /// The newest entry of each chain.
    pub pointers: BTreeMap<(EnvName, PromptId), Link>,
}

/// Why a text is no lock file. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read line {line}: {why}")]
pub struct LockError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Lock {
    /// What `ledger` holds now: the newest valid entry of every chain.
    pub fn of(ledger: &Ledger<'_>) -> Result<Self, Refusal> {
        let mut pointers = BTreeMap::new();
        for (env, id) in ledger.chains()? {
            if let Some(tip) = ledger.chain(&env, &id)?.tip() {
                pointers.insert((env, id), tip.link());
            }
        }
        let policies = ledger.policies();
        Ok(Self { root: policies.root(), policy: policies.current().link(), pointers })
    }

    /// Reads what [`Lock`] displays as. Comments and blank lines may stand anywhere.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(i, line)| (i + 1, line.trim_end()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let last = text.lines().count().max(1);
        let mut next = |why| lines.next().ok_or(LockError { line: last, why });
        let wrong = |line, why| LockError { line, why };
        let (n, line) = next("the line `format 1` is missing")?;
        if line != "format 1" {
            return Err(wrong(n, "it is not `format 1`; a newer program wrote it, or none did"));
        }
        let (n, line) = next("the line of the root is missing")?;
        let root = line.strip_prefix("root ").and_then(|rest| Digest::from_tagged(rest).ok());
        let root = root.ok_or(wrong(n, "it is not `root sha256:…`"))?;
        let (n, line) = next("the line of the policy is missing")?;
        let policy = line.strip_prefix("policy ").and_then(link);
        let policy = policy.ok_or(wrong(n, "it is not `policy NUMBER sha256:…`"))?;
        let mut pointers = BTreeMap::new();
        for (n, line) in lines {
            let (key, link) = pointer(line).ok_or(wrong(n, "it is not `env/ENV/ID NUMBER sha256:…`"))?;
            // A merge that kept both sides must be resolved, not guessed.
            if pointers.insert(key, link).is_some() {
                return Err(wrong(n, "it names a chain for the second time"));
            }
        }
        Ok(Self { root, policy, pointers })
    }

    /// The same as marks to hold a ledger to.
    pub fn marks(&self) -> Marks {
        let mark = |link: &Link| Mark::of([*link].into_iter(), self.policy.sequence);
        let pointers = self.pointers.iter().filter_map(|(key, link)| Some((key.clone(), mark(link)?)));
        Marks { policy: mark(&self.policy), pointers: pointers.collect() }
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = |link: &Link| format!("{} {}", link.sequence, link.digest.tagged());
        write!(f, "{HEAD}format 1\nroot {}\npolicy {}\n", self.root.tagged(), link(&self.policy))?;
        self.pointers.iter().try_for_each(|((env, id), at)| writeln!(f, "env/{env}/{id} {}", link(at)))
    }
}

fn link(text: &str) -> Option<Link> {
    let (number, digest) = text.split_once(' ')?;
    Some(Link { sequence: number.parse::<Sequence>().ok()?, digest: Digest::from_tagged(digest).ok()? })
}

fn pointer(line: &str) -> Option<((EnvName, PromptId), Link)> {
    let (name, rest) = line.split_once(' ')?;
    let (env, id) = name.strip_prefix("env/")?.split_once('/')?;
    Some(((env.parse().ok()?, id.parse().ok()?), link(rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Lock {
        let link =
            |n: u32, text: &str| Link { sequence: Sequence::new(n).unwrap(), digest: Digest::of(text.as_bytes()) };
        let key = |env: &str, id: &str| (env.parse().unwrap(), id.parse().unwrap());
        Lock {
            root: Digest::of(b"root"),
            policy: link(3, "policy"),
            pointers: [(key("prod", "b/c"), link(7, "x")), (key("dev", "a"), link(1, "y"))].into(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Lock::parse(&sample().to_string()), Ok(sample()));
        let merged = sample().to_string().replace("format 1\n", "\n# after a merge\nformat 1  \n");
        assert_eq!(Lock::parse(&merged), Ok(sample()));
    }

    #[test]
    fn a_fault_names_its_line() {
        let text = sample().to_string();
        let line = |text: &str| Lock::parse(text).unwrap_err().line;
        assert_eq!(line(""), 1);
        assert_eq!(line(&text.replace("format 1", "format 2")), 2);
        assert_eq!(line(&text.replace("env/prod", "<<<<<<< HEAD\nenv/prod")), 6);
        assert_eq!(line(&text.replace("env/prod/b/c", "env/dev/a")), 6);
        assert_eq!(line(&text.replace(" 7 ", " 07 ")), 6);
        let twice = text.replace("policy 3", "root 3");
        assert_eq!(line(&twice), 4);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(format 1\n)?(root sha256:[0-9a-f]{60,64}\n)?.{0,80}") {
            let _ = Lock::parse(&text);
        }
    }
}
