//! Putting policy in effect: the first entry of a ledger, the next, and approvals of the next.

use ledger::record::{By, Link, PointerAction, Reason, Root};
use ledger::{Code, CommitContents, Ledger, LostTarget, ObjectId, Refusal, SignedTag};
use ledger::{Plan, PointerIntent, PolicyPlan, Under};
use policy::Policy;
use source::{Digest, EnvName, PromptId};

use crate::behind::{self, Standing};
use crate::desk::{Desk, Hand, Written};
use crate::error::{Error, Result};
use crate::reading::Scope;

/// What publishing came to.
#[derive(Debug)]
pub struct Published {
    /// The policy's number.
    pub sequence: ledger::Sequence,
    /// The commit whose documents it binds.
    pub commit: ObjectId,
    /// The demands, all met.
    pub demands: Vec<ledger::demand::Demand>,
    /// The entries, the policy first, then the seals; empty after a dry run.
    pub written: Vec<Written>,
    /// What was sealed, or would be.
    pub seals: Vec<(EnvName, PromptId)>,
    /// What rollbacks can no longer go to, or could not.
    pub lost: Vec<LostTarget>,
    /// Whether this is the first policy of the ledger: the root of trust.
    pub is_root: bool,
    /// Whether these very documents are in effect already, so that nothing was written.
    pub was_published: bool,
    /// Why some of what it changes may be no change but something that the commit does not know of.
    pub behind: Option<String>,
    /// The remote that has the commit on no branch.
    pub unpushed: Option<String>,
    /// Whether a single maintainer stands between nobody and everything.
    pub lone_maintainer: bool,
}

/// Puts the documents of `rev` (HEAD where absent) in effect.
pub fn publish(desk: &Desk, rev: Option<&str>, reason: Option<Reason>) -> Result<Published> {
    let (commit, root) = committed(desk, rev)?;
    let hand = desk.hand()?;
    // Only a revocation looks at what is live.
    let scope = if revokes(desk, rev).unwrap_or(true) { Scope::All } else { Scope::Policy };
    let done = desk.read(scope, |ledger| {
        let digest = ledger::Contents::policy(&CommitContents(&desk.repo), &commit, &root).ok().map(|f| f.documents);
        let standing = behind::standing(desk, ledger, commit, digest);
        if rev.is_none() && standing == Standing::Before {
            return Err(older(ledger, commit));
        }
        let behind = behind::note(ledger, commit, standing);
        let lost = ledger.targets_lost(&documents(desk, commit, &root)?)?;
        Ok(Published { behind, lost, ..next(desk, ledger, &hand, commit, &root, reason.clone())? })
    });
    let done = match done {
        Err(Error::NoLedger) => first(desk, &hand, commit, &root, reason),
        Err(Error::Refused(refusal)) if refusal.code == Code::RootMissing => first(desk, &hand, commit, &root, reason),
        other => other,
    }?;
    Ok(Published { unpushed: behind::unpushed(desk, commit), ..done })
}

/// The refusal to put back by accident what was in effect before: a clone that was not pulled would.
fn older(ledger: &Ledger<'_>, commit: ObjectId) -> Error {
    let current = ledger.policies().current();
    let (n, target) = (current.link().sequence, current.tag().target().short());
    let here = commit.short();
    Error::demand(
        format!("publish policy: commit {here} is older than {target}, from which policy {n} was published"),
        format!("git pull, then publish again; to go back to it on purpose: promptuary policy publish --rev {here}"),
    )
}

/// Whether the documents of `rev` revoke a key that the policy in effect does not: then what is live may need a seal.
pub(crate) fn revokes(desk: &Desk, rev: Option<&str>) -> Result<bool> {
    let (commit, root) = committed(desk, rev)?;
    let new = documents(desk, commit, &root)?;
    desk.look(Scope::Policy, |ledger| Ok(ledger.newly_revokes(&new)?))
}

/// The commit to publish, and where its prompt root lies. What is not committed is not published.
pub(crate) fn committed(desk: &Desk, rev: Option<&str>) -> Result<(ObjectId, Root)> {
    let commit = match rev {
        Some(rev) => desk.repo.rev_parse(rev)?,
        None => {
            if !desk.repo.is_bare()
                && let Some(dirty) = desk.repo.dirty()?.into_iter().find(|d| d.path.below("policies").is_some())
            {
                return Err(Error::demand(
                    format!("publish policy: {} is not committed", dirty.path),
                    "commit it first: git add policies && git commit",
                ));
            }
            desk.repo.head()?.commit()?
        }
    };
    let root = if desk.repo.root().is_empty() { "." } else { desk.repo.root() };
    match root.parse() {
        Ok(root) => Ok((commit, root)),
        Err(e) => Err(Error::usage(e.to_string(), "rename the folder")),
    }
}

fn first(desk: &Desk, hand: &Hand, commit: ObjectId, root: &Root, reason: Option<Reason>) -> Result<Published> {
    // A second root would part this clone from everybody else.
    for prefix in ["policy@", "prompt/", "env/", "approval/", "evidence/"] {
        if let Some(tag) = desk.repo.tags(prefix)?.first() {
            let detail = format!("`policy@00000001` is not here, but {} is: this ledger has begun elsewhere", tag.name);
            return Err(Error::Refused(Refusal::new(Code::RootMissing, detail)));
        }
    }
    begin(desk, hand, commit, root, reason)
}

/// Signs the first policy of a ledger, behind every policy tag that is here.
pub(crate) fn begin(
    desk: &Desk,
    hand: &Hand,
    commit: ObjectId,
    root: &Root,
    reason: Option<Reason>,
) -> Result<Published> {
    let contents = CommitContents(&desk.repo);
    let judge = desk.judge(&contents);
    let documents = documents(desk, commit, root)?;
    let by = desk.by(hand, &documents, "publish policy").map_err(|e| match e {
        Error::Denied { refusal, .. } if refusal.code == Code::KeyUnknown => Error::demand(
            format!(
                "publish policy: your signing key {} stands in nobody's list in policies/principals.yaml",
                hand.key
            ),
            "add the key there as a maintainer's and commit, or sign with a key that is listed",
        ),
        other => other,
    })?;
    let plan = PolicyPlan::first(&judge, commit, root, by, reason)?;
    let written = desk.carry_out("publish policy", hand, std::slice::from_ref(&plan.plan))?;
    if let Some(entry) = written.first() {
        desk.remember_first(Link { sequence: sequence(&plan), digest: entry.entry });
    }
    Ok(published(&plan, commit, written, Vec::new(), true))
}

/// The documents of the commit, with every fault in them where they cannot be used.
pub(crate) fn documents(desk: &Desk, commit: ObjectId, root: &Root) -> Result<Policy> {
    use source::Objects as _;
    let files = desk.repo.files(&commit, root.folder()).map_err(|e| Refusal::new(Code::Unreadable, e.to_string()))?;
    let files = files.ok_or_else(|| Refusal::new(Code::ObjectMissing, format!("commit {commit} is not here")))?;
    let loaded = Policy::load(&*files);
    match loaded.policy {
        Some(policy) => Ok(policy),
        None => {
            Err(Error::Findings { what: "publish policy".to_owned(), report: source::Report::new(loaded.findings) })
        }
    }
}

fn next(
    desk: &Desk,
    ledger: &Ledger<'_>,
    hand: &Hand,
    commit: ObjectId,
    root: &Root,
    reason: Option<Reason>,
) -> Result<Published> {
    documents(desk, commit, root)?;
    let by = desk.by(hand, ledger.policy()?, "publish policy")?;
    let plan = ledger.plan_policy(commit, root, by.clone(), reason)?;
    let unchanged = |d: &ledger::Demand| d.refusal.as_ref().is_some_and(|r| r.code == Code::AlreadyLive);
    let seals = planned_seals(desk, ledger, &plan, &by)?;
    let unmet = seals.iter().flat_map(|seal| seal.unmet().cloned());
    let demands: Vec<ledger::Demand> = plan.plan.demands.iter().cloned().chain(unmet).collect();
    if desk.dry_run || plan.plan.demands.iter().any(unchanged) {
        let seals = plan.seals.iter().map(|(env, id, _)| (env.clone(), id.clone())).collect();
        let mut answer = published(&plan, commit, Vec::new(), seals, false);
        answer.demands = demands;
        answer.was_published = plan.plan.demands.iter().any(unchanged);
        if answer.was_published {
            answer.sequence = ledger.policies().current().link().sequence;
        }
        return Ok(answer);
    }
    if demands.iter().any(|demand| !demand.is_met()) {
        return Err(Error::Unmet { what: format!("publish policy {}", sequence(&plan)), demands });
    }
    let mut entries: Vec<SignedTag> = vec![desk.sign(hand, &plan.plan)?];
    for seal in &seals {
        entries.push(desk.sign(hand, seal)?);
    }
    let written = desk.publish(&entries)?;
    let seals = plan.seals.iter().map(|(env, id, _)| (env.clone(), id.clone())).collect();
    Ok(published(&plan, commit, written, seals, false))
}

/// The seals that a policy brings along, under that very policy: what is signed of it is known before it is signed.
fn planned_seals(desk: &Desk, ledger: &Ledger<'_>, plan: &PolicyPlan, by: &By) -> Result<Vec<Plan>> {
    if plan.seals.is_empty() {
        return Ok(Vec::new());
    }
    let identity = desk.repo.identity()?;
    let draft = plan.plan.draft(&identity.name, &identity.email);
    let draft =
        draft.map_err(|e| Error::usage(e.to_string(), "mend user.name and user.email in git's configuration"))?;
    let link = Link { sequence: sequence(plan), digest: Digest::of(&draft.payload()?) };
    let under = Under { link, time: plan.plan.time, policy: &plan.policy };
    let mut seals = Vec::new();
    for (env, id, why) in &plan.seals {
        let intent = PointerIntent {
            environment: env.clone(),
            prompt: id.clone(),
            action: PointerAction::Seal,
            release: None,
            by: by.clone(),
            reason: Some(seal_reason(link, why)?),
        };
        seals.push(ledger.plan_pointer_under(&intent, &under)?);
    }
    Ok(seals)
}

fn seal_reason(policy: Link, why: &Refusal) -> Result<Reason> {
    let text = format!("policy {} revokes a key behind it: {}", policy.sequence, why.code);
    Reason::new(&text).map_err(|e| Error::usage(e.to_string(), "seal it by hand"))
}

fn sequence(plan: &PolicyPlan) -> ledger::Sequence {
    plan.plan.record.position().map_or(ledger::Sequence::FIRST, |p| p.sequence)
}

fn published(
    plan: &PolicyPlan,
    commit: ObjectId,
    written: Vec<Written>,
    seals: Vec<(EnvName, PromptId)>,
    is_root: bool,
) -> Published {
    let maintainers = plan.policy.principals().iter().filter(|p| p.maintainer && !p.automation).count();
    Published {
        sequence: sequence(plan),
        commit,
        demands: plan.plan.demands.clone(),
        written,
        seals,
        lost: Vec::new(),
        is_root,
        was_published: false,
        behind: None,
        unpushed: None,
        lone_maintainer: maintainers < 2,
    }
}
