//! One snapshot with all that it is judged by, gathered for `check` and its kin.

use std::mem::ManuallyDrop;

use check::subject::BasePolicy;
use check::{Contents, Subject};
use policy::Policy;
use prompt::Catalog;
use release::Absent;
use repo::Repo;
use source::render::counted;
use source::{Finding, PromptId, Snapshot};

use crate::app::App;
use crate::exit::Failure;
use crate::history::Past;

/// What was read, before it is judged.
pub(crate) struct Material<'a> {
    /// The files.
    pub(crate) snapshot: Snapshot,
    /// Its prompts, blocks and routes.
    pub(crate) catalog: Catalog,
    /// Its policy; none where it has none at all.
    pub(crate) policy: Option<policy::Loaded>,
    repo: &'a Repo,
    app: &'a App,
}

/// What judging came to.
pub(crate) struct Judged<T> {
    /// The answer.
    pub(crate) answer: T,
    /// That no releases are here to hold versions against, where there are none.
    pub(crate) without_releases: Option<Absent>,
}

impl<'a> Material<'a> {
    /// Reads everything that `snapshot` holds.
    pub(crate) fn of(snapshot: Snapshot, repo: &'a Repo, app: &'a App) -> Self {
        let catalog = Catalog::load(&snapshot);
        let has_policy = snapshot.below("policies").next().is_some();
        let policy = has_policy.then(|| Policy::load(&snapshot));
        Self { snapshot, catalog, policy, repo, app }
    }

    /// What was read, and what policy judges it, in one clause for people.
    pub(crate) fn told(&self) -> String {
        let policy = match &self.policy {
            Some(loaded) if loaded.policy.is_some() => "by the policies/ in it",
            Some(_) => "by no policy, as its policies/ cannot be read",
            None => "by no policy, as it has no policies/",
        };
        let suites = eval::suite::paths(&self.snapshot).unwrap_or_default().len();
        format!(
            "{} ({}, {}, {}, {} in all), to be judged {policy},",
            source::escape::terminal(&self.snapshot.name),
            counted(self.catalog.prompts().count(), "prompt"),
            counted(self.catalog.blocks().count(), "block"),
            counted(suites, "suite"),
            counted(self.snapshot.files.len(), "file"),
        )
    }

    /// Compares with the past, and hands the subject to `judge`. `gone` tells which prompts were removed.
    pub(crate) fn judged<T>(
        &self,
        past: &Past,
        gone: impl Fn(&PromptId) -> bool,
        judge: impl FnOnce(&Subject<'_>) -> T,
    ) -> Result<Judged<T>, Failure> {
        // Never freed: the process ends soon, and giving thousands of prompts back one by one takes time nobody gains by.
        let contents = ManuallyDrop::new(Contents::of(&self.catalog));
        let past = past.read(self.repo, &self.snapshot, &contents, gone, self.app)?;
        let mut found: Vec<Finding> = self.policy.iter().flat_map(|loaded| loaded.findings.clone()).collect();
        let policy = self.policy.as_ref().and_then(|loaded| loaded.policy.as_ref());
        found.extend(release::suite_findings(&self.snapshot, &contents, policy, self.app.now()));
        found.extend(past.suites);
        let base = past.policy.as_ref();
        let base = base.map(|(name, loaded)| BasePolicy { name: name.clone(), policy: loaded.policy.as_ref() });
        let subject = Subject::new(&self.snapshot, &contents, policy, &past.history, self.app.now()).with_base(base);
        Ok(Judged { answer: judge(&subject.with_findings(found)), without_releases: past.without_releases })
    }

    /// Whether the snapshot, being whole, has no file for `id`.
    pub(crate) fn lacks(&self, id: &PromptId) -> bool {
        !self.snapshot.files.contains_key(&id.path())
    }
}
