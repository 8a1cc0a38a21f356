//! What is live in an environment: a stack that promotions push and rollbacks pop, and whether automation may move it.

use std::sync::Arc;

use source::{Digest, Risk, Timestamp, Version};

use crate::record::{Link, PointerAction, PointerBody};
use crate::{Code, ObjectId, Refusal};

/// A release that is live, or was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Live {
    /// Its version.
    pub version: Version,
    /// Its payload digest.
    pub release: Digest,
    /// Its content digest.
    pub content: Digest,
    /// Its risk, as it says itself.
    pub risk: Risk,
    /// Where its tag object lies.
    pub tag: ObjectId,
    /// The pointer that made it live.
    pub since: Link,
    /// When that was.
    pub at: Timestamp,
}

/// What is live after some entries.
#[derive(Debug, Clone, Default)]
pub struct State {
    stack: Vec<Arc<Live>>,
    held: Option<Link>,
    /// The highest risk that was live since a promotion last met its demands.
    risk: Option<Risk>,
}

/// What an entry does to the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Push,
    /// Down to so many.
    Pop(usize),
    Hold,
    Retire,
    Keep,
}

impl State {
    /// What is live now.
    pub fn live(&self) -> Option<&Arc<Live>> {
        self.stack.last()
    }

    /// Every release of the stack, the live one last; those before it are what a rollback may go to.
    pub fn stack(&self) -> &[Arc<Live>] {
        &self.stack
    }

    /// The entry since which automation stands still.
    pub const fn held(&self) -> Option<Link> {
        self.held
    }

    /// The risk that decides, beside the release's own, what the next entry must bring.
    ///
    /// A promotion answers for the highest that was live since the one before: else a rollback, or a retirement, would
    /// wash off a risk that nobody looked at. A rollback answers for what is live, so that it stays easy.
    pub(crate) fn risk_before(&self, action: PointerAction) -> Option<Risk> {
        match action {
            PointerAction::Promote => self.risk,
            _ => self.live().map(|live| live.risk),
        }
    }

    /// The release that a rollback goes to when none is named: the nearest other one under the top.
    pub fn rollback_target(&self) -> Option<&Arc<Live>> {
        let live = self.live()?;
        self.stack.iter().rev().find(|l| l.release != live.release)
    }

    /// What the entry would do; refused where it does not fit what is live.
    ///
    /// `automation` says whether a machine signed it, `says_why` whether it has a reason.
    pub(crate) fn step(&self, body: &PointerBody, automation: bool, says_why: bool) -> Result<Step, Refusal> {
        if body.action == PointerAction::Promote {
            return match self.held {
                Some(held) if automation => {
                    let detail = format!("entry {} stopped them for automation", held.sequence);
                    Err(Refusal::new(Code::Held, detail))
                }
                Some(held) if !says_why => {
                    let detail = format!("entry {} stopped them, and whoever goes on says why", held.sequence);
                    Err(Refusal::new(Code::ReasonMissing, detail))
                }
                _ => Ok(Step::Push),
            };
        }
        let nothing = || Refusal::new(Code::NothingLive, format!("nothing is live in {}", body.environment));
        let live = self.live().ok_or_else(nothing)?;
        if body.action == PointerAction::Rollback {
            let below = &self.stack[..self.stack.len() - 1];
            let target = below.iter().rposition(|l| l.release == body.release && l.release != live.release);
            let detail = || format!("{} was never live under {}", body.version, live.version);
            let at = target.ok_or_else(|| Refusal::new(Code::NotUnderTop, detail()))?;
            return agrees(body, &below[at]).map(|()| Step::Pop(at + 1));
        }
        agrees(body, live)?;
        Ok(match body.action {
            PointerAction::Hold => Step::Hold,
            PointerAction::Retire => Step::Retire,
            _ => Step::Keep,
        })
    }

    /// Takes the step of a valid entry.
    pub(crate) fn take(&mut self, step: Step, body: &PointerBody, tag: ObjectId, since: Link, at: Timestamp) {
        self.risk = match step {
            Step::Push => Some(body.risk),
            _ => self.risk.max(Some(body.risk)),
        };
        let live = || {
            let (version, release) = (body.version.clone(), body.release);
            Arc::new(Live { version, release, content: body.content, risk: body.risk, tag, since, at })
        };
        match step {
            // The same release again only confirms it: it must not become what a rollback goes to.
            Step::Push if self.live().is_some_and(|top| top.release == body.release) => self.held = None,
            Step::Push => {
                self.stack.push(live());
                self.held = None;
            }
            Step::Pop(depth) => {
                self.stack.truncate(depth);
                if let Some(top) = self.stack.last_mut() {
                    *top = live();
                }
                self.held = Some(since);
            }
            Step::Hold => self.held = Some(since),
            // Whoever takes a prompt out does not want a machine to put it back.
            Step::Retire => {
                self.stack.clear();
                self.held = Some(since);
            }
            Step::Keep => {}
        }
    }
}

fn agrees(body: &PointerBody, live: &Live) -> Result<(), Refusal> {
    let said = (&body.version, body.release, body.content, body.risk);
    if said == (&live.version, live.release, live.content, live.risk) {
        return Ok(());
    }
    let detail = format!(
        "it speaks of {} {}, that is {} {}",
        body.version,
        body.release.tagged(),
        live.version,
        live.release.tagged()
    );
    Err(Refusal::new(Code::LiveMismatch, detail))
}
