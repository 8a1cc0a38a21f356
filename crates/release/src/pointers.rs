//! Moving pointers: promote, roll back, hold, retire, seal; approvals of the next one.

use ledger::demand::Demand;
use ledger::record::{By, Decision, PointerAction, Reason};
use ledger::{Code, Ledger, Plan, PointerIntent, Refusal, Sequence};
use source::{Digest, EnvName, PromptId, Version};

use crate::desk::{Desk, Hand, Written};
use crate::error::{Error, Result};
use crate::reading::Scope;
use crate::views::known_prompts;

/// A pointer that was moved, or would be.
#[derive(Debug, serde::Serialize)]
pub struct Moved {
    /// The prompt.
    pub prompt: PromptId,
    /// Where.
    pub environment: EnvName,
    /// The pointer's number.
    pub sequence: Sequence,
    /// What it does.
    pub action: PointerAction,
    /// The version that is live after it.
    pub version: Version,
    /// Its content.
    pub content: Digest,
    /// The version that was live before.
    pub before: Option<Version>,
    /// Every demand; all met unless this was a dry run.
    pub demands: Vec<Demand>,
    /// Approvals that it makes void, because it takes the number that they were given for.
    pub voids: Vec<Voided>,
    /// The entry; absent after a dry run, and where nothing had to be written.
    pub written: Option<Written>,
    /// Whether it was live already, so that nothing was written.
    pub was_live: bool,
}

/// An approval that an entry leaves without its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Voided {
    /// The version that was approved.
    pub version: Version,
    /// Whose it is.
    pub by: String,
}

/// Makes releases live in an environment, all together or none.
pub fn promote(
    desk: &Desk,
    releases: &[(PromptId, Version)],
    environment: &EnvName,
    reason: Option<&Reason>,
) -> Result<Vec<Moved>> {
    let mut ids: Vec<&PromptId> = releases.iter().map(|(id, _)| id).collect();
    ids.sort();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        let what = format!("promote {} twice in one go", twice[0]);
        return Err(Error::usage(what, "name each prompt once, with the version that is to be live"));
    }
    let hand = desk.hand()?;
    let ids: Vec<PromptId> = ids.into_iter().cloned().collect();
    desk.read(Scope::Prompts(&ids), |ledger| {
        let what = match releases {
            [(id, version)] => format!("promote {id} {version} to {environment}"),
            many => format!("promote {} prompts to {environment}", many.len()),
        };
        known_environment(ledger, environment)?;
        let by = desk.by(&hand, ledger.policy()?, &what)?;
        let mut plans = Vec::new();
        for (id, version) in releases {
            let release = ledger.release(id, version)?.ok_or_else(|| no_release(desk, ledger, id, version))?;
            let intent = PointerIntent {
                environment: environment.clone(),
                prompt: id.clone(),
                action: PointerAction::Promote,
                release: Some(&release),
                by: by.clone(),
                reason: reason.cloned(),
            };
            let plan = ledger.plan_pointer(&intent)?;
            plans.push((before(ledger, environment, id)?, voids(ledger, &plan), plan));
        }
        finish(desk, &hand, &what, plans)
    })
}

/// Moves the pointer of what is live without a new release: back, on hold, out, or sealed.
pub fn turn(
    desk: &Desk,
    action: PointerAction,
    id: &PromptId,
    environment: &EnvName,
    to: Option<&Version>,
    reason: &Reason,
) -> Result<Moved> {
    let hand = desk.hand()?;
    desk.read(Scope::Prompt(id), |ledger| {
        known_environment(ledger, environment)?;
        let by = desk.by(&hand, ledger.policy()?, &format!("{} {id} in {environment}", action.action()))?;
        let release = match to {
            Some(version) => Some(ledger.release(id, version)?.ok_or_else(|| no_release(desk, ledger, id, version))?),
            None => None,
        };
        if to.is_none()
            && let Some(done) = repeated(ledger, action, id, environment, &by, reason)?
        {
            return Ok(done);
        }
        if action == PointerAction::Seal {
            needs_seal(ledger, id, environment)?;
        }
        let intent = PointerIntent {
            environment: environment.clone(),
            prompt: id.clone(),
            action,
            release: release.as_deref(),
            by,
            reason: Some(reason.clone()),
        };
        let what = format!("{} {id} in {environment}", action.action());
        let plan = ledger.plan_pointer(&intent).map_err(|refusal| match refusal.code {
            Code::NotUnderTop if to.is_none() => Error::demand(
                format!("{what}: {}", refusal.detail),
                format!(
                    "there is nothing to go back to. Take it out, if it must go: promptuary retire {id} --env {environment} \
                     --reason \"…\"; or promote another release"
                ),
            ),
            _ => impossible(&what, refusal, || near(desk, ledger, id)),
        })?;
        let moved = finish(desk, &hand, &what, vec![(before(ledger, environment, id)?, voids(ledger, &plan), plan)])?;
        Ok(moved.into_iter().next().expect("one plan gives one answer"))
    })
}

/// The entry that stands already, where this one repeats it word for word: a command that is given again, after a
/// failure say, must not write another, and a rollback must not go one release further. Whoever wants that names the
/// version, or another reason.
fn repeated(
    ledger: &Ledger<'_>,
    action: PointerAction,
    id: &PromptId,
    env: &EnvName,
    by: &By,
    reason: &Reason,
) -> Result<Option<Moved>> {
    let chain = ledger.chain(env, id)?;
    let Some(tip) = chain.tip() else { return Ok(None) };
    let (record, body) = (tip.tag().record(), tip.body());
    let same = body.action == action && record.by == *by && record.reason.as_ref() == Some(reason);
    Ok(same.then(|| Moved {
        prompt: id.clone(),
        environment: env.clone(),
        sequence: body.position.sequence,
        action: body.action,
        version: body.version.clone(),
        content: body.content,
        before: Some(body.version.clone()),
        demands: Vec::new(),
        voids: Vec::new(),
        written: None,
        was_live: true,
    }))
}

/// Refuses a seal that would confirm nothing: no key behind what is live is revoked, and no junk stands after the tip.
fn needs_seal(ledger: &Ledger<'_>, id: &PromptId, env: &EnvName) -> Result<()> {
    let chain = ledger.chain(env, id)?;
    chain.require_live().map_err(|refusal| impossible(&format!("seal {id} in {env}"), refusal, || None))?;
    let revoked = |r: &Refusal| matches!(r.code, Code::TipKeyRevoked | Code::ReleaseKeyRevoked);
    if ledger.objections(&chain, ledger::Depth::Tip)?.iter().any(revoked) || !chain.junk_beyond_tip().is_empty() {
        return Ok(());
    }
    Err(Error::demand(
        format!("seal {id} in {env}: nothing there needs one"),
        "a seal confirms what was made live with a key that is revoked now; promptuary verify names such prompts",
    ))
}

/// A plan, the version that is live before it, and the approvals that it makes void.
type Planned = (Option<Version>, Vec<Voided>, Plan);

fn finish(desk: &Desk, hand: &Hand, what: &str, plans: Vec<Planned>) -> Result<Vec<Moved>> {
    let mut moved: Vec<Moved> =
        plans.iter().map(|(before, voids, plan)| answer(before.clone(), voids.clone(), plan)).collect();
    // A command that is repeated says that it is done; it writes nothing twice.
    let open: Vec<usize> = (0..moved.len()).filter(|i| !moved[*i].was_live).collect();
    let to_write: Vec<Plan> = open.iter().map(|i| plans[*i].2.clone()).collect();
    if to_write.is_empty() {
        return Ok(moved);
    }
    if desk.dry_run {
        return Ok(moved);
    }
    if to_write.iter().any(|plan| !plan.is_ready()) {
        return Err(Error::NotMoved { what: what.to_owned(), moved });
    }
    let written = desk.carry_out(what, hand, &to_write)?;
    for (i, written) in open.into_iter().zip(written) {
        moved[i].written = Some(written);
    }
    Ok(moved)
}

/// The approvals of the number that `plan` takes and does not cite. What cannot be read is nobody's to count.
fn voids(ledger: &Ledger<'_>, plan: &Plan) -> Vec<Voided> {
    let Some(body) = plan.record.pointer() else { return Vec::new() };
    let ballots = ledger.ballots_of(&body.environment, &body.prompt, body.position.sequence).unwrap_or_default();
    let counts = |b: &&ledger::Ballot| {
        b.decision() == Decision::Approve
            && b.expires().is_none_or(|last| last >= plan.time)
            && !body.approvals.contains(&b.tag().digest())
    };
    let named = |b: &ledger::Ballot| {
        let version = ledger.release_at(b.tag().target()).ok()?.body().version.clone();
        Some(Voided { version, by: b.signer.principal.clone() })
    };
    let mut voids: Vec<Voided> = ballots.valid.iter().filter(counts).filter_map(named).collect();
    voids.retain(|voided| voided.version != body.version || body.action != PointerAction::Promote);
    voids.sort();
    voids.dedup();
    voids
}

fn answer(before: Option<Version>, voids: Vec<Voided>, plan: &Plan) -> Moved {
    let body = plan.record.pointer().expect("a pointer's plan holds a pointer");
    // What is live already need not be allowed again.
    let was_live = plan.demands.iter().any(|d| d.refusal.as_ref().is_some_and(|r| r.code == Code::AlreadyLive));
    Moved {
        prompt: body.prompt.clone(),
        environment: body.environment.clone(),
        sequence: body.position.sequence,
        action: body.action,
        version: body.version.clone(),
        content: body.content,
        before,
        demands: plan.demands.clone(),
        voids,
        written: None,
        was_live,
    }
}

fn before(ledger: &Ledger<'_>, environment: &EnvName, id: &PromptId) -> Result<Option<Version>> {
    Ok(ledger.chain(environment, id)?.live().map(|live| live.version.clone()))
}

/// What was asked for does not fit what is live: nobody's fault but the asker's. Any other refusal is the ledger's.
pub(crate) fn impossible(what: &str, refusal: Refusal, near: impl FnOnce() -> Option<PromptId>) -> Error {
    if !matches!(refusal.code, Code::NotUnderTop | Code::NothingLive) {
        return Error::Refused(refusal);
    }
    let near = if refusal.code == Code::NothingLive { near() } else { None };
    let what = format!("{what}: {}", refusal.detail);
    match near {
        // A slip of the finger, as in every other command.
        Some(near) => Error::usage(what, format!("did you mean {near}? (promptuary status shows what is live)")),
        None => Error::demand(what, refusal.remedy()),
    }
}

pub(crate) fn known_environment(ledger: &Ledger<'_>, environment: &EnvName) -> Result<()> {
    let policy = ledger.policy()?;
    if policy.environment(environment).is_some() {
        return Ok(());
    }
    let known: Vec<_> = policy.environments().iter().map(|e| e.name.as_str()).collect();
    Err(Error::usage(
        format!("find the environment `{environment}`: the policy in effect names {}", known.join(", ")),
        "name one of these, or add it to policies/policy.yaml and publish",
    ))
}

/// The prompt of the ledger that `id` may be a slip for, where `id` is none.
pub(crate) fn near(desk: &Desk, ledger: &Ledger<'_>, id: &PromptId) -> Option<PromptId> {
    let known = known_prompts(desk, ledger).ok()?;
    let near = source::nearest::nearest_ids(id.as_str(), known.iter().map(PromptId::as_str));
    let [near] = near.as_slice() else { return None };
    known.iter().find(|known| known.as_str() == *near && *known != id).cloned()
}

pub(crate) fn no_release(desk: &Desk, ledger: &Ledger<'_>, id: &PromptId, version: &Version) -> Error {
    let others = ledger.releases(id).unwrap_or_default();
    let known: Vec<String> = others.iter().filter(|(_, r)| r.is_ok()).map(|(v, _)| v.to_string()).collect();
    let what = match known.as_slice() {
        [] => format!("find the release {id}@{version}: no version of this prompt was released"),
        many => format!("find the release {id}@{version}: released are {}", many.join(", ")),
    };
    let near = if known.is_empty() { near(desk, ledger, id) } else { None };
    let release = || match known.as_slice() {
        [] => format!("release it first: promptuary release {id}"),
        _ => format!("name one of these, or release what is committed: promptuary release {id}"),
    };
    Error::usage(what, near.map_or_else(release, |near| format!("did you mean {near}@{version}?")))
}
