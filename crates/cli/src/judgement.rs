//! One snapshot with all that it is judged by, gathered for `check` and its kin.

use check::{Contents, History, Subject};
use policy::Policy;
use prompt::Catalog;
use source::{Finding, Snapshot, Timestamp};

use crate::app::App;

/// What was read, before it is judged.
pub(crate) struct Material {
    /// The files.
    pub(crate) snapshot: Snapshot,
    /// Its prompts, blocks and routes.
    pub(crate) catalog: Catalog,
    /// Its policy.
    pub(crate) policy: policy::Loaded,
    /// What was released.
    pub(crate) history: History,
    now: Timestamp,
}

impl Material {
    /// Reads everything that `snapshot` holds.
    pub(crate) fn of(snapshot: Snapshot, history: History, app: &App) -> Self {
        let catalog = Catalog::load(&snapshot);
        let policy = Policy::load(&snapshot);
        Self { catalog, policy, history, now: app.now(), snapshot }
    }

    /// Hands the subject to `judge`.
    pub(crate) fn judged<T>(&self, judge: impl FnOnce(&Subject<'_>) -> T) -> T {
        let contents = Contents::of(&self.catalog);
        let found: Vec<Finding> = self.policy.findings.clone();
        let subject = Subject::new(&self.snapshot, &contents, self.policy.policy.as_ref(), &self.history, self.now);
        judge(&subject.with_findings(found))
    }
}
