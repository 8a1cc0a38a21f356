//! Whether a run is of a suite as policy pins it: its text, its cases, and who graded.

use policy::PinnedSuite;
use source::ModelName;

use super::Evidence;
use super::wanted::{FAR, Unmet};
use crate::statement::Helper;

/// How a run of a pinned suite stands to what was reviewed.
pub(super) enum Pinned {
    /// It is what was reviewed, as far as the pin says.
    Same,
    /// It is not; why.
    Unlike(String),
}

impl Pinned {
    /// Compares `run`, of the same path, with `pin`.
    pub(super) fn of(pin: &PinnedSuite, run: &Evidence) -> Self {
        let body = run.body();
        if body.suite.digest != pin.suite {
            return Self::Unlike("it is of another text of the suite than the pinned one".to_owned());
        }
        if pin.dataset.is_some_and(|dataset| dataset != body.dataset) {
            return Self::Unlike("it is of other cases than the pinned ones".to_owned());
        }
        let unlike = helpers(pin, run).into_iter().find_map(|(what, wanted, used)| match (wanted, used) {
            (None, _) => None,
            (Some(wanted), Some(used)) if used.model == *wanted => None,
            (Some(wanted), Some(used)) => Some(format!("its {what} was {}, the pin wants {wanted}", used.model)),
            (Some(wanted), None) => Some(format!("it names no {what}, the pin wants {wanted}")),
        });
        unlike.map_or(Self::Same, Self::Unlike)
    }
}

/// What is wrong with a run that somebody helped to grade whom neither the pin nor the suite's own file names: what a route means
/// stands in another file, which nobody reviewed with the suite.
pub(super) fn unfixed(pin: &PinnedSuite, run: &Evidence) -> Option<Unmet> {
    for (what, wanted, used) in helpers(pin, run) {
        if let (None, Some(Helper { model, route: Some(route), .. })) = (wanted, used) {
            return Some(Unmet {
                far: FAR,
                why: format!("its {what} was {model} by the route {route}, which the pin does not fix"),
                help: Some(format!(
                    "where {model} is the {what} that was reviewed, add `{what}: {model}` to {} under `pinned_suites` in policies/policy.yaml",
                    pin.path
                )),
            });
        }
    }
    None
}

/// Who is wanted to help, and who did, by the key of the pin.
fn helpers<'a>(
    pin: &'a PinnedSuite,
    run: &'a Evidence,
) -> [(&'static str, Option<&'a ModelName>, Option<&'a Helper>); 2] {
    [
        ("judge", pin.judge.as_ref(), run.terms.judge.as_ref()),
        ("embeddings", pin.embeddings.as_ref(), run.terms.embeddings.as_ref()),
    ]
}
