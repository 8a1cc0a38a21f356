//! What the next entry of a chain would need, and what there is to look at before anybody decides.

use std::sync::Arc;

use ledger::ballot::Word;
use ledger::demand::Demand;
use ledger::evidence::Evidence;
use ledger::record::{Cases, Mode, Models, PointerAction, Verdict};
use ledger::release::Release;
use ledger::statement::Helper;
use ledger::{Ledger, ObjectId, Sequence};
use source::{Digest, EnvName, PromptId, RepoPath, Risk, Timestamp, Version};

use crate::desk::Desk;
use crate::error::Result;
use crate::pointers::{known_environment, no_release};
use crate::reading::{Scope, environments};
use crate::views::{LiveNow, live_now};

/// A release on its way into an environment: what its next entry would be, and how every demand stands.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Next {
    /// The prompt.
    pub prompt: PromptId,
    /// Where it would become live.
    pub environment: EnvName,
    /// The release.
    pub version: Version,
    /// Its content: what an approver looks at.
    pub content: Digest,
    /// Its commit.
    pub commit: ObjectId,
    /// Who signed the release.
    pub released_by: String,
    /// When.
    pub released_at: Timestamp,
    /// The entry's number.
    pub sequence: Sequence,
    /// What the entry would be: a promotion, or a rollback to what was live before.
    pub action: PointerAction,
    /// The risk that decides what is demanded.
    pub risk: Risk,
    /// What is live there now.
    pub live: Option<LiveNow>,
    /// Whether automation stands still there, so that a person goes on and says why.
    pub held: bool,
    /// Every demand but the signer's right, met or not.
    pub demands: Vec<Demand>,
    /// Who may sign it.
    pub signers: Vec<String>,
    /// Who may approve or reject it.
    pub approvers: Vec<String>,
    /// What was said about it, the last word of each.
    pub words: Vec<Word>,
    /// Seconds for which policy lets an approval of it last, where it asks for one.
    #[serde(skip)]
    pub lasts: Option<u64>,
    /// The attested runs of its content, oldest first.
    pub evidence: Vec<Evident>,
}

/// What an attested run says, for whoever decides on it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Evident {
    /// The tag.
    pub tag: String,
    /// The entry's identity: what a pointer cites.
    pub entry: Digest,
    /// When.
    pub at: Timestamp,
    /// Who attested it.
    pub by: String,
    /// The suite's file.
    pub suite: RepoPath,
    /// Whether models were called.
    pub mode: Mode,
    /// The models that answered.
    pub models: Models,
    /// Who judged, where assertions are model-graded and the statement says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<Helper>,
    /// How many cases ended how.
    pub cases: Cases,
    /// What the gate said.
    pub verdict: Verdict,
}

impl Next {
    pub(crate) fn of(ledger: &Ledger<'_>, environment: &EnvName, release: &Arc<Release>) -> Result<Self> {
        let prospect = ledger.prospect(environment, release)?;
        let body = release.body();
        let runs = ledger.runs(&body.content)?;
        let evidence = runs.entries().iter().filter(|run| run.body().content == body.content).map(Evident::of);
        let chain = ledger.chain(environment, &body.prompt)?;
        let wanted = ledger.policy()?.demands(environment, &body.prompt, prospect.risk, prospect.action.action());
        let lasts = wanted.approvals.iter().map(|demand| demand.expires.0).min();
        Ok(Self {
            prompt: body.prompt.clone(),
            environment: environment.clone(),
            version: body.version.clone(),
            content: body.content,
            commit: *release.commit(),
            released_by: release.signer.principal.clone(),
            released_at: release.tag().time(),
            sequence: prospect.position.sequence,
            action: prospect.action,
            risk: prospect.risk,
            live: live_now(&chain),
            held: prospect.held,
            demands: prospect.demands,
            signers: prospect.signers,
            approvers: prospect.approvers,
            words: prospect.words,
            lasts,
            evidence: evidence.collect(),
        })
    }

    /// Whether every demand is met, so that one who may sign could do so now.
    pub fn is_ready(&self) -> bool {
        self.demands.iter().all(Demand::is_met)
    }

    /// The last moment at which what was said at `at` may be used, where its signer wished for `expires`: policy may end it
    /// earlier.
    pub fn ends(&self, at: Timestamp, expires: Option<Timestamp>) -> Option<Timestamp> {
        let by_policy = self.lasts.map(|lasts| at.0.saturating_add(i64::try_from(lasts).unwrap_or(i64::MAX)));
        [expires, by_policy.map(Timestamp)].into_iter().flatten().min()
    }

    /// The moment before which waiting alone keeps it from going on.
    pub fn opens(&self) -> Option<Timestamp> {
        self.demands.iter().filter_map(|demand| demand.opens).max()
    }

    /// Whether it is live already.
    pub fn is_live(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.version == self.version && live.content == self.content)
    }
}

impl Evident {
    fn of(run: &Evidence) -> Self {
        let body = run.body();
        Self {
            tag: run.tag().name().to_string(),
            entry: run.tag().digest(),
            at: run.tag().time(),
            by: run.signer.principal.clone(),
            suite: body.suite.path.clone(),
            mode: body.mode,
            models: body.models.clone(),
            judge: run.terms.judge.clone(),
            cases: body.cases,
            verdict: body.verdict,
        }
    }
}

/// What a release (the highest valid one where none is named) would need to go on, in every environment where it is not
/// live, or is on hold, and whose chain can be added to.
pub fn next(desk: &Desk, id: &PromptId, version: Option<&Version>) -> Result<Vec<Next>> {
    desk.read(Scope::Prompt(id), |ledger| {
        let highest = ledger.releases(id)?.into_iter().filter(|(_, r)| r.is_ok()).map(|(v, _)| v).next_back();
        let Some(version) = version.or(highest.as_ref()) else { return Ok(Vec::new()) };
        let release = ledger.release(id, version)?.ok_or_else(|| no_release(desk, ledger, id, version))?;
        let mut found = Vec::new();
        for env in environments(ledger)? {
            // What keeps a chain from being read stands beside it as a fault.
            if let Ok(next) = Next::of(ledger, &env, &release)
                && (!next.is_live() || next.held)
            {
                found.push(next);
            }
        }
        Ok(found)
    })
}

/// What an approver looks at before anything is signed.
pub fn consider(desk: &Desk, id: &PromptId, version: &Version, environment: &EnvName) -> Result<Next> {
    desk.read(Scope::Prompt(id), |ledger| {
        known_environment(ledger, environment)?;
        let release = ledger.release(id, version)?.ok_or_else(|| no_release(desk, ledger, id, version))?;
        Next::of(ledger, environment, &release)
    })
}
