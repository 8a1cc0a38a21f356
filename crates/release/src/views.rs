//! Looking at the ledger: what is live, what happened, and whether all of it holds.

use ledger::Depth;
use ledger::chain::{Beyond, Chain};
use ledger::{Ledger, Refusal, Sequence};
use source::{Digest, EnvName, PromptId, Risk, Timestamp, Version};

use crate::desk::Desk;
use crate::error::{Error, Result};
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

/// How prompts stand.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Overview {
    /// Each that was asked for.
    pub prompts: Vec<Status>,
    /// How many more have nothing but tags of a ledger that was inherited.
    pub inherited: usize,
}

/// The status of `id`, or of every prompt that was released or promoted.
pub fn status(desk: &Desk, id: Option<&PromptId>) -> Result<Overview> {
    desk.read(id.map_or(Scope::All, Scope::Prompt), |ledger| {
        let ids = asked(desk, ledger, id)?;
        let mut prompts = ids.into_iter().map(|id| of_prompt(ledger, id)).collect::<Result<Vec<_>>>()?;
        let before = prompts.len();
        if id.is_none() && ledger.policies().began_beside_another() {
            let counts = |s: &Standing| s.sequence.is_some() || !s.faults.is_empty();
            prompts.retain(|status| !status.releases.is_empty() || status.environments.iter().any(counts));
        }
        Ok(Overview { inherited: before - prompts.len(), prompts })
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
    faults.extend(objections(ledger, chain, Depth::Tip, &faults)?);
    let live = live_now(chain);
    Ok(Standing {
        prompt: chain.prompt.clone(),
        environment: chain.environment.clone(),
        live,
        sequence: chain.tip().map(|tip| tip.link().sequence),
        held: chain.state.held().is_some(),
        faults,
    })
}

/// What speaks against the tip, given what is wrong with the end: where something is only missing here, what is live may
/// have been sealed by just that.
pub(crate) fn objections(ledger: &Ledger<'_>, chain: &Chain, depth: Depth, end: &[Refusal]) -> Result<Vec<Refusal>> {
    let mut found = ledger.objections(chain, depth)?;
    if end.iter().any(|fault| fault.class() == ledger::Class::CannotVerify) {
        found.retain(|o| !matches!(o.code, ledger::Code::TipKeyRevoked | ledger::Code::ReleaseKeyRevoked));
    }
    Ok(found)
}

/// What is live at the end of a chain.
pub(crate) fn live_now(chain: &Chain) -> Option<LiveNow> {
    let live = chain.live()?;
    Some(LiveNow {
        version: live.version.clone(),
        content: live.content,
        risk: live.risk,
        since: live.at,
        by: chain.at(live.since.sequence).map_or_else(String::new, |e| e.tag().record().by.principal.to_string()),
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
    let near = source::did_you_mean(id.as_str(), known.iter().map(PromptId::as_str));
    let remedy = near.unwrap_or_else(|| "see what there is: promptuary status".to_owned());
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
