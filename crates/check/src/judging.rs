//! All rules over one subject, levelled by policy.

use policy::Level;
use prompt::Prompt;
use prompt::stack::{self, Task};
use source::{Finding, PromptId, Report};

use crate::Subject;
use crate::catalogue::{Scope, find, rules};

/// So many prompts are one task.
const BATCH: usize = 128;

/// Judges `subject` by every rule of the catalogue, together with what the parsers found.
pub fn check(subject: &Subject<'_>) -> Report {
    let prompts: Vec<&Prompt> = subject.catalog().prompts().collect();
    let mut findings: Vec<Finding> = subject.catalog().findings().to_vec();
    findings.extend(subject.found.iter().cloned());
    findings.extend(stack::each(&tasks(subject, &prompts)).into_iter().flatten());
    let mut report = Report::new(findings.into_iter().filter_map(|f| levelled(subject, f)).collect());
    report.prompts = prompts.len();
    report.blocks = subject.catalog().blocks().count();
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
fn levelled(subject: &Subject<'_>, mut finding: Finding) -> Option<Finding> {
    let Some(rule) = find(finding.rule) else { return Some(finding) };
    let id = PromptId::of_path(finding.at.path()).and_then(Result::ok);
    let said = subject.policy.filter(|_| !rule.is_fixed()).and_then(|policy| policy.level(rule.id, id.as_ref()));
    finding.severity = said.as_ref().map_or(rule.level, |said| said.value).severity()?;
    if let Some(said) = said.filter(|said| said.value != rule.level) {
        finding.also.push((said.at, format!("policy makes this {}", article(said.value))));
    }
    Some(finding)
}

fn article(level: Level) -> &'static str {
    match level {
        Level::Off => "nothing",
        Level::Note => "a note",
        Level::Warning => "a warning",
        Level::Error => "an error",
    }
}
