//! What is wrong with the branch, by the policy it brings and by the one it started from.

use std::collections::BTreeMap;

use check::{Contents, History, Subject};
use policy::{Loaded, Policy};
use source::{Finding, Report, Severity, Snapshot, Timestamp};

use super::{Side, Standing};

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

/// A finding and how seriously each policy takes it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The finding, as seriously as the stricter policy takes it.
    pub finding: Finding,
    /// By the base's policy; absent where that does not report it.
    pub by_base: Option<Severity>,
    /// By the branch's own policy; absent where that does not report it.
    pub by_head: Option<Severity>,
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
pub(super) fn history(base: &Side, old: &Contents<'_>, standing: &Standing) -> History {
    let mut history = History::of_revision(old, base.name.as_str());
    history.live = standing.in_effect().map_or_else(Vec::new, |known| known.gone.clone());
    history
}

/// Judges both snapshots and tells what the branch brings.
pub(super) fn compare<'a>(
    now: Timestamp,
    [base, head]: [&'a Side; 2],
    [old, new]: [&'a Contents<'a>; 2],
    loaded: &'a [Option<Loaded>; 2],
    history: &'a History,
) -> Findings {
    let [by_base, by_head] = loaded.each_ref().map(|loaded| loaded.as_ref().and_then(|l| l.policy.as_ref()));
    let bench = |side: &Side, contents: &Contents<'_>, at: usize| found(&side.snapshot, contents, loaded[at].as_ref());
    let (before, after) = (bench(base, old, 0), bench(head, new, 1));
    let judge = |side: &'a Side, contents: &'a Contents<'a>, policy: Option<&'a Policy>, found: &[Finding]| {
        let subject = Subject::new(&side.snapshot, contents, policy, history, now);
        check::check(&subject.with_findings(found.iter().cloned()))
    };
    let two_policies = loaded[0].is_some() && !same_policies(&base.snapshot, &head.snapshot);
    let ours = judge(head, new, by_head, &after);
    let theirs = two_policies.then(|| judge(head, new, by_base, &after));
    let was = judge(base, old, by_base, &before);
    let mut findings = apart(joined(&ours, theirs.as_ref()), &was);
    findings.two_policies = two_policies;
    findings
}

/// What the readers of policies and suites find in a snapshot.
fn found(snapshot: &Snapshot, contents: &Contents<'_>, loaded: Option<&Loaded>) -> Vec<Finding> {
    let mut found: Vec<Finding> = loaded.map(|loaded| loaded.findings.clone()).unwrap_or_default();
    for path in eval::suite::paths(snapshot).unwrap_or_default() {
        found.extend(super::evals::findings(snapshot, contents, &path));
    }
    found
}

fn same_policies(a: &Snapshot, b: &Snapshot) -> bool {
    let files = |of: &Snapshot| of.below("policies").map(|(p, f)| (p.clone(), f.bytes.clone())).collect::<Vec<_>>();
    files(a) == files(b)
}

/// What makes two findings the same one, wherever in its file it moved.
type Key = (&'static str, String, String);

fn key(finding: &Finding) -> Key {
    (finding.rule, finding.at.path().to_string(), finding.message.clone())
}

/// Findings with the severity that each policy gives them; `theirs` is absent where there is one policy only.
fn joined(ours: &Report, theirs: Option<&Report>) -> Vec<Judged> {
    let place = |f: &Finding| (key(f), f.at.span);
    let mut all = BTreeMap::new();
    for finding in ours.findings() {
        let judged = Judged {
            finding: finding.clone(),
            by_base: theirs.is_none().then_some(finding.severity),
            by_head: Some(finding.severity),
        };
        all.insert(place(finding), judged);
    }
    for finding in theirs.into_iter().flat_map(Report::findings) {
        let known = all.entry(place(finding)).or_insert_with(|| Judged {
            finding: finding.clone(),
            by_base: None,
            by_head: None,
        });
        known.by_base = Some(finding.severity);
        if finding.severity > known.finding.severity {
            known.finding = finding.clone();
        }
    }
    all.into_values().collect()
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
