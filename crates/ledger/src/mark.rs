//! High-water marks as values: what a machine has seen of a ledger, kept by others outside the repository.

use std::collections::{BTreeMap, BTreeSet};

use source::{Digest, EnvName, PromptId};

use crate::record::Link;
use crate::walk::Junk;
use crate::{Code, Refusal, Sequence};

/// How many entries before the tip a mark remembers, so that "not fetched yet" can be told from "rewritten".
const REMEMBERED: usize = 64;

/// What was seen of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The newest entry, then those before it, newest first; never empty.
    links: Vec<Link>,
    /// The newest policy seen at that moment.
    policy: Sequence,
}

/// What was seen of one ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// The policy chain.
    pub policy: Option<Mark>,
    /// The pointer chains.
    pub pointers: BTreeMap<(EnvName, PromptId), Mark>,
}

impl Mark {
    /// The mark of a chain whose entries, oldest first, are `links`; `None` for an empty chain.
    pub fn of(links: impl DoubleEndedIterator<Item = Link>, policy: Sequence) -> Option<Self> {
        let links: Vec<Link> = links.rev().take(REMEMBERED).collect();
        if links.is_empty() { None } else { Some(Self { links, policy }) }
    }

    /// The newest entry seen.
    pub fn tip(&self) -> Link {
        self.links[0]
    }

    /// The entry that was seen to follow `link`.
    pub(crate) fn after(&self, link: Link) -> Option<Link> {
        let at = self.links.iter().position(|seen| *seen == link)?;
        self.links.get(at.checked_sub(1)?).copied()
    }

    /// The newest policy that was seen together with it.
    pub const fn policy(&self) -> Sequence {
        self.policy
    }

    /// Whether it remembers this entry.
    pub fn remembers(&self, digest: &Digest) -> bool {
        self.links.iter().any(|link| link.digest == *digest)
    }

    /// The mark without the entries `gone`, and without what follows the first of them; `None` where nothing is left.
    /// `policy` is the newest policy that is left, where policies are among them.
    #[must_use]
    pub fn without(&self, gone: &BTreeSet<Digest>, policy: Option<Sequence>) -> Option<Self> {
        let kept = self.links.iter().rposition(|link| gone.contains(&link.digest)).map_or(0, |last| last + 1);
        let links: Vec<Link> = self.links.get(kept..)?.to_vec();
        let policy = policy.map_or(self.policy, |newest| newest.min(self.policy));
        if links.is_empty() { None } else { Some(Self { links, policy }) }
    }

    /// Refuses a chain that is behind the mark (`stale`) or differs from it (`rolled-back`).
    ///
    /// `links` are the chain's valid entries, oldest first; `junk` is what else stands there.
    pub fn check(&self, links: &[Link], junk: &[Junk]) -> Result<(), Refusal> {
        let tip = self.tip();
        // What merely follows something missing is still itself; what reads otherwise than when it was valid is not.
        let other = |j: &Junk| !j.is_conflict() && j.refusal.code != Code::KeyRevoked;
        let replaced = |j: &&Junk| other(j) && self.links.iter().any(|l| l.sequence == j.sequence);
        if let Some(replaced) = junk.iter().find(replaced) {
            let Refusal { code, detail, tag } = &replaced.refusal;
            let detail =
                format!("entry {} was valid when it was last seen, now it is {code}: {detail}", replaced.sequence);
            return Err(Refusal { code: Code::RolledBack, detail, tag: tag.clone() });
        }
        if links.binary_search_by_key(&tip.sequence, |l| l.sequence).is_ok_and(|at| links[at] == tip) {
            return Ok(());
        }
        let rolled = |what: String| Refusal::new(Code::RolledBack, what);
        match links.last() {
            Some(last) if last.sequence >= tip.sequence => {
                Err(rolled(format!("entry {} was {} when it was last seen", tip.sequence, tip.digest.tagged())))
            }
            // Behind. What is here must be what the mark remembers of that time.
            last => match last.and_then(|last| Some((last, self.remembered(last.sequence)?))) {
                Some((last, seen)) if seen.is_none_or(|seen| seen != *last) => {
                    Err(rolled(format!("entry {} is not the one that was seen here before", last.sequence)))
                }
                _ => {
                    let here = last.map_or("nothing".to_owned(), |l| format!("entry {}", l.sequence));
                    let after = last.map_or(1, |last| last.sequence.get() + 1);
                    let missing = junk.iter().zip(after..).find(|(j, n)| j.sequence.get() > *n).map(|(_, n)| n);
                    let missing = missing.map_or(String::new(), |n| format!("; entry {n} is missing"));
                    let detail = format!("entry {} was seen before, {here} is here{missing}", tip.sequence);
                    Err(Refusal::new(Code::Stale, detail))
                }
            },
        }
    }

    /// What the mark remembers under a number: outer `None` where it does not reach back so far.
    fn remembered(&self, n: Sequence) -> Option<Option<Link>> {
        let oldest = self.links.last()?;
        (n >= oldest.sequence).then(|| self.links.iter().copied().find(|l| l.sequence == n))
    }

    /// One line: the policy's number, then the links, newest first. [`Mark::from_line`] reads it.
    pub fn to_line(&self) -> String {
        let links = self.links.iter().map(|l| format!("{}:{}", l.sequence, l.digest));
        std::iter::once(self.policy.to_string()).chain(links).collect::<Vec<_>>().join(" ")
    }

    /// Reads what [`Mark::to_line`] writes.
    pub fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let policy = words.next()?.parse().ok()?;
        let link = |word: &str| {
            let (n, digest) = word.split_once(':')?;
            Some(Link { sequence: n.parse().ok()?, digest: digest.parse::<Digest>().ok()? })
        };
        let links = words.map(link).collect::<Option<Vec<Link>>>()?;
        let descends = links.is_sorted_by(|a, b| a.sequence > b.sequence);
        (descends && !links.is_empty()).then_some(Self { links, policy })
    }
}

/// Entries that were judged before: those from a mark down to the first, each bound by the digest in the one after it.
#[derive(Debug, Default)]
pub(crate) struct Trusted(Vec<Link>);

impl Trusted {
    /// Follows `Previous` from `tip`. Empty where anything on the way is missing or another one.
    pub(crate) fn follow(tip: Link, mut read: impl FnMut(Sequence) -> Option<(Digest, Option<Link>)>) -> Self {
        let mut links = Vec::new();
        let mut next = Some(tip);
        while let Some(link) = next {
            let Some((digest, previous)) = read(link.sequence) else { return Self::default() };
            if digest != link.digest {
                return Self::default();
            }
            links.push(link);
            next = previous;
        }
        links.reverse();
        Self(links)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, link: Link) -> bool {
        self.0.binary_search_by_key(&link.sequence, |l| l.sequence).is_ok_and(|at| self.0[at] == link)
    }
}

impl serde::Serialize for Mark {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_line())
    }
}

impl<'de> serde::Deserialize<'de> for Mark {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let line = <std::borrow::Cow<'_, str>>::deserialize(d)?;
        Self::from_line(&line).ok_or_else(|| serde::de::Error::custom(format!("`{line}` is no high-water mark")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(n: u32, text: &str) -> Link {
        Link { sequence: Sequence::new(n).unwrap(), digest: Digest::of(text.as_bytes()) }
    }

    #[test]
    fn behind_is_stale_and_different_is_rolled_back() {
        let all = [link(1, "a"), link(3, "c"), link(4, "d")];
        let mark = Mark::of(all.into_iter(), Sequence::FIRST).unwrap();
        let code = |links: &[Link]| mark.check(links, &[]).map_err(|r| r.code);
        assert_eq!(code(&all), Ok(()));
        assert_eq!(code(&[link(1, "a"), link(3, "c"), link(4, "d"), link(5, "e")]), Ok(()));
        assert_eq!(code(&all[..2]), Err(Code::Stale));
        assert_eq!(code(&[]), Err(Code::Stale));
        assert_eq!(code(&[link(1, "a"), link(3, "x")]), Err(Code::RolledBack));
        assert_eq!(code(&[link(1, "a"), link(2, "c")]), Err(Code::RolledBack));
        assert_eq!(code(&[link(1, "a"), link(3, "c"), link(4, "x")]), Err(Code::RolledBack));
        assert_eq!(code(&[link(1, "a"), link(3, "c"), link(5, "e")]), Err(Code::RolledBack));
        assert_eq!(Mark::from_line(&mark.to_line()), Some(mark));
    }

    #[test]
    fn a_mark_has_one_spelling() {
        let digest = Digest::of(b"a");
        for bad in
            ["", "1", "1 1:x", &format!("0 1:{digest}"), &format!("1 1:{digest} 2:{digest}"), &format!("1  1:{digest}")]
        {
            assert_eq!(Mark::from_line(bad), None, "{bad}");
        }
    }
}
