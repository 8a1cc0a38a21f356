//! A level in policy for a rule that does not exist.

use source::Finding;

use crate::Subject;
use crate::catalogue::{Scope, find, rules};

pub(super) const ID: &str = "rule-unknown";
pub(super) const SCOPE: Scope = Scope::All(judge);

/// After so many findings nobody reads on.
const MOST: usize = 100;

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    for (name, place) in policy.levelled_rules().into_iter().filter(|(name, _)| find(name).is_none()).take(MOST) {
        let help = match source::nearest::nearest(name, rules().iter().map(|rule| rule.id)) {
            Some(meant) => format!("write `{meant}` if that was meant"),
            None => "delete the line; docs/rules.md lists every rule".to_owned(),
        };
        found.push(Finding::new(ID, place, format!("there is no rule `{name}`")).help(help));
    }
}
