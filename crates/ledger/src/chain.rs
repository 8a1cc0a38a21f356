//! One environment's chain of one prompt: its valid entries, what stands beside them, what is live.

use std::sync::Arc;

use source::{EnvName, PromptId, Timestamp};

use crate::judge::{Found, Signer};
use crate::live::{Live, State};
use crate::mark::Mark;
use crate::record::{Link, PointerBody, Position};
use crate::walk::{Junk, next_position};
use crate::{Code, ObjectId, Refusal, Sequence, SignedTag};

/// A valid pointer.
#[derive(Debug)]
pub struct Pointer {
    pub(crate) found: Found,
    /// Who signed it; absent where a high-water mark spared the question.
    pub signer: Option<Signer>,
    /// What is live after it.
    pub live: Option<Arc<Live>>,
    /// Whether automation stands still after it.
    pub held: bool,
}

impl Pointer {
    /// The entry's tag.
    pub const fn tag(&self) -> &SignedTag {
        &self.found.tag
    }

    /// Where the tag object lies.
    pub const fn id(&self) -> &ObjectId {
        &self.found.id
    }

    /// Its fields.
    pub fn body(&self) -> &PointerBody {
        self.tag().record().pointer().expect("a pointer holds a pointer record")
    }

    /// Its number and digest.
    pub fn link(&self) -> Link {
        Link { sequence: self.body().position.sequence, digest: self.tag().digest() }
    }

    /// When it was signed.
    pub const fn time(&self) -> Timestamp {
        self.tag().time()
    }
}

/// A chain, judged as far as it goes.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The environment.
    pub environment: EnvName,
    /// The prompt.
    pub prompt: PromptId,
    /// The valid entries, oldest first.
    pub entries: Vec<Arc<Pointer>>,
    /// Tags that are no valid entries, by number.
    pub junk: Vec<Junk>,
    /// Why nothing after the last entry could be judged.
    pub stopped: Option<Refusal>,
    /// What is live, and may be.
    pub state: State,
    pub(crate) last_number: Option<Sequence>,
}

/// How much a chain's reader puts up with after the tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// Anything that is no valid entry is refused: `verify`.
    Refuse,
    /// Junk is passed over where a high-water mark vouches for the tip; so nobody without a key can hold up `resolve`.
    PassWithMark,
    /// Junk is passed over: a writer is about to do so, in the entry it signs.
    Pass,
}

impl Chain {
    /// The newest valid entry.
    pub fn tip(&self) -> Option<&Arc<Pointer>> {
        self.entries.last()
    }

    /// What is live now.
    pub fn live(&self) -> Option<&Arc<Live>> {
        self.state.live()
    }

    /// Every entry's number and digest, oldest first.
    pub fn links(&self) -> Vec<Link> {
        self.entries.iter().map(|e| e.link()).collect()
    }

    /// The junk that no valid entry has passed over yet.
    pub fn junk_beyond_tip(&self) -> &[Junk] {
        let tip = self.tip().map(|tip| tip.link().sequence);
        &self.junk[tip.map_or(0, |tip| self.junk.partition_point(|j| j.sequence < tip))..]
    }

    /// Where the next entry goes: after the tip, past every number that is taken.
    ///
    /// Refuses after a stop, and, unless `over_conflicts`, where somebody who may write here signed what is passed over.
    pub fn next(&self, over_conflicts: bool) -> Result<Position, Refusal> {
        if let Some(stopped) = &self.stopped {
            return Err(stopped.clone());
        }
        let tip = self.tip().map(|tip| tip.link());
        next_position(tip, self.last_number, self.junk_beyond_tip(), over_conflicts)
    }

    /// What this machine has now seen of the chain; `policy` is the newest policy it has seen.
    ///
    /// `None` where something stands after the tip: a mark vouches for its tip, and a tip behind one that was tampered
    /// with must not be vouched for.
    pub fn mark(&self, policy: Sequence) -> Option<Mark> {
        let tip = self.tip().map(|tip| tip.link());
        if self.stopped.is_some() || pressing(self.junk_beyond_tip(), tip).is_some() {
            return None;
        }
        Mark::of(self.links().into_iter(), policy)
    }

    /// Refuses a chain whose end cannot be trusted; `mark` is what this machine has seen of it.
    pub fn check_end(&self, mark: Option<&Mark>, beyond: Beyond) -> Result<(), Refusal> {
        self.check_legible()?;
        self.check_tip(mark, beyond)
    }

    /// The same of a chain that could be read.
    pub(crate) fn check_tip(&self, mark: Option<&Mark>, beyond: Beyond) -> Result<(), Refusal> {
        if let Some(mark) = mark {
            mark.check(&self.links(), &self.junk)
                .map_err(|r| r.about(format!("env/{}/{}", self.environment, self.prompt)))?;
        }
        let tip = self.tip().map(|tip| tip.link());
        check_stop(self.stopped.as_ref(), tip, mark, beyond)?;
        check_beyond(self.junk_beyond_tip(), tip, mark, beyond)
    }

    /// Refuses a chain of which something could not be read: it need not be behind what was seen.
    pub(crate) fn check_legible(&self) -> Result<(), Refusal> {
        let illegible = self
            .stopped
            .as_ref()
            .filter(|r| matches!(r.code, Code::Unreadable | Code::ObjectMissing | Code::VerifierMissing));
        illegible.map_or(Ok(()), |refusal| Err(refusal.clone()))
    }

    /// What was live at `moment`, and the entry that says so.
    pub fn live_at(&self, moment: Timestamp) -> Option<(&Arc<Pointer>, Option<&Arc<Live>>)> {
        let after = self.entries.partition_point(|e| e.time() <= moment);
        let entry = self.entries.get(after.checked_sub(1)?)?;
        Some((entry, entry.live.as_ref()))
    }

    /// The entry with this number, where it is valid.
    pub fn at(&self, n: Sequence) -> Option<&Arc<Pointer>> {
        let at = self.entries.binary_search_by_key(&n, |e| e.link().sequence).ok()?;
        self.entries.get(at)
    }

    /// Refuses where nothing is live.
    pub fn require_live(&self) -> Result<(&Arc<Pointer>, &Arc<Live>), Refusal> {
        match (self.tip(), self.live()) {
            (Some(tip), Some(live)) => Ok((tip, live)),
            (Some(tip), None) => {
                let reason = tip.tag().record().reason.as_ref().map_or("", |r| r.as_str());
                let detail =
                    format!("{} was retired from {} at {}: {reason}", self.prompt, self.environment, tip.time());
                Err(Refusal::new(Code::NothingLive, detail).about(tip.tag().name()))
            }
            (None, _) => {
                let detail = format!("{} was never live in {}", self.prompt, self.environment);
                Err(Refusal::new(Code::NothingLive, detail))
            }
        }
    }
}

/// Refuses a chain that could not be judged to its end. An entry of a newer format does not take away what this machine
/// has verified: who only asks what is live gets it as long as a mark is at the tip.
pub(crate) fn check_stop(
    stopped: Option<&Refusal>,
    tip: Option<Link>,
    mark: Option<&Mark>,
    beyond: Beyond,
) -> Result<(), Refusal> {
    let Some(stopped) = stopped else { return Ok(()) };
    let vouched = mark.is_some_and(|mark| tip == Some(mark.tip()));
    if stopped.code == Code::FormatNewer && beyond == Beyond::PassWithMark && vouched {
        return Ok(());
    }
    Err(stopped.clone())
}

/// Refuses what stands after a tip, unless `beyond` or a mark at that very tip lets it pass.
pub(crate) fn check_beyond(
    after: &[Junk],
    tip: Option<Link>,
    mark: Option<&Mark>,
    beyond: Beyond,
) -> Result<(), Refusal> {
    let vouched = mark.is_some_and(|mark| tip == Some(mark.tip()));
    match (pressing(after, tip), beyond) {
        (None, _) | (_, Beyond::Pass) => Ok(()),
        (Some(junk), Beyond::PassWithMark) if vouched && !junk.is_conflict() => Ok(()),
        // A tip that was tampered with says so itself.
        (Some(junk), _) => Err(junk.refusal.clone()),
    }
}

/// What after a tip could be an entry that was tampered with: a conflict, or junk under the very next number.
///
/// Writers take the first free number, so junk with a free number before it was never an entry; were it to count,
/// anybody who can create tags could refuse service for ever with one tag at the highest number.
pub(crate) fn pressing(after: &[Junk], tip: Option<Link>) -> Option<&Junk> {
    let next = tip.map_or(Some(Sequence::FIRST), |tip| tip.sequence.next());
    let first = || after.first().filter(|j| Some(j.sequence) == next && !j.inherited);
    after.iter().find(|j| j.is_conflict()).or_else(first)
}
