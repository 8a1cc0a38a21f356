//! A glance at what is live: only the tip of a chain that this machine has found in order before.
//!
//! [`Ledger::verified`](crate::Ledger::verified) judges a chain from its first entry. Whoever did that keeps a [`Clear`]:
//! the newest policy and the newest pointer, by number and digest, of a chain against which nothing spoke. As long as
//! both are still the newest here and still those very bytes, judging again would come to the same, but for what may
//! have been *added* since. So a glance reads the two, compares their digests, and asks again exactly what an addition,
//! or a change of what a ref or an object id names, could alter:
//!
//! - a key behind what is live that the policy in effect revokes: that policy may have come after the verdict;
//! - a rejection of the promotion behind it, or of the newest policy: any tag that claims to be one, valid or not;
//! - an upstream entry, dated back, that says the release had left before it was promoted here;
//! - the ref of the release, and the content of its commit, compiled again from raw blobs.
//!
//! Everything else that a verdict rests on is bound by the two digests and was judged: the chain below through `Previous`,
//! the release through `Release`, policies through `Policy`, approvals and evidence by being cited or by having served
//! before, and more of either cannot unmake a demand that was met. What lies below the tip is not looked at: an old entry
//! that was damaged or deleted since changes nothing of what is live, and `verify` tells it.
//!
//! A glance never refuses. Where anything is not as it was, or is merely unusual, it says nothing and the whole ledger is
//! read: only that way says no, with its code and its words. A forged `Clear` could vouch for a tip that nobody verified,
//! just as a forged high-water mark could: both lie outside the repository, where only the user writes.

use std::collections::BTreeMap;

use ::policy::Policy;
use source::{Digest, EnvName, PromptId, Timestamp};

use crate::judge::{Found, Judge, is_revoked};
use crate::mark::Marks;
use crate::policies::documents;
use crate::record::{By, Decision, Link, PointerAction, PointerBody, Root};
use crate::{ObjectId, RefName, Refusal, Sequence, SignedTag};

/// How many confirmations of one release are followed back to the entry that made it live.
const PATIENCE: usize = 64;

/// The newest policy and the newest pointer of a chain against which nothing spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clear {
    /// The policy in effect.
    pub policy: Link,
    /// The newest pointer.
    pub tip: Link,
}

/// What is live, by a glance.
#[derive(Debug, Clone)]
pub struct Glance {
    /// The newest pointer.
    pub tip: SignedTag,
    /// The entry that made the release live.
    pub since: Link,
    /// When that was.
    pub at: Timestamp,
    /// Whether automation stands still.
    pub held: bool,
    /// The release's tag.
    pub release: SignedTag,
    /// Where the prompt root lies, by the policy that the release cites.
    pub root: Root,
}

impl Clear {
    /// One line: the policy, then the pointer. [`Clear::from_line`] reads it.
    pub fn to_line(&self) -> String {
        let word = |link: &Link| format!("{}:{}", link.sequence, link.digest);
        format!("{} {}", word(&self.policy), word(&self.tip))
    }

    /// Reads what [`Clear::to_line`] writes.
    pub fn from_line(line: &str) -> Option<Self> {
        let link = |word: &str| {
            let (n, digest) = word.split_once(':')?;
            Some(Link { sequence: n.parse().ok()?, digest: digest.parse().ok()? })
        };
        let (policy, tip) = line.split_once(' ')?;
        Some(Self { policy: link(policy)?, tip: link(tip)? })
    }

    /// What is live of `id` in `env`, where nothing has changed since this was set down; `None` where the whole ledger
    /// must be read.
    ///
    /// `root` is the pin, `marks` what this machine has seen: of the policies, of the chain, and of those upstream.
    pub fn glance(
        &self,
        judge: &Judge<'_>,
        root: &Digest,
        env: &EnvName,
        id: &PromptId,
        marks: &Marks,
    ) -> Option<Glance> {
        let seen = marks.pointers.get(&(env.clone(), id.clone()))?;
        if marks.policy.as_ref()?.tip() != self.policy || seen.tip() != self.tip {
            return None;
        }
        let policies = Numbered::list(judge, &RefName::policies())?;
        let chain = Numbered::list(judge, &RefName::pointers(env, id))?;
        if policies.newest()? != self.policy.sequence {
            return None;
        }
        let newest = policies.read(judge, self.policy)?;
        if may_be_rejected_policy(judge, self.policy.sequence)? {
            return None;
        }
        let current = documents(judge, &newest.tag).ok()?;
        current.environment(env)?;
        let tip = (chain.newest()? == self.tip.sequence).then(|| chain.read(judge, self.tip))??;
        judge.check_repository(&tip.tag, root).ok()?;
        let eyes = Eyes { judge, current: &current, policies: &policies, chain: &chain, marks };
        eyes.look(tip)
    }
}

/// Where what is live comes from.
struct Source {
    /// The entry that made it so.
    made_live: SignedTag,
    /// The last promotion or rollback: the one that answers for it.
    answers: SignedTag,
    /// Whether automation stands still.
    held: bool,
}

/// What a glance looks with.
struct Eyes<'a> {
    judge: &'a Judge<'a>,
    current: &'a Policy,
    policies: &'a Numbered,
    chain: &'a Numbered,
    marks: &'a Marks,
}

impl Eyes<'_> {
    fn look(&self, tip: Found) -> Option<Glance> {
        let body = tip.tag.record().pointer()?;
        let Source { made_live, answers, held } = self.source(&tip)?;
        let release = self.release(body, tip.tag.target())?;
        let root = self.root_of(&release)?;
        let answered = answers.record().pointer()?;
        let signers = [&tip.tag, &made_live, &release].map(|tag| &tag.record().by);
        if signers.into_iter().any(|by: &By| is_revoked(self.current, by)) {
            return None;
        }
        let found = release.record().release()?;
        let facts = self.judge.contents.prompt(release.target(), &root, &body.prompt).ok()?;
        if (facts.content, &facts.version, facts.risk) != (found.content, &found.version, found.risk) {
            return None;
        }
        (!self.may_be_rejected(answered)? && !self.may_have_moved(answered, answers.time())?).then(|| Glance {
            since: link(&made_live),
            at: made_live.time(),
            held,
            root,
            tip: tip.tag.clone(),
            release,
        })
    }

    /// Where what is live comes from, and whether automation stands still: told by the last entries that speak of one
    /// release. Only a promotion or a rollback begins such a row, and both say whether automation may move.
    fn source(&self, tip: &Found) -> Option<Source> {
        let release = tip.tag.record().pointer()?.release;
        let mut first = tip.tag.clone();
        let (mut held, mut answers) = (None, None);
        for _ in 0..PATIENCE {
            let body = first.record().pointer()?;
            if matches!(body.action, PointerAction::Promote | PointerAction::Rollback) {
                answers.get_or_insert_with(|| first.clone());
            }
            match body.action {
                PointerAction::Promote => drop(held.get_or_insert(false)),
                PointerAction::Rollback | PointerAction::Hold => drop(held.get_or_insert(true)),
                PointerAction::Seal => {}
                PointerAction::Retire => return None,
            }
            let before = match body.position.previous {
                Some(previous) => Some(self.chain.read(self.judge, previous)?.tag),
                None => None,
            };
            let same = |tag: &SignedTag| {
                tag.record().pointer().is_some_and(|b| b.release == release && b.action != PointerAction::Retire)
            };
            // A rollback makes its target live anew, whatever was live before it.
            match before.filter(|tag| same(tag) && body.action != PointerAction::Rollback) {
                Some(before) => first = before,
                None => return Some(Source { made_live: first, answers: answers?, held: held? }),
            }
        }
        None
    }

    /// The release that the tip speaks of: the object it points at, with the digest it names, under the ref of its name.
    fn release(&self, body: &PointerBody, target: &ObjectId) -> Option<SignedTag> {
        let release = self.judge.read(target).ok()?;
        let name = RefName::Release(body.prompt.clone(), body.version.clone());
        let refs = self.judge.list(&name.full()).ok()?;
        let is_here = release.name() == &name && refs.iter().any(|(found, id)| *found == name && id == target);
        (is_here && release.digest() == body.release).then_some(release)
    }

    fn root_of(&self, release: &SignedTag) -> Option<Root> {
        let cited = self.policies.read(self.judge, release.record().policy?)?;
        Some(cited.tag.record().policy_body()?.root.clone())
    }

    /// Whether anything here claims to reject the promotion, or cannot be read.
    fn may_be_rejected(&self, body: &PointerBody) -> Option<bool> {
        use crate::record::Body;

        if body.action != PointerAction::Promote {
            return Some(false);
        }
        let refs =
            self.judge.list(&RefName::approvals(&body.environment, &body.prompt, body.position.sequence)).ok()?;
        let approves = |(name, id): &(RefName, ObjectId)| -> Result<bool, Refusal> {
            let found = self.judge.read_at(name, id)?;
            Ok(matches!(&found.tag.record().body, Body::Approval(b) if b.decision == Decision::Approve))
        };
        Some(!refs.iter().all(|entry| approves(entry) == Ok(true)))
    }

    /// Whether the release may have left an environment upstream before `time`.
    ///
    /// Times never fall along a chain. So it is enough that the entry after the cited one, which this machine has seen as
    /// valid, is later than `time`; or that there is none.
    fn may_have_moved(&self, body: &PointerBody, time: Timestamp) -> Option<bool> {
        if body.action != PointerAction::Promote {
            return Some(false);
        }
        for after in &body.after {
            let upstream = Numbered::list(self.judge, &RefName::pointers(&after.environment, &body.prompt))?;
            if upstream.newest()? == after.link.sequence {
                continue;
            }
            let seen = self.marks.pointers.get(&(after.environment.clone(), body.prompt.clone()))?;
            let next = upstream.read(self.judge, seen.after(after.link)?)?;
            if next.tag.time() <= time {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// Whether anything here claims to reject the policy, or cannot be read.
fn may_be_rejected_policy(judge: &Judge<'_>, n: Sequence) -> Option<bool> {
    use crate::record::Body;

    let refs = judge.list(&RefName::policy_approvals(n)).ok()?;
    let approves = |(name, id): &(RefName, ObjectId)| {
        let found = judge.read_at(name, id).ok();
        found.is_some_and(
            |found| matches!(&found.tag.record().body, Body::PolicyApproval(b) if b.decision == Decision::Approve),
        )
    };
    Some(!refs.iter().all(approves))
}

/// The refs of a chain, by number.
struct Numbered(BTreeMap<Sequence, (RefName, ObjectId)>);

impl Numbered {
    fn list(judge: &Judge<'_>, prefix: &str) -> Option<Self> {
        let refs = judge.list(prefix).ok()?;
        let number = |name: &RefName| match name {
            RefName::Policy(n) | RefName::Pointer(_, _, n) => Some(*n),
            _ => None,
        };
        Some(Self(refs.into_iter().filter_map(|(name, id)| Some((number(&name)?, (name, id)))).collect()))
    }

    fn newest(&self) -> Option<Sequence> {
        self.0.last_key_value().map(|(n, _)| *n)
    }

    /// The entry with this number, where it is the one with this digest.
    fn read(&self, judge: &Judge<'_>, link: Link) -> Option<Found> {
        let (name, id) = self.0.get(&link.sequence)?;
        judge.read_at(name, id).ok().filter(|found| found.tag.digest() == link.digest)
    }
}

fn link(tag: &SignedTag) -> Link {
    let sequence = tag.record().position().map_or(Sequence::FIRST, |position| position.sequence);
    Link { sequence, digest: tag.digest() }
}
