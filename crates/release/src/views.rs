//! Looking at the ledger: what is live, what happened, and whether all of it holds.

use ledger::Depth;
use ledger::chain::{Beyond, Chain};
use ledger::record::{Link, PointerAction};
use ledger::{Ledger, Refusal, Sequence};
use policy::KeyFingerprint;
use source::{Digest, EnvName, PromptId, Risk, Timestamp, Version};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::pointers::known_environment;
use crate::reading::{Scope, environments};

/// What is live of one prompt in one environment.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Standing {
    /// The prompt.
    pub prompt: PromptId,
    /// The environment.
    pub environment: EnvName,
    /// What is live; absent where nothing is.
    pub live: Option<LiveNow>,
    /// The newest valid entry's number; absent where there never was one.
    pub sequence: Option<Sequence>,
    /// Whether automation stands still.
    pub held: bool,
    /// Why the chain's end cannot be trusted, each with its code.
    pub faults: Vec<Refusal>,
}

/// A release that is live.
#[derive(Debug, Clone, serde::Serialize)]
pub struct LiveNow {
    /// Its version.
    pub version: Version,
    /// Its content.
    pub content: Digest,
    /// Its risk.
    pub risk: Risk,
    /// When it became so.
    pub since: Timestamp,
    /// Who made it so.
    pub by: String,
}

/// What a prompt's releases and environments look like.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Status {
    /// The prompt.
    pub prompt: PromptId,
    /// Its valid releases, oldest first.
    pub releases: Vec<Version>,
    /// Its environments, in policy's order.
    pub environments: Vec<Standing>,
}

/// The status of `id`, or of every prompt that was released or promoted.
pub fn status(desk: &Desk, id: Option<&PromptId>) -> Result<Vec<Status>> {
    desk.read(id.map_or(Scope::All, Scope::Prompt), |ledger| {
        let ids = asked(desk, ledger, id)?;
        ids.into_iter().map(|id| of_prompt(ledger, id)).collect()
    })
}

fn of_prompt(ledger: &Ledger<'_>, prompt: PromptId) -> Result<Status> {
    let releases = ledger.releases(&prompt)?.into_iter().filter(|(_, r)| r.is_ok()).map(|(v, _)| v).collect();
    let mut list = Vec::new();
    for environment in environments(ledger)? {
        let chain = ledger.chain(&environment, &prompt)?;
        list.push(standing(ledger, &chain)?);
    }
    Ok(Status { prompt, releases, environments: list })
}

pub(crate) fn standing(ledger: &Ledger<'_>, chain: &Chain) -> Result<Standing> {
    let mut faults: Vec<Refusal> = ledger.check_end(chain, Beyond::Refuse).err().into_iter().collect();
    faults.extend(ledger.objections(chain, Depth::Tip)?);
    let live = chain.live().map(|live| LiveNow {
        version: live.version.clone(),
        content: live.content,
        risk: live.risk,
        since: live.at,
        by: chain.at(live.since.sequence).map_or_else(String::new, |e| e.tag().record().by.principal.to_string()),
    });
    Ok(Standing {
        prompt: chain.prompt.clone(),
        environment: chain.environment.clone(),
        live,
        sequence: chain.tip().map(|tip| tip.link().sequence),
        held: chain.state.held().is_some(),
        faults,
    })
}

/// The prompts that are asked about; one that the ledger has never heard of is a slip of the finger.
pub(crate) fn asked(desk: &Desk, ledger: &Ledger<'_>, id: Option<&PromptId>) -> Result<Vec<PromptId>> {
    let Some(id) = id else { return known_prompts(desk, ledger) };
    let here =
        || desk.repo.workdir().is_ok_and(|_| desk.repo.root_dir().is_ok_and(|r| r.join(id.path().as_str()).is_file()));
    if here() || is_known(ledger, id)? {
        return Ok(vec![id.clone()]);
    }
    let known = known_prompts(desk, ledger)?;
    if known.contains(id) {
        return Ok(vec![id.clone()]);
    }
    let near = source::nearest(id.as_str(), known.iter().map(PromptId::as_str));
    let remedy =
        near.map_or_else(|| "see what there is: promptuary status".to_owned(), |near| format!("did you mean {near}?"));
    Err(Error::usage(format!("find {id}: it was never released or promoted, and no such prompt is here"), remedy))
}

/// Whether the prompt has a release or a pointer, found without looking at other prompts' tags.
fn is_known(ledger: &Ledger<'_>, id: &PromptId) -> Result<bool> {
    for (env, id) in ledger.chains_of(id)? {
        let chain = ledger.chain(&env, &id)?;
        if !chain.entries.is_empty() || !chain.junk.is_empty() {
            return Ok(true);
        }
    }
    Ok(!ledger.releases(id)?.is_empty())
}

/// Every prompt that has a release or a pointer, sorted.
pub(crate) fn known_prompts(desk: &Desk, ledger: &Ledger<'_>) -> Result<Vec<PromptId>> {
    use source::Objects as _;
    let unreadable = |e: source::Unreadable| Refusal::new(ledger::Code::Unreadable, e.to_string());
    let mut ids: Vec<PromptId> = ledger.chains()?.into_iter().map(|(_, id)| id).collect();
    for (name, _) in desk.repo.list("refs/tags/prompt/").map_err(unreadable)? {
        if let Ok(ledger::RefName::Release(id, _)) = ledger::RefName::from_full(&name) {
            ids.push(id);
        }
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// One line of the log.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The tag.
    pub tag: String,
    /// The entry's identity.
    pub entry: Digest,
    /// `policy`, `release`, `promote`, `rollback`, `hold`, `retire` or `seal`.
    pub act: &'static str,
    /// The prompt; absent for policy.
    pub prompt: Option<PromptId>,
    /// The environment; absent for policy and releases.
    pub environment: Option<EnvName>,
    /// The version; absent for policy.
    pub version: Option<Version>,
    /// The number; absent for releases.
    pub sequence: Option<Sequence>,
    /// The principal who signed.
    pub by: String,
    /// The key.
    pub key: KeyFingerprint,
    /// The policy that it cites; absent in the first.
    pub policy: Option<Link>,
    /// The digests of the approvals it cites.
    pub approvals: Vec<Digest>,
    /// The digests of the evidence it cites.
    pub evidence: Vec<Digest>,
    /// Why.
    pub reason: Option<String>,
}

/// Which part of the log is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this prompt.
    pub prompt: Option<PromptId>,
    /// Only this environment.
    pub environment: Option<EnvName>,
}

/// What happened, newest first. Only entries that hold are told.
pub fn log(desk: &Desk, wanted: &Wanted) -> Result<Vec<Event>> {
    let scope = wanted.prompt.as_ref().map_or(Scope::All, Scope::Prompt);
    desk.read(scope, |ledger| {
        let mut events = Vec::new();
        let ids = asked(desk, ledger, wanted.prompt.as_ref())?;
        if let Some(env) = &wanted.environment {
            known_environment(ledger, env)?;
        }
        if wanted.prompt.is_none() && wanted.environment.is_none() {
            events.extend(ledger.policies().entries().iter().map(|e| event(e.tag(), "policy")));
        }
        for id in &ids {
            if wanted.environment.is_none() {
                events.extend(ledger.releases(id)?.into_values().flatten().map(|r| event(r.tag(), "release")));
            }
        }
        for (env, id) in ledger.chains()? {
            if ids.contains(&id) && wanted.environment.as_ref().is_none_or(|wanted| *wanted == env) {
                let chain = ledger.chain(&env, &id)?;
                events.extend(chain.entries.iter().map(|e| event(e.tag(), act(e.body().action))));
            }
        }
        // Within one second the order of what rests on what: policy, release, then the environments as policy has them.
        let order = environments(ledger)?;
        let rank = |e: &Event| {
            let env = e.environment.as_ref().and_then(|env| order.iter().position(|known| known == env));
            (e.at, e.prompt.is_some(), e.environment.is_some(), env, e.sequence)
        };
        events.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| b.tag.cmp(&a.tag)));
        Ok(events)
    })
}

/// What was live at a moment, in every environment.
pub fn live_at(desk: &Desk, wanted: &Wanted, moment: Timestamp) -> Result<Vec<(EnvName, PromptId, Event)>> {
    let scope = wanted.prompt.as_ref().map_or(Scope::All, Scope::Prompt);
    desk.read(scope, |ledger| {
        let mut found = Vec::new();
        for (env, id) in ledger.chains()? {
            let asked = wanted.prompt.as_ref().is_none_or(|w| *w == id)
                && wanted.environment.as_ref().is_none_or(|w| *w == env);
            if !asked {
                continue;
            }
            let chain = ledger.chain(&env, &id)?;
            if let Some((entry, Some(live))) = chain.live_at(moment) {
                let mut told = event(entry.tag(), act(entry.body().action));
                told.version = Some(live.version.clone());
                found.push((env, id, told));
            }
        }
        Ok(found)
    })
}

const fn act(action: PointerAction) -> &'static str {
    action.as_str()
}

fn event(tag: &ledger::SignedTag, act: &'static str) -> Event {
    let record = tag.record();
    let pointer = record.pointer();
    let release = record.release();
    Event {
        at: tag.time(),
        tag: tag.name().to_string(),
        entry: tag.digest(),
        act,
        prompt: pointer.map(|p| p.prompt.clone()).or_else(|| release.map(|r| r.prompt.clone())),
        environment: pointer.map(|p| p.environment.clone()),
        version: pointer.map(|p| p.version.clone()).or_else(|| release.map(|r| r.version.clone())),
        sequence: record.position().map(|p| p.sequence),
        by: record.by.principal.to_string(),
        key: record.by.key.clone(),
        policy: record.policy,
        approvals: pointer.map(|p| p.approvals.clone()).unwrap_or_default(),
        evidence: pointer.map(|p| p.evidence.clone()).unwrap_or_default(),
        reason: record.reason.as_ref().map(|r| r.as_str().to_owned()),
    }
}
