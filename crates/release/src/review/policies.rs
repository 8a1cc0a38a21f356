//! What a branch does to `policies/`, also where one side has none or none that can be read.

use policy::diff::{Change, Effect, diff};
use policy::{Loaded, Policy};
use source::{Place, RepoPath, Snapshot};

use super::Side;

/// The policy that stands in a snapshot; none where it has no `policies/`.
pub(super) fn load(snapshot: &Snapshot) -> Option<Loaded> {
    snapshot.below("policies").next().map(|_| Policy::load(snapshot))
}

/// What `policies/` says differently; weaker demands first.
pub(super) fn changes([base, head]: [&Side; 2], policies: [Option<&Policy>; 2]) -> Vec<Change> {
    let has_any = |side: &Side| side.snapshot.below("policies").next().is_some();
    let (effect, what) = match policies {
        [Some(old), Some(new)] => return diff(old, new),
        _ if base.snapshot.is_same_below("policies", &head.snapshot) => return Vec::new(),
        [Some(_), None] if has_any(head) => (Effect::Weaker, "policies/ can no longer be read, so it demands nothing"),
        [None, Some(_)] if has_any(base) => (Effect::Other, "policies/ can be read again"),
        [_, None] if !has_any(head) => (Effect::Weaker, "policies/ is gone, and all that it demands"),
        [_, Some(_)] => (Effect::Stronger, "policies/ is new"),
        [_, None] => (Effect::Other, "policies/ is another, and cannot be read"),
    };
    let path = RepoPath::new("policies/policy.yaml").expect("a plain path");
    vec![Change { effect, what: what.to_owned(), at: Place::file(&path) }]
}
