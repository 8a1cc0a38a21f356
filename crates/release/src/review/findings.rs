//! What is wrong with the branch, by the policy it brings and by the one it started from.

use std::collections::BTreeMap;

use check::{Contents, History, Judged, Subject, bump, judging};
use policy::{Loaded, Policy};
use prompt::Prompt;
use source::{Finding, PromptId, Report, Severity, Snapshot, Timestamp, Version};

use super::{Side, Standing};
use crate::desk::Desk;
use crate::error::Result;

/// What is wrong, as far as the branch brings it.
#[derive(Debug, Default)]
pub struct Findings {
    /// What was not there before, or was taken less seriously: errors first, then by place.
    pub new: Vec<Judged>,
    /// Errors that were there before.
    pub errors_before: usize,
    /// Other findings that were there before.
    pub others_before: usize,
    /// Findings that are there no more.
    pub mended: usize,
    /// Whether the branch changes the policy that judges.
    pub two_policies: bool,
}

impl Findings {
    /// Whether any of it fails a check.
    pub fn fails(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many new ones are of `severity`.
    pub fn count(&self, severity: Severity) -> usize {
        self.new.iter().filter(|judged| judged.finding.severity == severity).count()
    }
}

/// What both snapshots are compared with: the base in the place of releases, and what is live without a file.
pub(super) fn history(
    desk: &Desk,
    base: &Side,
    [old, new]: [&Contents<'_>; 2],
    standing: &Standing,
) -> Result<History> {
    let mut history = History::of_revision(old, base.name.as_str());
    if let Some(commit) = base.commit {
        crate::history::add_stable(&desk.repo, commit, &mut history, new)?;
    }
    history.live = standing.in_effect().map_or_else(Vec::new, |known| known.gone.clone());
    Ok(history)
}

/// Judges both snapshots and tells what the branch brings, and which prompts' versions do not say what changed, each with the
/// one that does: by the same comparison, so that the table agrees with the findings.
pub(super) fn compare<'a>(
    now: Timestamp,
    [base, head]: [&'a Side; 2],
    [old, new]: [&'a Contents<'a>; 2],
    loaded: &'a [Option<Loaded>; 2],
    of_suites: Vec<Finding>,
    history: &'a History,
    standing: &Standing,
) -> (Findings, BTreeMap<PromptId, Version>) {
    let [by_base, by_head] = loaded.each_ref().map(|loaded| loaded.as_ref().and_then(|l| l.policy.as_ref()));
    let bench =
        |side: &Side, contents: &Contents<'_>, at: usize| found(&side.snapshot, contents, loaded[at].as_ref(), now);
    let (before, mut after) = (bench(base, old, 0), bench(head, new, 1));
    after.extend(of_suites);
    let subject = |side: &'a Side, contents: &'a Contents<'a>, policy: Option<&'a Policy>, found: &[Finding]| {
        Subject::new(&side.snapshot, contents, policy, history, now).with_findings(found.iter().cloned())
    };
    let two_policies = loaded[0].is_some() && !base.snapshot.is_same_below("policies", &head.snapshot);
    let branch = subject(head, new, by_head, &after);
    let ours = judging::by_one(&branch);
    let theirs = two_policies.then(|| judging::by_one(&branch.with_policy(by_base)));
    let was = judging::by_one(&subject(base, old, by_base, &before));
    let mut findings = apart(judging::joined(&ours, theirs.as_ref()), &was);
    findings.two_policies = two_policies;
    (findings, honest(&branch, standing))
}

fn honest(branch: &Subject<'_>, standing: &Standing) -> BTreeMap<PromptId, Version> {
    let due = |prompt: &Prompt| {
        let due = bump::honest_beside(branch, prompt, standing.releases(&prompt.id))?;
        Some((prompt.id.clone(), due))
    };
    branch.catalog().prompts().filter_map(due).collect()
}

/// What the readers of policies and suites find in a snapshot.
fn found(snapshot: &Snapshot, contents: &Contents<'_>, loaded: Option<&Loaded>, now: Timestamp) -> Vec<Finding> {
    let mut found: Vec<Finding> = loaded.map(|loaded| loaded.findings.clone()).unwrap_or_default();
    let policy = loaded.and_then(|loaded| loaded.policy.as_ref());
    found.extend(crate::suites::findings(snapshot, contents, policy, now));
    found
}

/// What makes two findings the same one, wherever in its file it moved.
type Key = (&'static str, String, String);

fn key(finding: &Finding) -> Key {
    (finding.rule, finding.at.path().to_string(), finding.message.clone())
}

/// Takes out what the base had as well, taken as seriously there.
fn apart(all: Vec<Judged>, was: &Report) -> Findings {
    let mut known: BTreeMap<Key, Vec<Severity>> = BTreeMap::new();
    for finding in was.findings() {
        known.entry(key(finding)).or_default().push(finding.severity);
    }
    let mut findings = Findings::default();
    for judged in all {
        let severity = judged.finding.severity;
        let twin = known.get_mut(&key(&judged.finding)).and_then(|severities| {
            let at = severities.iter().position(|known| *known >= severity)?;
            Some(severities.swap_remove(at))
        });
        match twin {
            Some(Severity::Error) => findings.errors_before += 1,
            Some(_) => findings.others_before += 1,
            None => findings.new.push(judged),
        }
    }
    findings.mended = known.values().map(Vec::len).sum();
    findings.new.sort_by(|a, b| {
        let key = |j: &Judged| (std::cmp::Reverse(j.finding.severity), j.finding.at.path().clone(), j.finding.at.span);
        key(a).cmp(&key(b)).then_with(|| a.finding.rule.cmp(b.finding.rule))
    });
    findings
}
