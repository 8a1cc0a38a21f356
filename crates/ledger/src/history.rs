//! Entries as a timeline tells them: who did what, when, on whose word, on what evidence.

use source::{EnvName, PromptId, Timestamp};

use crate::chain::{Chain, Pointer};
use crate::live::Live;
use crate::reading::Ledger;
use crate::record::{Cases, Mode, Verdict};
use crate::{Ballots, RefName, Refusal, Sequence, SignedTag, ballot};

/// One line of a timeline.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Event {
    /// The entry's tag.
    pub tag: RefName,
    /// Its payload digest, `sha256:…`.
    pub digest: source::Digest,
    /// When it was signed.
    pub time: Timestamp,
    /// Who signed it.
    pub by: String,
    /// With which key.
    pub key: String,
    /// What it says, in one line.
    pub what: String,
    /// Why.
    pub reason: Option<String>,
    /// The number of the policy that judged it.
    pub policy: Option<u32>,
    /// What is live after it: the version.
    pub live: Option<String>,
    /// Whether automation stands still after it.
    pub held: bool,
    /// Whose approvals it cites.
    pub approvals: Vec<Approved>,
    /// What evidence it cites.
    pub evidence: Vec<Attested>,
    /// Why it counts for nothing, where that is so.
    pub refusal: Option<Refusal>,
}

/// An approval that an entry cites.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Approved {
    /// Whose.
    pub by: String,
    /// When.
    pub time: Timestamp,
    /// The tag.
    pub tag: RefName,
}

/// An attested run that an entry cites.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Attested {
    /// Who attested it.
    pub by: String,
    /// When.
    pub time: Timestamp,
    /// The tag.
    pub tag: RefName,
    /// The suite's path.
    pub suite: String,
    /// How many cases ended how.
    pub cases: Cases,
    /// Live or replay.
    pub mode: Mode,
    /// What the gate said.
    pub verdict: Verdict,
}

/// What was live in one environment at some moment.
#[derive(Debug, Clone)]
pub struct LiveThen {
    /// The environment.
    pub environment: EnvName,
    /// The prompt.
    pub prompt: PromptId,
    /// The entry that says so.
    pub entry: std::sync::Arc<Pointer>,
    /// What was live; nothing after a retirement.
    pub live: Option<std::sync::Arc<Live>>,
}

impl Event {
    /// What one tag says, whatever its kind; nothing about what it cites.
    pub fn of(tag: &SignedTag) -> Self {
        let record = tag.record();
        Self {
            tag: tag.name().clone(),
            digest: tag.digest(),
            time: tag.time(),
            by: record.by.principal.to_string(),
            key: record.by.key.to_string(),
            what: record.subject(),
            reason: record.reason.as_ref().map(ToString::to_string),
            policy: record.policy.map(|link| link.sequence.get()),
            live: None,
            held: false,
            approvals: Vec::new(),
            evidence: Vec::new(),
            refusal: None,
        }
    }
}

impl Ledger<'_> {
    /// A chain as a timeline, oldest first: every valid entry, and the junk among them with why it counts for nothing.
    pub fn history(&self, chain: &Chain) -> Result<Vec<Event>, Refusal> {
        let mut events = Vec::new();
        for entry in &chain.entries {
            events.push((entry.link().sequence, self.event(entry)?));
        }
        for junk in &chain.junk {
            let name = RefName::Pointer(chain.environment.clone(), chain.prompt.clone(), junk.sequence);
            if let Some(mut event) = self.peek(&name)?.map(|tag| Event::of(&tag)) {
                event.refusal = Some(junk.refusal.clone());
                events.push((junk.sequence, event));
            }
        }
        events.sort_by_key(|(n, _)| *n);
        Ok(events.into_iter().map(|(_, event)| event).collect())
    }

    /// What was live everywhere at `moment`, by environment and prompt.
    pub fn live_at(&self, moment: Timestamp) -> Result<Vec<LiveThen>, Refusal> {
        let mut found = Vec::new();
        for (environment, prompt) in self.chains()? {
            let chain = self.chain(&environment, &prompt)?;
            if let Some((entry, live)) = chain.live_at(moment) {
                let (entry, live) = (std::sync::Arc::clone(entry), live.cloned());
                found.push(LiveThen { environment, prompt, entry, live });
            }
        }
        Ok(found)
    }

    fn event(&self, entry: &Pointer) -> Result<Event, Refusal> {
        let body = entry.body();
        let mut event = Event::of(entry.tag());
        event.live = entry.live.as_ref().map(|live| live.version.to_string());
        event.held = entry.held;
        if !body.approvals.is_empty() {
            let ballots = self.ballots(body)?;
            let cited = ballots.valid.iter().filter(|b| body.approvals.contains(&b.tag().digest()));
            event.approvals = cited
                .map(|b| Approved { by: b.signer.principal.clone(), time: b.tag().time(), tag: b.tag().name().clone() })
                .collect();
        }
        if !body.evidence.is_empty() {
            let runs = self.runs(&body.content)?;
            let cited = runs.entries().iter().filter(|run| body.evidence.contains(&run.tag().digest()));
            event.evidence = cited.map(Attested::of).collect();
        }
        Ok(event)
    }

    /// The tag that a ref holds, where it can be read as one; unjudged.
    pub fn peek(&self, name: &RefName) -> Result<Option<SignedTag>, Refusal> {
        let refs = self.judge().list(&name.full())?;
        let id = refs.into_iter().find(|(found, _)| found == name).map(|(_, id)| id);
        Ok(id.and_then(|id| self.judge().read(&id).ok()))
    }

    /// The names of all tags, whatever they hold, that start with `start` (without `refs/tags/`).
    pub fn names(&self, start: &str) -> Result<Vec<RefName>, Refusal> {
        let refs = self.judge().list(&format!("{}{start}", crate::refname::TAGS))?;
        Ok(refs.into_iter().map(|(name, _)| name).collect())
    }

    /// Everything that was said about the policy `n`, judged by the policy before it.
    pub fn ballots_of_policy(&self, n: Sequence) -> Result<Ballots, Refusal> {
        let entries = self.policies().entries();
        let before = entries.iter().rfind(|entry| entry.link().sequence < n).unwrap_or(&entries[0]);
        ballot::of_policy(self.judge(), &self.policies().root(), before, n)
    }
}

impl Attested {
    fn of(run: &crate::evidence::Evidence) -> Self {
        let body = run.body();
        Self {
            by: run.signer.principal.clone(),
            time: run.tag().time(),
            tag: run.tag().name().clone(),
            suite: body.suite.path.to_string(),
            cases: body.cases,
            mode: body.mode,
            verdict: body.verdict,
        }
    }
}
