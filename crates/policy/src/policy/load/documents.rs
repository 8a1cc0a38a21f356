//! What each document must be in itself: formats, sizes, and that selectors make sense.

use source::{Finding, ModelName, RepoPath, Severity};

use crate::document::models::ModelsDocument;
use crate::document::policy::{Gate, PolicyDocument};
use crate::document::principals::PrincipalsDocument;
use crate::policy::FORMAT;
use crate::policy::sheet::Sheet;

pub(super) fn validate(
    rules: &Sheet<PolicyDocument>,
    models: &Sheet<ModelsDocument>,
    people: &Sheet<PrincipalsDocument>,
    findings: &mut Vec<Finding>,
) {
    super::unknown_format(rules, rules.document.format, findings);
    super::unknown_format(models, models.document.format, findings);
    super::unknown_format(people, people.document.format, findings);
    root(rules, findings);
    min_format(rules, findings);
    branch(rules, findings);
    phrases(rules, findings);
    evidence(rules, models, findings);
}

fn invalid(rules: &Sheet<PolicyDocument>, path: &[&str], message: String, help: &str) -> Finding {
    Finding::new("value-invalid", rules.place(path), message).help(help)
}

fn root(rules: &Sheet<PolicyDocument>, findings: &mut Vec<Finding>) {
    let Some(root) = &rules.document.root else { return };
    if root != "." && RepoPath::new(root).is_err() {
        let message = format!("`{root}` is not a folder below the top of the repository");
        findings.push(invalid(rules, &["root"], message, "write `.` or a path such as `services/ai`"));
    }
}

fn min_format(rules: &Sheet<PolicyDocument>, findings: &mut Vec<Finding>) {
    let Some(least) = rules.document.min_format.filter(|least| !(1..=FORMAT).contains(least)) else { return };
    let message = format!("no record of format {least} exists, the newest is {FORMAT}");
    findings.push(invalid(rules, &["min_format"], message, "write `1`, or leave the line out"));
}

/// The part of git's rules for branch names that keeps a policy from naming something else than a branch.
fn branch(rules: &Sheet<PolicyDocument>, findings: &mut Vec<Finding>) {
    let Some(branch) = &rules.document.release.from else { return };
    let odd = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let misplaced = branch.starts_with(['-', '/']) || branch.ends_with(['/', '.']) || branch.ends_with(".lock");
    let sound = !branch.is_empty() && !branch.contains(odd) && !branch.contains("..") && !branch.contains("@{");
    if !sound || misplaced || branch.contains("//") || branch.starts_with("refs/") {
        let message = format!("`{branch}` is not a branch name");
        findings.push(invalid(rules, &["release", "from"], message, "write the short name, such as `main`"));
    }
}

fn phrases(rules: &Sheet<PolicyDocument>, findings: &mut Vec<Finding>) {
    for (at, phrase) in rules.document.banned_phrases.iter().enumerate() {
        if phrase.phrase.trim().is_empty() {
            let path = ["banned_phrases", &at.to_string(), "phrase"];
            findings.push(invalid(rules, &path, "an empty phrase bans nothing".to_owned(), "write the phrase"));
        }
    }
}

fn evidence(rules: &Sheet<PolicyDocument>, models: &Sheet<ModelsDocument>, findings: &mut Vec<Finding>) {
    for (at, rule) in rules.document.evidence.iter().enumerate() {
        let at = at.to_string();
        if rule.at == Gate::Release && !rule.environments.is_empty() {
            let message = "a release belongs to no environment".to_owned();
            let help = "remove `environments`, or write `at: promotion`";
            findings.push(invalid(rules, &["evidence", &at, "environments"], message, help));
        }
        let pins = ["evidence", &at, "pinned_suites"];
        if rule.pinned_suites.is_empty() && rules.root.at(&pins).is_some() {
            let message = "no suite is pinned, so that any would do".to_owned();
            let help = "name one, as `promptuary evidence ID --run N` prints it, or remove `pinned_suites`";
            findings.push(invalid(rules, &pins, message, help).severity(Severity::Warning));
        }
        for (path, pin) in &rule.pinned_suites {
            let sound = RepoPath::new(path).is_ok() && path.starts_with("evals/") && path.ends_with(".yaml");
            if !sound {
                let place = rules.key_place(&["evidence", &at, "pinned_suites", path]);
                let message = format!("`{path}` is not the path of a suite");
                let help = "write it from the prompt root: `evals/support/triage.yaml`";
                findings.push(Finding::new("value-invalid", place, message).help(help));
            }
            for (key, model) in [("judge", &pin.judge), ("embeddings", &pin.embeddings)] {
                let listed = |model: &ModelName| {
                    model.provider() == "echo" || models.document.models.iter().any(|m| m.model == *model)
                };
                if let Some(model) = model.as_ref().filter(|model| !listed(model)) {
                    let message = format!("no run could be graded by `{model}`: policies/models.yaml does not list it");
                    let help = "list it there, or pin a model that is";
                    findings.push(invalid(rules, &["evidence", &at, "pinned_suites", path, key], message, help));
                }
            }
        }
    }
}
