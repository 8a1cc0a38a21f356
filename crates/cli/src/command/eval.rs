//! `promptuary eval`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::ValueEnum;
use eval::gate::{Demands, Verdict, judge};
use eval::provider::Providers;
use eval::report::{self, Reported};
use eval::run::{Finished, Mode, Plan, Shard};
use eval::session::{self, Opened};
use eval::suite::Sample;
use policy::Policy;
use prompt::Catalog;
use repo::Repo;
use source::{PromptId, RepoPath, Report, Snapshot};

use crate::app::App;
use crate::evaluation::{Bar, providers};
use crate::exit::{Exit, Failure};
use crate::interrupt::{self, Hold};
use crate::{named, report as findings};

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
    /// How to show the results
    #[arg(long, value_enum, default_value_t = Format::Human, hide_possible_values = true)]
    format: Format,
}

/// The shapes of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table, for people
    Human,
    /// One JSON object
    Json,
    /// One JSON object an outcome, each on its line
    Jsonl,
    /// JUnit's XML
    Junit,
    /// For a pull request
    Markdown,
    /// One self-contained page
    Html,
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

/// What the suites are run on.
struct Bench<'a> {
    snapshot: &'a Snapshot,
    catalog: &'a Catalog,
    policy: Option<&'a Policy>,
    providers: &'a Providers,
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
    let providers = providers(args.providers.as_deref(), app)?;
    let policy = loaded.policy.as_ref();
    let bench = Bench { snapshot: &snapshot, catalog: &catalog, policy, providers: &providers };
    let Some(suites) = opened(args, &bench, &repo, app)? else { return Ok(Exit::Findings) };
    if suites.is_empty() {
        app.terminal.say("there is no suite to run");
    }
    let mut ran: Vec<(Finished, Verdict)> = Vec::new();
    for suite in &suites {
        let plan = args.plan(suite, &bench)?;
        let (finished, verdict) = judged(&plan, suite, &bench, app)?;
        keep(&plan, &finished, &repo, app)?;
        ran.push((finished, verdict));
        if interrupt::pending() {
            break;
        }
    }
    let reported: Vec<_> =
        ran.iter().map(|(finished, verdict)| Reported { results: &finished.results, verdict }).collect();
    show(&reported, args.format, app);
    Ok(Exit::of_code(report::conclusion(&reported).exit_code(args.strict)))
}

fn judged(plan: &Plan<'_>, opened: &Opened, bench: &Bench<'_>, app: &App) -> Result<(Finished, Verdict), Failure> {
    let mut bar = Bar::new(&opened.path, app);
    let finished = eval::run::run(plan, bench.providers, &mut |event| bar.show(&event), &interrupt::flag());
    drop(bar);
    let finished = finished.map_err(|e| {
        Failure::of(Exit::Usage, &e)
            .help("define the provider in policies/models.yaml and publish, or give --providers FILE")
    })?;
    let today = app.now().to_string().split('T').next().map(str::to_owned);
    let demands = match bench.policy {
        Some(policy) => session::demands(policy, &plan.suite.prompt, opened.risk, today),
        None => Demands { today, ..Demands::default() },
    };
    let verdict = judge(plan.suite, &finished.results, None, &demands);
    Ok((finished, verdict))
}

fn show(reported: &[Reported<'_>], format: Format, app: &App) {
    let terminal = &app.terminal;
    match format {
        Format::Human => terminal.answer(report::table(reported, terminal.colour)),
        Format::Json => terminal.json(&report::json(reported)),
        Format::Jsonl => terminal.answer(report::lines(reported)),
        Format::Junit => terminal.answer(report::junit(reported)),
        Format::Markdown => terminal.answer(report::markdown(reported)),
        Format::Html => terminal.answer(report::html(reported, "Promptuary evals")),
    }
}

impl Args {
    fn plan<'o>(&self, opened: &'o Opened, bench: &Bench<'_>) -> Result<Plan<'o>, Failure> {
        let mode = match (self.mode.record, self.mode.live) {
            (true, _) => Mode::Record,
            (_, true) => Mode::Live,
            _ => Mode::Replay,
        };
        let plan = opened.plan(bench.catalog.routes(), bench.policy, mode, &self.models);
        let mut plan = plan.map_err(|e| Failure::of(Exit::Usage, &e))?;
        (plan.shard, plan.repeat, plan.concurrency) = (self.shard, self.repeat, self.concurrency);
        if let Some(n) = self.sample {
            let own = plan.suite.sample.as_ref();
            let stratify_by = own.and_then(|s| s.stratify_by.clone());
            plan.sample = Some(Sample { n, seed: own.map_or(0, |s| s.seed), stratify_by });
        }
        Ok(plan)
    }
}

/// The suites to run, read; `None` where one has an error, after the findings were shown.
fn opened(args: &Args, bench: &Bench<'_>, repo: &Repo, app: &App) -> Result<Option<Vec<Opened>>, Failure> {
    let paths = wanted(args, bench, repo)?;
    let mut suites = Vec::new();
    for path in &paths {
        suites.push(session::open(bench.snapshot, path)?);
    }
    let faults: Vec<_> = suites.iter().flat_map(|s| s.findings.iter().cloned()).collect();
    if suites.iter().all(Opened::is_sound) {
        return Ok(Some(suites));
    }
    let mut report = Report::new(faults);
    report.root = repo.root().to_owned();
    findings::show(&report, findings::Format::Human, app);
    Ok(None)
}

/// The suites to run, sorted: of the prompts named, of those that changed, or all.
fn wanted(args: &Args, bench: &Bench<'_>, repo: &Repo) -> Result<Vec<RepoPath>, Failure> {
    let mut paths = Vec::new();
    if args.ids.is_empty() {
        paths = eval::suite::paths(bench.snapshot)?;
    }
    for id in &args.ids {
        let of = eval::suite::paths_of(bench.snapshot, id)?;
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
        let of = |id: &PromptId| eval::suite::paths_of(bench.snapshot, id).is_ok_and(|paths| paths.contains(path));
        now.keys().any(|id| changed(id) && of(id))
    });
    Ok(paths)
}

fn contents(catalog: &Catalog) -> BTreeMap<PromptId, Option<source::Digest>> {
    catalog.compile_all().into_iter().map(|(id, compiled)| (id, compiled.ok().map(|c| c.digest()))).collect()
}

/// Writes the recordings of a suite where anything was added.
fn keep(plan: &Plan<'_>, finished: &Finished, repo: &Repo, app: &App) -> Result<(), Failure> {
    if finished.recorded.is_empty() {
        return Ok(());
    }
    let mut recordings = plan.recordings.clone();
    finished.recorded.iter().for_each(|entry| recordings.insert(entry.clone()));
    let path = eval::recording::path_of(&plan.suite.name);
    repo::files::write(&repo.root_dir()?.join(path.as_str()), recordings.to_text().as_bytes())?;
    app.terminal.say(format!("recorded {} in {path}", source::render::counted(finished.recorded.len(), "answer")));
    Ok(())
}

fn shard(text: &str) -> Result<Shard, String> {
    let wrong = || "not a part such as 2/4".to_owned();
    let (index, count) = text.split_once('/').ok_or_else(wrong)?;
    let (index, count) = (index.parse().map_err(|_| wrong())?, count.parse().map_err(|_| wrong())?);
    if index >= 1 && index <= count { Ok(Shard { index, count }) } else { Err(wrong()) }
}
