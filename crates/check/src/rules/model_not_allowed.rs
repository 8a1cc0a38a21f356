//! A model that policy does not list.

use policy::Policy;
use prompt::ModelChoice;
use source::{Finding, ModelName, Place, RepoPath};

use crate::Subject;
use crate::catalogue::Scope;
use crate::subject::at;

pub(super) const ID: &str = "model-not-allowed";
pub(super) const SCOPE: Scope = Scope::All(judge);

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(policy) = subject.policy else { return };
    found.extend(objections(subject, policy, ID));
}

/// What policy has against the models that files name, as far as it is of `rule`.
pub(super) fn objections<'s>(
    subject: &'s Subject<'_>,
    policy: &'s Policy,
    rule: &'static str,
) -> impl Iterator<Item = Finding> + 's {
    let objection = move |(model, place)| Some((policy.objection(&model).filter(|o| o.rule == rule)?, place));
    named_models(subject).into_iter().filter_map(objection).map(move |(o, place)| Finding::new(rule, place, o.message).help(o.help))
}

/// Every model that a file names, with the place: in front matter, or in the routes that prompts take.
fn named_models(subject: &Subject<'_>) -> Vec<(ModelName, Place)> {
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
