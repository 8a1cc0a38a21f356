//! `promptuary eval`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use eval::gate::Conclusion;
use eval::provider::Providers;
use eval::run::{Mode, Shard};
use policy::Policy;
use prompt::Catalog;
use release::evals::{Bench, Manner, Ran};
use repo::Repo;
use source::{PromptId, RepoPath, Snapshot};

use crate::app::App;
use crate::evaluation::{providers, report};
use crate::exit::{Exit, Failure};
use crate::interrupt::{self, Hold};
use crate::named;
use crate::shape::Shape;

/// Run eval suites and judge them by their gates
///
/// Answers come from recordings unless --record or --live says otherwise; a recording that is missing is never asked
/// for silently (exit 6). Thresholds of policy hold whatever a suite says. What a provider is comes from the policy in
/// effect, from your own configuration or from --providers, never from the files under test.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompts whose suites to run [default: all]
    #[arg(value_parser = named::name::<PromptId>)]
    ids: Vec<PromptId>,
    #[command(flatten)]
    mode: Modes,
    /// Only suites of prompts whose content differs from this revision's
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Run the suites of a revision instead of the worktree's
    #[arg(long, value_name = "REV", conflicts_with = "record")]
    rev: Option<String>,
    /// Models instead of the suite's own: routes or provider/model, separated by commas
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    models: Vec<String>,
    /// Run a seeded sample of this many cases
    #[arg(long, value_name = "N")]
    sample: Option<u32>,
    /// Run one part of several, such as 2/4
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
    /// Ask each case this often
    #[arg(long, value_name = "K")]
    repeat: Option<NonZeroU32>,
    /// How many requests at once
    #[arg(long, short = 'j', value_name = "N")]
    concurrency: Option<usize>,
    /// Definitions of providers, as under `providers:` in policies/models.yaml
    #[arg(long, value_name = "FILE")]
    providers: Option<PathBuf>,
    /// Exit 3 where a comparison could not decide
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    shape: Shape,
}

/// Where answers come from.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Modes {
    /// From recordings alone (the default)
    #[arg(long)]
    replay: bool,
    /// From recordings where they have the answer, else from the provider; new answers are kept
    #[arg(long)]
    record: bool,
    /// From the provider alone; nothing is kept
    #[arg(long)]
    live: bool,
}

/// Runs the suites, writes what was recorded, shows what came of it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let _hold = Hold::new();
    let repo = app.repo()?;
    let snapshot = match &args.rev {
        Some(rev) => repo.revision(rev)?,
        None => repo.worktree()?,
    };
    let catalog = Catalog::load(&snapshot);
    let loaded = Policy::load(&snapshot);
    let providers: Providers = providers(args.providers.as_deref(), app)?;
    let cancel: &AtomicBool = &interrupt::flag();
    let policy = loaded.policy.as_ref();
    let bench = Bench { snapshot: &snapshot, catalog: &catalog, policy, providers: &providers, now: app.now(), cancel };
    let suites = wanted(args, &bench, &repo, &snapshot)?;
    if suites.is_empty() {
        app.terminal.say("there is no suite to run");
    }
    let manner = args.manner();
    let mut ran: Vec<Ran> = Vec::new();
    for path in &suites {
        let mut bar = report::Bar::new(path, app);
        let done = bench.run(path, &manner, &mut |event| bar.show(&event)).map_err(|e| Failure::of_release(e, app))?;
        drop(bar);
        keep(&done, &repo, app)?;
        if !args.shape.is_json() {
            app.terminal.answer(report::human(&done, app.terminal.colour));
        }
        ran.push(done);
        if interrupt::pending() {
            break;
        }
    }
    if args.shape.is_json() {
        app.terminal.json(&report::json(&ran));
    } else if ran.len() > 1 {
        app.terminal.answer(report::summary(&ran));
    }
    let worst = ran.iter().map(|r| r.verdict.conclusion).max().unwrap_or(Conclusion::Pass);
    Ok(Exit::of_code(worst.exit_code(args.strict)))
}

impl Args {
    fn manner(&self) -> Manner {
        let mode = match (self.mode.record, self.mode.live) {
            (true, _) => Mode::Record,
            (_, true) => Mode::Live,
            _ => Mode::Replay,
        };
        Manner {
            mode,
            models: self.models.clone(),
            sample: self.sample,
            shard: self.shard,
            repeat: self.repeat,
            concurrency: self.concurrency,
        }
    }
}

/// The suites to run, sorted: of the prompts named, of those that changed, or all.
fn wanted(args: &Args, bench: &Bench<'_>, repo: &Repo, snapshot: &Snapshot) -> Result<Vec<RepoPath>, Failure> {
    let mut paths = Vec::new();
    if args.ids.is_empty() {
        paths = eval::suite::paths(snapshot)?;
    }
    for id in &args.ids {
        let of = bench.suites(id).map_err(|e| Failure::of(Exit::Usage, &e))?;
        if of.is_empty() {
            let what = format!("find a suite of {id}");
            return Err(Failure::new(Exit::Usage, what).help(format!("write one: evals/{id}.yaml")));
        }
        paths.extend(of);
    }
    paths.sort();
    paths.dedup();
    let Some(base) = &args.base else { return Ok(paths) };
    let before = contents(&Catalog::load(&repo.revision(base)?));
    let now = contents(bench.catalog);
    paths.retain(|path| {
        let changed = |id: &PromptId| now.get(id) != before.get(id);
        let of = |id: &PromptId| bench.suites(id).is_ok_and(|paths| paths.contains(path));
        now.keys().any(|id| changed(id) && of(id))
    });
    Ok(paths)
}

fn contents(catalog: &Catalog) -> BTreeMap<PromptId, Option<source::Digest>> {
    catalog.compile_all().into_iter().map(|(id, compiled)| (id, compiled.ok().map(|c| c.digest()))).collect()
}

/// Writes the recordings of a suite where anything was added.
fn keep(ran: &Ran, repo: &Repo, app: &App) -> Result<(), Failure> {
    if ran.finished.recorded.is_empty() {
        return Ok(());
    }
    let path = eval::recording::path_of(&ran.suite.name);
    repo::files::write(&repo.root_dir()?.join(path.as_str()), ran.recordings.to_text().as_bytes())?;
    app.terminal.say(format!("recorded {} in {path}", source::render::counted(ran.finished.recorded.len(), "answer")));
    Ok(())
}

fn shard(text: &str) -> Result<Shard, String> {
    let wrong = || "not a part such as 2/4".to_owned();
    let (index, count) = text.split_once('/').ok_or_else(wrong)?;
    let (index, count) = (index.parse().map_err(|_| wrong())?, count.parse().map_err(|_| wrong())?);
    if index >= 1 && index <= count { Ok(Shard { index, count }) } else { Err(wrong()) }
}
