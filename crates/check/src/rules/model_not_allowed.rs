//! A model that policy does not list.

use prompt::ModelChoice;
use source::{Finding, ModelName, Place, RepoPath};

use crate::Subject;
use crate::catalogue::Scope;
use crate::subject::at;

pub(super) const ID: &str = "model-not-allowed";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    for (model, place) in named_models(subject) {
        let of_provider: Vec<_> = policy.models().iter().filter(|m| m.model.provider() == model.provider()).collect();
        if of_provider.is_empty() || policy.model_allowed(&model) {
            continue;
        }
        let help = match source::nearest::nearest(model.as_str(), of_provider.iter().map(|m| m.model.as_str())) {
            Some(meant) => format!("write `{meant}` if that was meant"),
            None => "name a model that policies/models.yaml lists, or list this one there".to_owned(),
        };
        found.push(Finding::new(ID, place, format!("policy does not allow the model `{model}`")).help(help));
    }
}

/// Every model that a file names, with the place: in front matter, or in the routes that prompts take.
pub(super) fn named_models(subject: &Subject<'_>) -> Vec<(ModelName, Place)> {
    let catalog = subject.catalog();
    let mut named = Vec::new();
    let file = RepoPath::new(prompt::routes::PATH).expect("a path of ours is sound");
    for (route, model) in &catalog.routes().routes {
        let at = catalog.routes().place_of_route(route).unwrap_or_else(|| Place::file(&file));
        named.push((model.clone(), at));
    }
    for prompt in catalog.prompts().chain(catalog.drafts()) {
        if let Some(ModelChoice::Model(model)) = &prompt.front_matter.model {
            named.push((model.clone(), at(prompt, &["model"])));
        }
    }
    named
}
