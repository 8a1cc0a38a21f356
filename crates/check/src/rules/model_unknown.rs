//! A model of a provider that policy knows nothing of.

use source::{Finding, ModelName};

use super::model_not_allowed::named_models;
use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "model-unknown";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    let known = |model: &ModelName| policy.models().iter().any(|m| m.model.provider() == model.provider());
    for (model, place) in named_models(subject).into_iter().filter(|(model, _)| !known(model)) {
        let providers: std::collections::BTreeSet<_> = policy.models().iter().map(|m| m.model.provider()).collect();
        let meant = source::nearest::nearest(model.provider(), providers.iter().copied());
        let help = match meant {
            Some(provider) => format!("write `{provider}/{}` if that was meant", model.model()),
            None => "name a model that policies/models.yaml lists, or list this one there".to_owned(),
        };
        let message = format!("policy lists no model of the provider `{}`", model.provider());
        found.push(Finding::new(ID, place, message).help(help));
    }
}
