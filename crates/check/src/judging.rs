//! All rules over one subject, levelled by policy.

use std::collections::BTreeMap;

use policy::{Level, Policy};
use prompt::Prompt;
use prompt::stack::{self, Task};
use source::{Finding, PromptId, Report, Severity};

use crate::catalogue::{Scope, find, rules};
use crate::subject::BasePolicy;
use crate::{Subject, folders};

/// So many prompts are one task.
const BATCH: usize = 128;

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

/// Judges `subject` by every rule of the catalogue, together with what the parsers found: by its policy and, where a base
/// with another one was handed in, by that as well, each finding as seriously as the stricter of both takes it.
pub fn check(subject: &Subject<'_>) -> Report {
    let ours = by_one(subject);
    let Some(base) = &subject.base else { return ours };
    let theirs = by_one(&subject.with_policy(base.policy));
    let (prompts, blocks) = (ours.prompts, ours.blocks);
    let explained = joined(&ours, Some(&theirs)).into_iter().map(|judged| explained(subject, base, judged));
    let mut report = Report::new(explained.collect());
    (report.prompts, report.blocks) = (prompts, blocks);
    report
}

/// Says of a finding that the branch's own policy takes less seriously why it counts.
fn explained(subject: &Subject<'_>, base: &BasePolicy<'_>, judged: Judged) -> Finding {
    let mut finding = judged.finding;
    if judged.by_head.is_some_and(|head| judged.by_base.is_none_or(|base| head >= base)) {
        return finding;
    }
    let id = whose(&finding);
    let said = subject.policy.and_then(|policy| policy.level(finding.rule, id.as_ref()));
    match said {
        Some(said) => {
            let label = format!("this makes it {}, but the policy of `{}` judges too", article(said.value), base.name);
            finding.also.push((said.at, label));
        }
        None => {
            let why = format!("the policy of `{}` judges too, and it demands this", base.name);
            finding.help = Some(finding.help.map_or_else(|| why.clone(), |help| format!("{help} ({why})")));
        }
    }
    finding
}

/// Findings with the severity that each policy gives them; `theirs` is absent where there is one policy only.
pub fn joined(ours: &Report, theirs: Option<&Report>) -> Vec<Judged> {
    let place = |f: &Finding| (f.rule, f.at.path().to_string(), f.message.clone(), f.at.span);
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

/// Judges `subject` by its own policy.
pub fn by_one(subject: &Subject<'_>) -> Report {
    let prompts: Vec<&Prompt> = subject.catalog().prompts().collect();
    let mut findings: Vec<Finding> = subject.catalog().findings().to_vec();
    findings.extend(folders::findings(subject.snapshot, subject.history));
    findings.extend(subject.found.iter().cloned());
    findings.extend(stack::each(&tasks(subject, &prompts)).into_iter().flatten());
    let mut report = Report::new(findings.into_iter().filter_map(|f| levelled(subject, f)).collect());
    report.prompts = subject.catalog().ids().count();
    report.blocks = subject.catalog().block_names().count();
    report
}

/// The long ones, over everything, first; then the prompts in batches.
fn tasks<'t>(subject: &'t Subject<'_>, prompts: &'t [&'t Prompt]) -> Vec<Task<'t, Vec<Finding>>> {
    let mut tasks: Vec<Task<'t, Vec<Finding>>> = Vec::new();
    for rule in rules() {
        if let Scope::All(find) = rule.scope {
            tasks.push(Box::new(move || {
                let mut found = Vec::new();
                find(subject, &mut found);
                found
            }));
        }
    }
    let of_one =
        || rules().iter().filter_map(|rule| if let Scope::Prompt(find) = rule.scope { Some(find) } else { None });
    for batch in prompts.chunks(BATCH) {
        tasks.push(Box::new(move || {
            let mut found = Vec::new();
            for prompt in batch {
                of_one().for_each(|find| find(subject, prompt, &mut found));
            }
            found
        }));
    }
    tasks
}

/// The finding as seriously as policy takes it; `None` where policy switches it off.
fn levelled(subject: &Subject<'_>, finding: Finding) -> Option<Finding> {
    levelled_by(finding, subject.policy.as_slice())
}

/// The finding as seriously as the strictest of `policies` takes it; `None` where all of them switch it off.
pub fn levelled_by(mut finding: Finding, policies: &[&Policy]) -> Option<Finding> {
    let Some(rule) = find(finding.rule) else { return Some(finding) };
    let id = whose(&finding);
    let asked = policies.iter().filter(|_| !rule.is_fixed()).map(|policy| policy.level(rule.id, id.as_ref()));
    let said = asked.max_by_key(|said| said.as_ref().map_or(rule.level, |said| said.value)).flatten();
    finding.severity = said.as_ref().map_or(rule.level, |said| said.value).severity()?;
    if let Some(said) = said.filter(|said| said.value != rule.level) {
        finding.also.push((said.at, format!("policy makes this {}", article(said.value))));
    }
    Some(finding)
}

/// The prompt that `finding` is about: that of its file, or the one that its suite tests.
fn whose(finding: &Finding) -> Option<PromptId> {
    let path = finding.at.path();
    PromptId::of_path(path).and_then(Result::ok).or_else(|| PromptId::of_suite(path))
}

fn article(level: Level) -> &'static str {
    match level {
        Level::Off => "nothing",
        Level::Note => "a note",
        Level::Warning => "a warning",
        Level::Error => "an error",
    }
}
