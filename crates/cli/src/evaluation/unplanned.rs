//! Why a suite cannot be run at all, with what to do and the line that asks for it.

use eval::provider::ProviderError;
use eval::run::{Mode, Plan, PlanError};
use source::ModelName;

use super::Bench;
use crate::exit::{Exit, Failure};

/// The failure to run `plan`.
pub(crate) fn unplanned(error: &PlanError, plan: &Plan<'_>, bench: &Bench<'_>) -> Failure {
    let mut failure = match error {
        // Whoever replays asks nobody, and wonders.
        PlanError::NoProvider { model } if plan.mode == Mode::Replay => {
            let (name, places) = (model.provider(), "in policy, in your configuration or with --providers");
            let why =
                format!("no provider `{name}` is defined {places}, and what is on file is found by how it is asked");
            Failure::new(Exit::Usage, format!("replay {model}: {why}"))
        }
        _ => Failure::of(Exit::Usage, error),
    };
    if let PlanError::NoProvider { model } = error
        && let Some(place) = asked_in(model, plan, bench)
    {
        failure = failure.asked_in(&place);
    }
    match error {
        PlanError::Unpriced { .. } => {
            failure.help("add it to policies/models.yaml, or hold requests or tokens instead")
        }
        PlanError::NoProvider { .. } => failure.help(bench.rules.missing_provider()),
        PlanError::Provider(ProviderError::Surroundings { remedy, .. }) => failure.help(remedy),
        PlanError::Provider(_) => {
            failure.help("define the provider in policies/models.yaml and publish, or give --providers FILE")
        }
        PlanError::TooMany { .. } => failure.help("ask fewer cases with --sample, fewer models, or repeat less"),
        PlanError::Empty(_) => failure,
    }
}

/// Where the suite of `plan` asks for `model`, where the suite does.
fn asked_in(model: &ModelName, plan: &Plan<'_>, bench: &Bench<'_>) -> Option<source::Place> {
    let means = |name: &str| {
        let route = bench.catalog.routes().routes.get(name);
        route.map_or(name == model.as_str(), |routed| routed == model)
    };
    let own = plan.suite.models.iter().filter(|_| !plan.models_named).find(|(name, _)| means(name));
    if let Some((_, span)) = own {
        return Some(source::Place::new(&plan.suite.text, *span));
    }
    let judge = plan.suite.judge.as_ref()?;
    let keys = [("model", &judge.model), ("embeddings", &judge.embeddings)];
    let key = keys.into_iter().find(|(_, name)| name.as_deref().is_some_and(means));
    key.map(|(key, _)| plan.suite.place_of(&["judge", key]))
}
