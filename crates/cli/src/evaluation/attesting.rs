//! Signing what runs came to, as evidence that releases and promotions may ask for.

use std::path::Path;

use eval::run::Plan;
use eval::session::Opened;
use ledger::record::{Mode, Reason};
use policy::Policy;
use release::{Attested, Desk, Needs};
use repo::{Dirty, Repo};
use source::RepoPath;
use source::escape::terminal;

use super::Bench;
use super::course::Course;
use super::running::Ran;
use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;

/// Whether results are signed.
#[derive(Debug, clap::Args)]
pub(crate) struct Attesting {
    /// Sign what the runs came to as evidence, passed or not; judged by the policy in effect
    #[arg(long)]
    attest: bool,
    /// Why, in one line; it stands in the record for good
    #[arg(long, short = 'm', requires = "attest", value_parser = named::reason)]
    reason: Option<Reason>,
}

/// Ready to sign: allowed to, and with the policy that judges.
pub(crate) struct Attester {
    desk: Desk,
    reason: Option<Reason>,
    /// The policy in effect.
    pub(crate) policy: Policy,
}

impl Attesting {
    /// Whether anything is to be signed.
    pub(crate) const fn is_asked(&self) -> bool {
        self.attest
    }

    /// Looks whether signing will be possible, before anything is paid for; `None` where nothing is to be signed.
    pub(crate) fn begin(&self, dry_run: bool, app: &App) -> Result<Option<Attester>, Failure> {
        if !self.attest {
            return Ok(None);
        }
        let mut desk = app.desk()?;
        desk.dry_run = dry_run;
        desk.fetch_for(Needs::Attesting(&[])).map_err(|error| Failure::of_release(error, app))?;
        let policy = release::may_attest(&desk).map_err(|error| Failure::of_release(error, app))?;
        acting::tell_pin(&desk, app);
        Ok(Some(Attester { desk, reason: self.reason.clone(), policy }))
    }
}

/// Refuses suites whose run would be no evidence, before anybody is asked.
pub(crate) fn fit(suites: &[Opened], course: &Course<'_>, bench: &Bench<'_>) -> Result<(), Failure> {
    let app = bench.app;
    for opened in suites {
        let (Some(suite), Some(compiled)) = (&opened.suite, &opened.compiled) else { continue };
        let models = if course.models.is_empty() { suite.models.len() } else { course.models.len() };
        let compare = course.compare(suite);
        let setting = release::Setting { models: models.max(1), repeat: course.repeat, compare: compare.as_ref() };
        release::attestable(suite, &setting).map_err(|error| Failure::of_release(error, app))?;
        let plan = course.plan(opened, bench)?;
        let models: Vec<_> = plan.targets.iter().map(|target| target.compiled.model.clone()).collect();
        let own = release::asks_own_model(suite, &compiled.model, &models);
        own.map_err(|error| Failure::of_release(error, app))?;
        if course.mode != eval::run::Mode::Replay {
            programs(&plan, bench)?;
        }
    }
    if course.rev.is_none() { committed(bench.repo) } else { Ok(()) }
}

/// Refuses prompts, routes, suites and data that no commit has: nobody could look at what was signed. What was answered may
/// be on file before it is committed: the statement has its digests.
pub(crate) fn committed(repo: &Repo) -> Result<(), Failure> {
    let is_run = |path: &RepoPath| {
        path.below("prompts").is_some() || path.below("evals").is_some() && path.below("evals/recordings").is_none()
    };
    let dirty: Vec<_> = repo.dirty()?.into_iter().filter(|dirty| is_run(&dirty.path)).collect();
    refuse(&dirty, "commit or stash it first, so that others can look at what was signed; or name a commit with --rev")
}

/// Refuses programs of this repository that answer in a version that no commit has; a revision is asked by the programs of
/// the worktree, too.
fn programs(plan: &Plan<'_>, bench: &Bench<'_>) -> Result<(), Failure> {
    let root = bench.repo.root_dir().ok().and_then(|root| root.canonicalize().ok());
    let Some(root) = root else { return Ok(()) };
    let words = plan.providers().into_iter().flat_map(|name| bench.providers.command_line(name));
    let files = words.filter_map(|word| Path::new(word).canonicalize().ok()).filter(|path| path.is_file());
    let paths: Vec<String> =
        files.filter_map(|file| Some(file.strip_prefix(&root).ok()?.to_str()?.replace('\\', "/"))).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    refuse(&bench.repo.dirty_at(&paths)?, "commit it first: it answers, so others must be able to look at what it does")
}

fn refuse(dirty: &[Dirty], help: &'static str) -> Result<(), Failure> {
    let Some(first) = dirty.first() else { return Ok(()) };
    let which = match dirty.len() - 1 {
        0 => format!("{} is", first.path),
        more => format!("{} and {more} more are", first.path),
    };
    Err(Failure::new(Exit::Usage, format!("attest: {which} not committed")).help(help))
}

impl Attester {
    /// Signs one entry for each run, all together.
    pub(crate) fn sign(&mut self, opened: &[Opened], ran: &[Ran], app: &App) -> Result<Vec<Attested>, Failure> {
        let incomplete = || Failure::new(Exit::Interrupted, "attest: the run was interrupted");
        if ran.len() < opened.len() {
            return Err(incomplete());
        }
        let runs = opened.iter().zip(ran).filter_map(|(opened, ran)| {
            let (suite, compiled) = (opened.suite.as_ref()?, opened.compiled.as_ref()?);
            Some(release::Ran {
                suite,
                model: &compiled.model,
                results: &ran.results,
                baseline: ran.baseline.as_ref(),
                verdict: &ran.verdict,
                asked: ran.asked,
            })
        });
        let runs: Vec<_> = runs.collect();
        // The run took its time: it is signed now, and what others attested meanwhile is followed.
        self.desk.now = app.now();
        let contents: Vec<_> = runs.iter().map(|run| run.results.content).collect();
        self.desk.fetch_for(Needs::Attesting(&contents)).map_err(|error| Failure::of_release(error, app))?;
        let attested = release::attest(&self.desk, &runs, self.reason.as_ref());
        let attested = attested.map_err(|error| Failure::of_release(error, app))?;
        // Whoever merges made no run that could have kept them.
        if ran.iter().any(|ran| ran.asked && ran.results.mode == "live") {
            app.terminal.say("note: the answers themselves were not kept; --record --fresh keeps what it asks for");
        }
        Ok(attested)
    }
}

/// What was signed, for people.
pub(crate) fn text(attested: &[Attested]) -> String {
    let mut text = String::new();
    for one in attested {
        let again = match (one.was_attested, one.mode) {
            (false, _) => String::new(),
            (true, Mode::Replay) => ", as it was a moment ago".to_owned(),
            (true, Mode::Live) => format!(", as attempt {} says already: nobody was asked anew", one.sequence.get()),
        };
        text += &format!(
            "attested {}: {}, {}, {} of {} cases{again}\n",
            terminal(one.suite.as_str()),
            one.verdict.as_str(),
            one.mode.as_str(),
            one.cases.passed,
            one.cases.total()
        );
        let helped = [("judged", &one.judge), ("embedded", &one.embeddings)];
        for (what, helper) in helped.iter().filter_map(|(what, helper)| Some((what, helper.as_ref()?))) {
            text += &format!("  {what} by {}\n", terminal(&helper.to_string()));
        }
        if !one.own_providers.is_empty() {
            let own = one.own_providers.join(", ");
            text += &format!("  asked as your own definitions say, not policy's: {}\n", terminal(&own));
        }
        text += &acting::written(one.written.as_slice());
    }
    text
}
