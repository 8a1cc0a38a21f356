//! A level in policy for a rule whose level cannot change.

use source::Finding;

use crate::Subject;
use crate::catalogue::{Rule, Scope, find};

pub(super) const ID: &str = "rule-fixed";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    for (name, place) in policy.levelled_rules().into_iter().filter(|(name, _)| find(name).is_some_and(Rule::is_fixed)) {
        found.push(
            Finding::new(ID, place, format!("`{name}` is an error whatever policy says"))
                .help("delete the line: a file with this fault cannot be compiled"),
        );
    }
}
