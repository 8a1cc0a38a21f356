//! Releasing a prompt: the files as committed, judged by the policy in effect, then signed.

use check::{Contents, Subject};
use ledger::demand::Demand;
use ledger::record::Reason;
use ledger::{Ledger, ObjectId};
use policy::Policy;
use prompt::Catalog;
use source::{BlockName, Digest, Finding, PromptId, RepoPath, Report, Risk, Snapshot, Version};

use crate::desk::{Desk, Hand, Written};
use crate::error::{Error, Result};
use crate::evals::{self, Outcome};
use crate::history::history;
use crate::reading::Scope;

/// A release that was written, or would be.
#[derive(Debug, serde::Serialize)]
pub struct Release {
    /// The prompt.
    pub prompt: PromptId,
    /// Its version.
    pub version: Version,
    /// Its content.
    pub content: Digest,
    /// Its risk, as its front matter says.
    pub risk: Risk,
    /// The commit.
    pub commit: ObjectId,
    /// The suites that were replayed, each with its verdict.
    pub evals: Vec<Outcome>,
    /// Findings that are no errors.
    #[serde(skip)]
    pub report: Report,
    /// Every demand.
    pub demands: Vec<Demand>,
    /// The entry; absent after a dry run, and where the release existed.
    pub written: Option<Written>,
    /// Whether this very content had been released under this version before.
    pub existed: bool,
}

/// Releases `id` as `rev` (HEAD where absent) holds it.
pub fn release(desk: &Desk, id: &PromptId, rev: Option<&str>, reason: Option<&Reason>) -> Result<Release> {
    let commit = commit(desk, id, rev)?;
    let hand = desk.hand()?;
    desk.read(Scope::Prompt(id), |ledger| {
        let policy = ledger.policy()?;
        reachable(desk, id, policy, commit)?;
        let name = rev.map_or_else(|| format!("commit {}", commit.short()), str::to_owned);
        let snapshot = desk.repo.commit_snapshot(commit, &name)?;
        let report = judged(desk, ledger, policy, &snapshot, id)?;
        if report.fails() {
            return Err(Error::Findings { what: format!("release {id}"), report });
        }
        write(desk, ledger, &hand, &snapshot, commit, id, reason, report)
    })
}

#[expect(clippy::too_many_arguments, reason = "each is one thing that the entry rests on")]
fn write(
    desk: &Desk,
    ledger: &Ledger<'_>,
    hand: &Hand,
    snapshot: &Snapshot,
    commit: ObjectId,
    id: &PromptId,
    reason: Option<&Reason>,
    report: Report,
) -> Result<Release> {
    let policy = ledger.policy()?;
    let by = desk.by(hand, policy, &format!("release {id}"))?;
    let plan = ledger.plan_release(commit, id, by, reason.cloned())?;
    let body = plan.record.release().expect("a release's plan holds a release").clone();
    let mut answer = Release {
        prompt: id.clone(),
        version: body.version.clone(),
        content: body.content,
        risk: body.risk,
        commit,
        evals: Vec::new(),
        report,
        demands: plan.demands.clone(),
        written: None,
        existed: false,
    };
    let known = ledger.release(id, &body.version).map_err(|refusal| match ledger.is_inherited(&refusal) {
        true => Error::demand(
            format!("release {id} {}: the ledger that was inherited here has this version", body.version),
            "raise the version in the prompt's front matter, commit, and release that",
        ),
        false => Error::Refused(refusal),
    })?;
    if let Some(known) = known {
        if (known.body().content, known.body().risk) != (body.content, body.risk) {
            return Err(Error::demand(
                format!("release {id} {}: this version was released with another content", body.version),
                format!("raise the version (promptuary bump {id}), commit, and release that"),
            ));
        }
        (answer.existed, answer.commit) = (true, *known.commit());
        return Ok(answer);
    }
    answer.evals = evals::replay(policy, snapshot, &Catalog::load(snapshot), id, desk.now)?;
    let risk = policy.effective_risk(id, answer.risk, None).risk;
    let required = policy.suite_demand(id, risk).required.is_some();
    if let Some(failed) = answer.evals.iter().find(|o| o.blocks(required)) {
        return Err(failed.error(id, &body.version));
    }
    let what = format!("release {id} {}", body.version);
    answer.written = desk.carry_out(&what, hand, &[plan])?.into_iter().next();
    Ok(answer)
}

/// The commit to release from; what is not committed is not released.
fn commit(desk: &Desk, id: &PromptId, rev: Option<&str>) -> Result<ObjectId> {
    if let Some(rev) = rev {
        return Ok(desk.repo.rev_parse(rev)?);
    }
    if !desk.repo.is_bare() {
        let dirty = desk.repo.dirty()?;
        if let Some(first) = dirty.first() {
            let what = match dirty.len() - 1 {
                0 => format!("{} is", first.path),
                more => format!("{} and {more} more are", first.path),
            };
            return Err(Error::demand(
                format!("release {id}: {what} not committed"),
                "commit or stash it first; or name a commit with --rev",
            ));
        }
    }
    Ok(desk.repo.head()?.commit()?)
}

/// Refuses a commit that is not on the branch that policy releases from.
fn reachable(desk: &Desk, id: &PromptId, policy: &Policy, commit: ObjectId) -> Result<()> {
    let from = policy.release_demands(id, Risk::Low).from.map(|from| from.value);
    let (branch, tip, push) = match (&desk.remote, from) {
        (Some(remote), None) => {
            let (branch, tip) = desk.repo.remote_default_branch(remote)?;
            (format!("{}/{branch}", remote.name), tip, Some(format!("git push {} HEAD:{branch}", remote.name)))
        }
        (Some(remote), Some(branch)) => {
            let tip = desk.repo.remote_branch_tip(remote, &branch)?;
            (format!("{}/{branch}", remote.name), tip, Some(format!("git push {} HEAD:{branch}", remote.name)))
        }
        (None, Some(branch)) => {
            let tip = desk.repo.rev_parse(&format!("refs/heads/{branch}"))?;
            (branch, tip, None)
        }
        (None, None) => ("HEAD".to_owned(), desk.repo.head()?.commit()?, None),
    };
    if desk.repo.is_ancestor(commit, tip)? {
        return Ok(());
    }
    let remedy = push.map_or_else(
        || format!("merge the commit into {branch} first"),
        |push| format!("publish the commit first: {push}; or merge it into {branch}"),
    );
    Err(Error::demand(format!("release {id}: commit {} is not on {branch}", commit.short()), remedy))
}

/// The findings that concern one prompt, by the policy in effect.
fn judged(desk: &Desk, ledger: &Ledger<'_>, policy: &Policy, snapshot: &Snapshot, id: &PromptId) -> Result<Report> {
    let catalog = Catalog::load(snapshot);
    if catalog.prompt(id).is_none() && !catalog.findings().iter().any(|f| *f.at.path() == id.path()) {
        let near = source::nearest(id.as_str(), catalog.prompts().map(|prompt| prompt.id.as_str()));
        return Err(Error::usage(
            format!("find the prompt {id} in {}", snapshot.name),
            near.map_or_else(|| format!("its file would be {}", id.path()), |near| format!("did you mean {near}?")),
        ));
    }
    let contents = Contents::of(&catalog);
    let history = history(desk, ledger, &contents, |id| !snapshot.files.contains_key(&id.path()))?;
    let subject = Subject::new(snapshot, &contents, Some(policy), &history, desk.now);
    let report = check::check(&subject);
    let blocks: Vec<RepoPath> = catalog.reach(id).keys().map(BlockName::path).collect();
    let concerns = |finding: &&Finding| {
        let path = finding.at.path();
        let suite =
            path.below("evals").is_some_and(|p| p.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('.')));
        *path == id.path() || path.as_str() == "prompts/routes.yaml" || suite || blocks.contains(path)
    };
    Ok(Report::new(report.findings().iter().filter(concerns).cloned().collect()))
}
