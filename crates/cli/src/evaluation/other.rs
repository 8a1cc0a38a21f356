//! The other side of a comparison: found, planned, and run beside a suite.

use eval::gate::{Baseline, Standing};
use eval::recording::Recordings;
use eval::run::{Plan, Results};
use eval::session::{self, Opened, Other};
use eval::suite::{Compare, Suite};
use prompt::Catalog;
use repo::Oid;
use source::{EnvName, Files, PromptId};

use super::Bench;
use super::baseline::{self, Place};
use super::course::{Against, Course};
use super::journal::Journal;
use super::running::go;
use crate::exit::{Exit, Failure};

/// The other side of a comparison.
pub(super) enum Side {
    /// It can be run.
    There(Box<Other>),
    /// There is nothing yet.
    Absent(Box<Baseline>),
}

impl Course<'_> {
    /// Runs the baseline beside `plan`, which came to `now`; also gives what was recorded.
    pub(super) fn baseline(
        &self,
        compare: Compare,
        opened: &Opened,
        plan: &Plan<'_>,
        now: &Results,
        journal: &mut Option<Journal>,
        bench: &Bench<'_>,
    ) -> Result<(Baseline, Recordings), Failure> {
        let name = compare.baseline.clone();
        let other = match self.other(compare, opened, plan, bench)? {
            Side::Absent(baseline) => return Ok((*baseline, Recordings::default())),
            Side::There(other) => *other,
        };
        let there = other.plan(plan, Some(now)).map_err(|e| Failure::of(Exit::Usage, &e))?;
        let Some(mut there) = there else { return Ok((other.ran(None), Recordings::default())) };
        (there.carried, there.journal) = (plan.carried, plan.journal);
        bench.app.terminal.detail(format!("{}: running {name}", opened.path));
        let finished = go(&there, opened, journal, bench)?;
        drop(there);
        Ok((other.ran(Some(finished.results)), finished.recorded))
    }

    /// The other side of the comparison.
    pub(super) fn other(
        &self,
        compare: Compare,
        opened: &Opened,
        plan: &Plan<'_>,
        bench: &Bench<'_>,
    ) -> Result<Side, Failure> {
        let id = &plan.suite.prompt;
        let found = baseline::find(&compare.baseline, id, self.base, self.rev, bench.repo, bench.app);
        let found = found.map_err(|failure| match self.against {
            Against::Own => failure.asked_in(&plan.suite.place_of(&["gate", "compare", "baseline"])),
            Against::Named(_) | Against::Nothing => failure,
        });
        match found? {
            Place::Absent(why) => {
                known(&compare.baseline, bench)?;
                Ok(Side::Absent(Box::new(Baseline::without(compare, Standing::Absent, why))))
            }
            Place::At(commit, files) => {
                let was = was(plan.suite, commit, &*files, bench)?;
                let (at, commit) = ((&*files, bench.keys), Some(commit.to_string()));
                let other = session::against(opened, plan, at, compare, commit, bench.rules.own(), was.as_ref())?;
                Ok(Side::There(Box::new(other)))
            }
        }
    }
}

/// The id that `commit` has the prompt of `suite` under, where it was renamed since: by its words, else by its cases.
fn was(suite: &Suite, commit: Oid, files: &dyn Files, bench: &Bench<'_>) -> Result<Option<PromptId>, Failure> {
    let id = &suite.prompt;
    if files.file(&id.path())?.is_some() {
        return Ok(None);
    }
    let before = Catalog::load(&bench.repo.commit_snapshot(commit, "the baseline")?);
    match check::renames::renames(&before, &bench.catalog).remove(id) {
        Some(twin) => Ok(Some(twin.id)),
        None => Ok(session::renamed_from(files, suite, |there| !bench.catalog.holds(there))?),
    }
}

/// Refuses an environment of which nothing is live because there is none of that name.
fn known(baseline: &str, bench: &Bench<'_>) -> Result<(), Failure> {
    let env = baseline.strip_prefix("env:").and_then(|name| name.parse::<EnvName>().ok());
    let (Some(env), Some(policy)) = (env, bench.rules.own()) else { return Ok(()) };
    if policy.environment(&env).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = policy.environments().iter().map(|e| e.name.as_str()).collect();
    let what = format!("find the environment `{env}`: policies/policy.yaml names {}", names.join(", "));
    Err(Failure::new(Exit::Usage, what).help("name one of these, or add it to policies/policy.yaml"))
}
