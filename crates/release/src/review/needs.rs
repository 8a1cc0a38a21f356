//! What releasing and promoting a prompt needs, in the words of the policy that rules.

use std::collections::BTreeMap;

use policy::Policy;
use prompt::Prompt;
use source::Risk;

use super::LiveAt;

/// What releasing and promoting a prompt needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Needs {
    /// The risk that decides: the highest of its own, its families' and of what is live.
    pub risk: Risk,
    /// Statements by section: `suite`, `release`, `to prod`; sections without any are left out.
    pub steps: Vec<Step>,
}

/// One step of a release on its way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Step {
    /// `suite`, `release`, or an environment as `to prod`.
    pub section: String,
    /// Who may do it, sorted.
    pub by: Vec<String>,
    /// What it must bring, in policy's order: clauses.
    pub says: Vec<String>,
}

/// What `policy` asks of `prompt`, which is live as `live` says.
pub(super) fn of(prompt: &Prompt, policy: &Policy, live: &[LiveAt]) -> Needs {
    let id = &prompt.id;
    let risks: BTreeMap<_, _> = live.iter().map(|at| (at.environment.clone(), at.risk)).collect();
    let explained = policy.explain(id, prompt.front_matter.risk, &risks);
    let highest = risks.values().max().copied();
    let mut steps: Vec<Step> = Vec::new();
    for row in explained.rows.iter().filter(|row| is_step(&row.section)) {
        if steps.last().is_none_or(|step| step.section != row.section) {
            steps.push(Step { section: row.section.clone(), by: Vec::new(), says: Vec::new() });
        }
        let Some(step) = steps.last_mut() else { continue };
        match row.says.strip_prefix("by ") {
            Some(name) => step.by.push(name.to_owned()),
            None => step.says.push(row.says.clone()),
        }
    }
    steps.iter_mut().for_each(|step| step.by.sort());
    Needs { risk: policy.effective_risk(id, prompt.front_matter.risk, highest).risk, steps }
}

fn is_step(section: &str) -> bool {
    section == "suite" || section == "release" || section.starts_with("to ")
}
