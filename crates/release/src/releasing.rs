//! Releasing a prompt: the files as committed, judged by the policy in effect, then signed.

use check::{Contents, Subject};
use ledger::demand::Demand;
use ledger::record::{By, Reason};
use ledger::{Ledger, ObjectId, Plan};
use policy::Policy;
use prompt::Catalog;
use source::{BlockName, Digest, Finding, PromptId, RepoPath, Report, Risk, Snapshot, Version};

use crate::desk::{Desk, Written};
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

/// Releases prompts as `rev` (HEAD where absent) holds them, all together or none.
pub fn release(desk: &Desk, ids: &[PromptId], rev: Option<&str>, reason: Option<&Reason>) -> Result<Vec<Release>> {
    if let Some(twice) = ids.iter().enumerate().find_map(|(at, id)| ids[..at].contains(id).then_some(id)) {
        return Err(Error::usage(format!("release {twice} twice in one go"), "name each prompt once"));
    }
    let what = match ids {
        [id] => format!("release {id}"),
        many => format!("release {} prompts", many.len()),
    };
    let commit = commit(desk, &what, rev)?;
    let hand = desk.hand()?;
    desk.read(Scope::Prompts(ids), |ledger| {
        let policy = ledger.policy()?;
        for id in ids {
            reachable(desk, id, policy, commit)?;
        }
        let name = rev.map_or_else(|| format!("commit {}", commit.short()), str::to_owned);
        let snapshot = desk.repo.commit_snapshot(commit, &name)?;
        let report = judged(desk, ledger, policy, &snapshot, ids)?;
        if report.fails() {
            return Err(Error::Findings { what, report });
        }
        let by = desk.by(&hand, policy, &what)?;
        let (mut answers, mut plans) = (Vec::new(), Vec::new());
        for id in ids {
            let (answer, plan) = planned(desk, ledger, &snapshot, commit, id, &by, reason)?;
            plans.extend(plan.map(|plan| (answers.len(), plan)));
            answers.push(answer);
        }
        if let Some(first) = answers.first_mut() {
            first.report = report;
        }
        let what = match (answers.as_slice(), ids) {
            ([one], [id]) => format!("release {id} {}", one.version),
            _ => what,
        };
        let (at, plans): (Vec<usize>, Vec<Plan>) = plans.into_iter().unzip();
        if !plans.is_empty() {
            for (at, written) in at.into_iter().zip(desk.carry_out(&what, &hand, &plans)?) {
                answers[at].written = Some(written);
            }
        }
        Ok(answers)
    })
}

/// What would be written of one prompt; nothing where this very content was released before.
fn planned(
    desk: &Desk,
    ledger: &Ledger<'_>,
    snapshot: &Snapshot,
    commit: ObjectId,
    id: &PromptId,
    by: &By,
    reason: Option<&Reason>,
) -> Result<(Release, Option<Plan>)> {
    let plan = ledger.plan_release(commit, id, by.clone(), reason.cloned())?;
    let body = plan.record.release().expect("a release's plan holds a release").clone();
    let mut answer = Release {
        prompt: id.clone(),
        version: body.version.clone(),
        content: body.content,
        risk: body.risk,
        commit,
        evals: Vec::new(),
        report: Report::default(),
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
        return Ok((answer, None));
    }
    let policy = ledger.policy()?;
    answer.evals = evals::replay(desk, ledger, policy, snapshot, id)?;
    let risk = policy.effective_risk(id, answer.risk, None).risk;
    let required = policy.suite_demand(id, risk).required.is_some();
    match answer.evals.iter().find(|o| o.blocks(required)) {
        Some(failed) => Err(failed.error(id, &body.version)),
        None => Ok((answer, Some(plan))),
    }
}

/// The commit to release from; what is not committed is not released.
fn commit(desk: &Desk, what: &str, rev: Option<&str>) -> Result<ObjectId> {
    if let Some(rev) = rev {
        return Ok(desk.repo.rev_parse(rev)?);
    }
    if !desk.repo.is_bare() {
        let dirty = desk.repo.dirty()?;
        if let Some(first) = dirty.first() {
            let which = match dirty.len() - 1 {
                0 => format!("{} is", first.path),
                more => format!("{} and {more} more are", first.path),
            };
            return Err(Error::demand(
                format!("{what}: {which} not committed"),
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

/// The findings that concern these prompts, by the policy in effect.
fn judged(desk: &Desk, ledger: &Ledger<'_>, policy: &Policy, snapshot: &Snapshot, ids: &[PromptId]) -> Result<Report> {
    let catalog = Catalog::load(snapshot);
    for id in ids {
        if catalog.prompt(id).is_none() && !catalog.findings().iter().any(|f| *f.at.path() == id.path()) {
            let near = source::did_you_mean(id.as_str(), catalog.prompts().map(|prompt| prompt.id.as_str()));
            return Err(Error::usage(
                format!("find the prompt {id} in {}", snapshot.name),
                near.unwrap_or_else(|| format!("its file would be {}", id.path())),
            ));
        }
    }
    let contents = Contents::of(&catalog);
    let history = history(desk, ledger, &contents, |id| !snapshot.files.contains_key(&id.path()))?;
    let subject = Subject::new(snapshot, &contents, Some(policy), &history, desk.now);
    let report = check::check(&subject);
    let blocks: Vec<RepoPath> =
        ids.iter().flat_map(|id| catalog.reach(id).keys().map(BlockName::path).collect::<Vec<_>>()).collect();
    let concerns = |finding: &&Finding| {
        let path = finding.at.path();
        let of = |id: &PromptId| {
            let is_suite = |p: &str| p.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('.'));
            *path == id.path() || path.below("evals").is_some_and(is_suite)
        };
        ids.iter().any(of) || path.as_str() == "prompts/routes.yaml" || blocks.contains(path)
    };
    Ok(Report::new(report.findings().iter().filter(concerns).cloned().collect()))
}
