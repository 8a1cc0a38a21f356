//! One snapshot with all that it is judged by, gathered for `check` and its kin.

use check::{Contents, History, Subject};
use policy::Policy;
use prompt::Catalog;
use source::{Finding, Place, RepoPath, Snapshot, Timestamp};

use crate::app::App;
use crate::exit::Failure;

/// What was read, before it is judged.
pub(crate) struct Material {
    /// The files.
    pub(crate) snapshot: Snapshot,
    /// Its prompts, blocks and routes.
    pub(crate) catalog: Catalog,
    /// Its policy; none where it has none at all.
    pub(crate) policy: Option<policy::Loaded>,
    /// What was released.
    pub(crate) history: History,
    suites: Vec<RepoPath>,
    now: Timestamp,
}

impl Material {
    /// Reads everything that `snapshot` holds.
    pub(crate) fn of(snapshot: Snapshot, history: History, app: &App) -> Result<Self, Failure> {
        let catalog = Catalog::load(&snapshot);
        let has_policy = snapshot.below("policies").next().is_some();
        let policy = has_policy.then(|| Policy::load(&snapshot));
        let suites = eval::suite::paths(&snapshot)?;
        Ok(Self { catalog, policy, history, suites, now: app.now(), snapshot })
    }

    /// Hands the subject to `judge`.
    pub(crate) fn judged<T>(&self, judge: impl FnOnce(&Subject<'_>) -> T) -> T {
        let contents = Contents::of(&self.catalog);
        let mut found: Vec<Finding> = self.policy.iter().flat_map(|loaded| loaded.findings.clone()).collect();
        found.extend(self.suites.iter().flat_map(|path| self.in_suite(path, &contents)));
        let policy = self.policy.as_ref().and_then(|loaded| loaded.policy.as_ref());
        let subject = Subject::new(&self.snapshot, &contents, policy, &self.history, self.now);
        judge(&subject.with_findings(found))
    }

    /// What is wrong in a suite, and between it and its prompt.
    fn in_suite(&self, path: &RepoPath, contents: &Contents<'_>) -> Vec<Finding> {
        let mut loaded = eval::suite::load(&self.snapshot, path);
        let Some(suite) = &loaded.suite else { return loaded.findings };
        let id = &suite.prompt;
        if let Some(content) = contents.get(id) {
            // A template that cannot be parsed is a finding of the prompt.
            if let Ok(renderer) = content.compiled.renderer() {
                loaded.findings.extend(suite.fit(&content.compiled, &renderer));
            }
        } else if !self.snapshot.files.contains_key(&id.path()) {
            let finding = Finding::new(
                eval::rules::SUITE_MISPLACED,
                Place::whole(&suite.text),
                format!("there is no prompt {id}"),
            );
            loaded
                .findings
                .push(finding.help(format!("write {}, or move the suite to the id that it tests", id.path())));
        }
        loaded.findings
    }
}
