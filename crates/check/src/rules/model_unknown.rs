//! A model of a provider that policy knows nothing of.

use source::Finding;

use super::model_not_allowed::objections;
use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "model-unknown";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    found.extend(subject.policy.into_iter().flat_map(|policy| objections(subject, policy, ID)));
}
