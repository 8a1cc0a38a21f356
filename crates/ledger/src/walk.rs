//! Walking a chain of numbered entries from its first: who follows whom, what is passed over, where it ends.

use crate::judge::Fault;
use crate::record::{Link, Position};
use crate::{Code, ObjectId, RefName, Refusal, Sequence};

/// A tag of a chain that is no valid entry.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Junk {
    /// Its number.
    pub sequence: Sequence,
    /// Why it counts for nothing.
    pub refusal: Refusal,
    /// Whether it is another ledger's and was here before this one began beside it: nobody wonders about it.
    pub inherited: bool,
}

impl Junk {
    /// Whether somebody who may write here signed it: the ledger was forked or lost entries, which no stranger can feign.
    pub fn is_conflict(&self) -> bool {
        matches!(self.refusal.code, Code::PreviousMismatch | Code::ChainGap)
    }

    /// Whether whoever writes must look at it first: a conflict, or an entry like any other but for its date, which is days
    /// ahead. Either that date is made up, or this machine's clock is slow and it would fork the ledger.
    pub(crate) fn wants_a_look(&self) -> bool {
        self.is_conflict() || self.refusal.code == Code::ClockBehind
    }
}

/// How many numbers that nobody has taken an entry may leave behind: a leap of one insider must not use them up.
pub(crate) const LEAP: usize = 10_000;

/// How far a chain has been judged.
#[derive(Debug)]
pub(crate) struct Walk<E> {
    refs: Vec<(Sequence, ObjectId)>,
    next: usize,
    /// The valid entries, in order.
    pub(crate) entries: Vec<E>,
    /// What is none, in order.
    pub(crate) junk: Vec<Junk>,
    /// Why nothing further can be judged.
    pub(crate) stopped: Option<Refusal>,
    /// Whether a candidate is being judged at this moment.
    pub(crate) busy: bool,
    /// Whether the ledger began beside another, whose entries may stand before the first.
    beside: bool,
}

impl<E> Walk<E> {
    pub(crate) fn new(mut refs: Vec<(Sequence, ObjectId)>) -> Self {
        refs.sort();
        Self { refs, next: 0, entries: Vec::new(), junk: Vec::new(), stopped: None, busy: false, beside: false }
    }

    /// The same in a ledger that began beside another, where `beside`.
    pub(crate) const fn beside(mut self, beside: bool) -> Self {
        self.beside = beside;
        self
    }

    /// What is still to be judged.
    pub(crate) fn rest(&self) -> &[(Sequence, ObjectId)] {
        self.refs.get(self.next..).unwrap_or_default()
    }

    /// The next number to judge, where there is one.
    pub(crate) fn candidate(&self) -> Option<(Sequence, ObjectId)> {
        if self.stopped.is_some() { None } else { self.refs.get(self.next).copied() }
    }

    /// Takes the verdict on the candidate.
    pub(crate) fn take(&mut self, verdict: Result<E, Fault>) {
        let Some(&(sequence, _)) = self.refs.get(self.next) else { return };
        self.next += 1;
        match verdict {
            Ok(entry) => self.entries.push(entry),
            Err(Fault::Junk(refusal)) => {
                let inherited = self.beside && self.entries.is_empty() && refusal.code == Code::RepositoryMismatch;
                self.junk.push(Junk { sequence, refusal, inherited });
            }
            Err(Fault::Stop(refusal)) => self.stopped = Some(refusal),
        }
    }

    /// Whether every tag was judged, and valid.
    pub(crate) fn is_in_order(&self) -> bool {
        self.stopped.is_none() && self.junk.is_empty() && self.next == self.refs.len()
    }

    pub(crate) fn holds_the_refs_of(&self, other: &Self) -> bool {
        self.refs == other.refs
    }

    /// Goes on with the refs of `now`, where they begin with the very ones that were judged.
    pub(crate) fn continues(&mut self, now: &Self) -> bool {
        let continues = now.refs.starts_with(&self.refs);
        if continues {
            self.refs.clone_from(&now.refs);
        }
        continues
    }

    /// Whether a tag with this number is here.
    pub(crate) fn has(&self, sequence: Sequence) -> bool {
        self.refs.binary_search_by_key(&sequence, |(n, _)| *n).is_ok()
    }

    /// The id of the tag with this number.
    pub(crate) fn id(&self, sequence: Sequence) -> Option<ObjectId> {
        let at = self.refs.binary_search_by_key(&sequence, |(n, _)| *n).ok()?;
        Some(self.refs[at].1)
    }

    /// How many numbers between `tip` and `n` no tag has.
    fn free_before(&self, n: Sequence, tip: Option<Link>) -> usize {
        let before = |n: Sequence| self.refs.partition_point(|(taken, _)| *taken < n);
        // A ledger that began beside another starts wherever that one ended.
        let first = if self.beside { self.refs.first().map(|(n, _)| *n) } else { None };
        let after = tip.map_or_else(|| first.map_or(0, |n| n.get() - 1), |tip| tip.sequence.get());
        let taken = before(n).saturating_sub(Sequence::new(after + 1).map_or(0, before));
        (n.get().saturating_sub(after + 1) as usize).saturating_sub(taken)
    }

    /// Whether no free number lies between `tip` and the candidate.
    pub(crate) fn is_at_next(&self, tip: Option<Link>) -> bool {
        self.candidate().is_some_and(|(n, _)| self.free_before(n, tip) == 0)
    }

    /// The highest number that any tag has.
    pub(crate) fn last_number(&self) -> Option<Sequence> {
        self.refs.last().map(|(n, _)| *n)
    }

    /// Refuses an entry, known to be signed by somebody who may, that does not follow `tip`. `is_here` says whether a tag
    /// that counts for nothing is this very entry.
    pub(crate) fn check_link(
        &self,
        position: &Position,
        tip: Option<Link>,
        is_here: impl Fn(Link) -> bool,
    ) -> Result<(), Fault> {
        let junk = |code, detail: String| Err(Fault::Junk(Refusal::new(code, detail)));
        let free = self.free_before(position.sequence, tip);
        if free > LEAP {
            return junk(Code::SkipFree, format!("it leaves {free} numbers behind that nobody has taken"));
        }
        match (position.previous, tip) {
            (previous, tip) if previous == tip => Ok(()),
            (Some(previous), tip) if tip.is_none_or(|tip| previous.sequence > tip.sequence) => {
                // What only lacks something before it makes no other entry of it.
                let lacks = |j: &&Junk| matches!(j.refusal.code, Code::ChainGap | Code::KeyRevoked);
                let beneath = self.junk.iter().find(|j| j.sequence == previous.sequence);
                if beneath.is_some_and(|j| lacks(&j)) && is_here(previous) {
                    let detail =
                        format!("it follows entry {}, and something before that one is not here", previous.sequence);
                    return junk(Code::ChainGap, detail);
                }
                if self.has(previous.sequence) {
                    let detail = format!("it follows entry {previous}, and what is here under that number is none");
                    return junk(Code::PreviousMismatch, detail);
                }
                junk(Code::ChainGap, format!("it follows entry {}, which is not here", previous.sequence))
            }
            (Some(previous), Some(tip)) if previous.sequence == tip.sequence => {
                let detail = format!("it follows entry {previous}, and the one here is {}", tip.digest.tagged());
                junk(Code::PreviousMismatch, detail)
            }
            (_, Some(tip)) => junk(Code::SkipValid, format!("it passes over entry {}", tip.sequence)),
            (None, None) | (Some(_), None) => Ok(()),
        }
    }
}

/// The numbers of the refs, with their ids.
pub(crate) fn numbered(
    refs: Vec<(RefName, ObjectId)>,
    number: impl Fn(&RefName) -> Option<Sequence>,
) -> Vec<(Sequence, ObjectId)> {
    refs.into_iter().filter_map(|(name, id)| Some((number(&name)?, id))).collect()
}

/// The place of the next entry after `tip`, past every number that is taken.
///
/// Refuses where somebody who may signed what stands after the tip: whoever goes on must look at it first, and says so with
/// `over_conflicts`.
pub(crate) fn next_position(
    tip: Option<Link>,
    last_number: Option<Sequence>,
    beyond: &[Junk],
    over_conflicts: bool,
) -> Result<Position, Refusal> {
    if let Some(conflict) = beyond.iter().find(|j| j.wants_a_look() && !over_conflicts) {
        return Err(conflict.refusal.clone());
    }
    let exhausted = || Refusal::new(Code::NumbersExhausted, "99999999 is taken");
    let after_tip = match tip {
        Some(tip) => tip.sequence.next().ok_or_else(exhausted)?,
        None => Sequence::FIRST,
    };
    let taken = |n: Sequence| beyond.iter().any(|j| j.sequence == n) || last_number == Some(n);
    // Past every conflict too: were it in front of one, the conflict would go on.
    let conflict = beyond.iter().rfind(|j| j.is_conflict()).map(|j| j.sequence.next().ok_or_else(exhausted));
    let mut n = conflict.transpose()?.map_or(after_tip, |past| past.max(after_tip));
    while taken(n) {
        n = n.next().ok_or_else(exhausted)?;
    }
    Position::after(tip, n).ok_or_else(exhausted)
}
