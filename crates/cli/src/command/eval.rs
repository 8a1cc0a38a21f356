//! `promptuary eval`.

mod merge;

use std::num::NonZeroU32;
use std::path::PathBuf;

use eval::report;
use eval::run::{Mode, Shard};
use policy::Policy;
use prompt::Catalog;
use source::PromptId;

use crate::app::App;
use crate::evaluation::reports::Shown;
use crate::evaluation::running::{self, Against, Course};
use crate::evaluation::{Bench, providers, selection};
use crate::exit::{Exit, Failure};
use crate::interrupt::Hold;
use crate::named;

/// Run eval suites and judge them by their gates
///
/// Answers come from recordings unless --record or --live says otherwise; a recording that is missing is never asked
/// for silently (exit 6). Thresholds of policy hold whatever a suite says. What a provider is comes from the policy in
/// effect, from your own configuration or from --providers, never from the files under test.
///
/// Where a suite compares with a baseline, or --against names one, the prompt of that revision is run beside this one on
/// the cases that both have, and the two are compared pair by pair.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The prompts whose suites to run [default: all]
    #[arg(value_parser = named::name::<PromptId>)]
    ids: Vec<PromptId>,
    #[command(flatten)]
    mode: Modes,
    /// Only suites that this revision does not have, or whose prompt, cases or suite it has otherwise
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Run the suites of a revision instead of the worktree's
    #[arg(long, value_name = "REV", conflicts_with = "record")]
    rev: Option<String>,
    /// Compare with env:prod, v:1.2.0, rev:HEAD~3 or merge-base, whatever the suites say
    #[arg(long, value_name = "BASELINE")]
    against: Option<String>,
    /// Compare with nothing, whatever the suites say
    #[arg(long, conflicts_with = "against")]
    no_compare: bool,
    /// Models instead of the suite's own: routes or provider/model, separated by commas
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    models: Vec<String>,
    /// Run a seeded sample of this many cases
    #[arg(long, value_name = "N")]
    sample: Option<u32>,
    /// Run one part of several, such as 2/4; `eval merge` judges the parts
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
    shown: Shown,
}

/// What else there is to do with results.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Merge(merge::Args),
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
    if let Some(Command::Merge(args)) = &args.command {
        return merge::run(args, app);
    }
    args.shown.check()?;
    let _hold = Hold::new();
    let repo = app.repo()?;
    let snapshot = match &args.rev {
        Some(rev) => repo.revision(rev)?,
        None => repo.worktree()?,
    };
    let loaded = Policy::load(&snapshot);
    let providers = providers(args.providers.as_deref(), app)?;
    let catalog = Catalog::load(&snapshot);
    let policy = loaded.policy.as_ref();
    let bench = Bench { repo: &repo, snapshot: &snapshot, catalog, policy, providers: &providers, app };
    let Some(selected) = selection::select(&args.ids, args.base.as_deref(), &bench)? else { return Ok(Exit::Findings) };
    if selected.suites.is_empty() {
        app.terminal.say("there is no suite to run");
    }
    let ran = running::all(&selected.suites, &args.course(), &bench)?;
    if !selected.removed.is_empty() {
        selection::show(selected.removed.clone(), &bench);
    }
    let reported: Vec<_> = ran.iter().map(running::Ran::reported).collect();
    args.shown.show(&reported, app)?;
    let exit = Exit::of_code(report::conclusion(&reported).exit_code(args.strict));
    let removed = !selected.removed.is_empty() && matches!(exit, Exit::Clean | Exit::Inconclusive);
    Ok(if removed { Exit::Findings } else { exit })
}

impl Args {
    fn course(&self) -> Course<'_> {
        let mode = match (self.mode.record, self.mode.live) {
            (true, _) => Mode::Record,
            (_, true) => Mode::Live,
            _ => Mode::Replay,
        };
        let against = match (&self.against, self.no_compare) {
            (Some(name), _) => Against::Named(name),
            (None, true) => Against::Nothing,
            (None, false) => Against::Own,
        };
        Course {
            mode,
            models: &self.models,
            sample: self.sample,
            shard: self.shard,
            repeat: self.repeat,
            concurrency: self.concurrency,
            against,
            base: self.base.as_deref(),
            rev: self.rev.as_deref(),
        }
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let wrong = || "not a part such as 2/4".to_owned();
    let (index, count) = text.split_once('/').ok_or_else(wrong)?;
    let (index, count) = (index.parse().map_err(|_| wrong())?, count.parse().map_err(|_| wrong())?);
    if index >= 1 && index <= count { Ok(Shard { index, count }) } else { Err(wrong()) }
}
