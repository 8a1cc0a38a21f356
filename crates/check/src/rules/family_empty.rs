//! A pattern of a family that fits no prompt.

use source::{Finding, PromptId};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "family-empty";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    let catalog = subject.catalog();
    for (family, pattern, place) in policy.family_patterns() {
        if pattern.is_everything() || catalog.ids().any(|id| pattern.matches(id)) {
            continue;
        }
        let folder = |id: &PromptId| id.as_str().split('/').next().unwrap_or_default().to_owned();
        let folders: std::collections::BTreeSet<String> = catalog.ids().map(folder).collect();
        let typed = pattern.as_str().split('/').next().unwrap_or_default();
        let help = match source::nearest::nearest(typed, folders.iter().map(String::as_str)).filter(|near| *near != typed) {
            Some(near) => format!("did you mean `{}`?", pattern.as_str().replacen(typed, near, 1)),
            None => "correct the pattern, or delete it".to_owned(),
        };
        let message = format!("no prompt fits `{}` of the family `{}`", pattern.as_str(), family.name);
        found.push(Finding::new(ID, place, message).help(help));
    }
}
