//! Whether a suite's cases fit its prompt's inputs: found out before anybody is asked.

use std::collections::{BTreeMap, BTreeSet};

use prompt::{Compiled, RenderError, Renderer};
use serde_json::{Map, Value};
use source::{Finding, Severity, nearest};

use super::{Case, Suite};
use crate::rules;

/// Variables that model-graded assertions read by name.
const READ_BY_GRADERS: [&str; 2] = ["query", "context"];

pub(super) fn findings(suite: &Suite, compiled: &Compiled, renderer: &Renderer) -> Vec<Finding> {
    let inputs: BTreeSet<&str> = compiled.inputs.iter().map(|i| i.name.as_str()).collect();
    let mut findings = Vec::new();
    let mut unused: BTreeMap<&str, (&Case, usize)> = BTreeMap::new();
    let mut faults: BTreeMap<String, (&Case, usize)> = BTreeMap::new();
    let stratum = suite.sample.as_ref().and_then(|s| s.stratify_by.as_deref());
    for case in &suite.cases {
        let referred: BTreeSet<&str> = case
            .asserts
            .iter()
            .flat_map(|i| i.asserts())
            .flat_map(crate::assertion::Assertion::templates)
            .flat_map(crate::reference::Template::variables)
            .collect();
        let used = |name: &str| {
            inputs.contains(name) || referred.contains(name) || READ_BY_GRADERS.contains(&name) || Some(name) == stratum
        };
        for name in case.vars.keys().filter(|name| !used(name)) {
            unused.entry(name).or_insert((case, 0)).1 += 1;
        }
        if case.stored.is_none()
            && let Err(error) = renderer.render(&fit_vars(compiled, &case.vars))
        {
            for message in clauses(&error) {
                faults.entry(message).or_insert((case, 0)).1 += 1;
            }
        }
    }
    for (message, (case, count)) in faults {
        let message = format!("{message}{}", others(case, count));
        let help = "correct the value under `vars`; CSV holds texts only, JSONL holds any type";
        findings.push(Finding::new(rules::INPUT_INVALID, case.at.clone(), message).help(help));
    }
    for (name, (case, count)) in unused {
        let message = format!("neither the prompt nor an assertion uses `{name}`{}", others(case, count));
        let near = nearest::nearest(name, inputs.iter().copied());
        let (severity, help) = match near {
            Some(near) => (Severity::Error, format!("did you mean `{near}`?")),
            None => (Severity::Warning, "remove it, or keep it under `metadata`".to_owned()),
        };
        findings.push(Finding::new(rules::VARIABLE_UNUSED, case.at.clone(), message).help(help).severity(severity));
    }
    findings
}

/// The variables that the prompt takes.
pub fn fit_vars(compiled: &Compiled, vars: &Map<String, Value>) -> Map<String, Value> {
    let takes = |name: &str| compiled.inputs.iter().any(|i| i.name == name);
    vars.iter().filter(|(name, _)| takes(name)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn clauses(error: &RenderError) -> Vec<String> {
    match error {
        RenderError::Inputs(faults) => faults.iter().map(|f| format!("input `{}` {}", f.name, f.message)).collect(),
        other => vec![format!("could not {other}")],
    }
}

fn others(case: &Case, count: usize) -> String {
    match count {
        1 => format!(" (case `{}`)", case.id),
        n => format!(" (case `{}` and {} more)", case.id, n - 1),
    }
}
