//! `promptuary eval`.

mod merge;

use std::num::NonZeroU32;
use std::path::PathBuf;

use eval::run::{Mode, Shard};
use eval::suite::Budget;
use prompt::Catalog;

use crate::app::App;
use crate::evaluation::attesting::Attesting;
use crate::evaluation::concluding::Done;
use crate::evaluation::course::{Against, Course};
use crate::evaluation::reports::Shown;
use crate::evaluation::rules::{self, Rules};
use crate::evaluation::running;
use crate::evaluation::selection::Base;
use crate::evaluation::{Bench, attesting, estimating, keys, providers, selection};
use crate::exit::{Exit, Failure};
use crate::interrupt::Hold;
use crate::named::{self, Tested};
use crate::trusted::Trusted;

/// Run eval suites and judge them by their gates
///
/// Answers come from recordings unless --record or --live says otherwise; a recording that is missing is never asked
/// for silently (exit 6). Thresholds of policy hold whatever a suite says. What a provider is comes from the policy in
/// effect, from your own configuration or from --providers, never from the files under test.
///
/// Where a suite compares with a baseline, or --against names one, the prompt of that revision is run beside this one on
/// the cases that both have, and the two are compared pair by pair.
///
/// Servers are asked through the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, but for hosts in NO_PROXY and for this
/// machine; SSL_CERT_FILE names the certificates to trust (docs/evals.md).
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The prompts whose suites to run, or suites by their paths [default: all]
    #[arg(value_parser = named::tested)]
    ids: Vec<Tested>,
    #[command(flatten)]
    mode: Modes,
    /// With --record: ask anew even for what is on file, and keep the new answers in its place
    #[arg(long, requires = "record")]
    fresh: bool,
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
    #[arg(long, conflicts_with_all = ["against", "attest"])]
    no_compare: bool,
    /// Models instead of the suite's own: routes or provider/model, separated by commas
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    models: Vec<String>,
    /// Run a seeded sample of this many cases
    #[arg(long, value_name = "N", value_parser = sample, allow_negative_numbers = true, conflicts_with = "attest")]
    sample: Option<u32>,
    /// Run one part of several, such as 2/4; `eval merge` judges the parts
    #[arg(long, value_name = "I/N", value_parser = shard, conflicts_with = "attest")]
    shard: Option<Shard>,
    /// Ask each case this often
    #[arg(long, value_name = "K", value_parser = repeat, allow_negative_numbers = true)]
    repeat: Option<NonZeroU32>,
    /// How many requests at once
    #[arg(long, short = 'j', value_name = "N", value_parser = concurrency, allow_negative_numbers = true)]
    concurrency: Option<usize>,
    /// Go on with a run that was cut off: what it was answered is not asked for again
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    limits: Limits,
    /// Only say what would be asked, and what it would cost at most
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// A file of definitions of providers: `format: 1`, then `providers:` as in policies/models.yaml
    #[arg(long, value_name = "FILE")]
    providers: Option<PathBuf>,
    /// A file of age identities, or an SSH private key, that opens encrypted data; repeatable
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    #[command(flatten)]
    attesting: Attesting,
    #[command(flatten)]
    trusted: Trusted,
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

/// What a run may spend.
#[derive(Debug, clap::Args)]
struct Limits {
    /// End the run before it costs more US dollars than this, whatever its suite allows
    #[arg(long, value_name = "USD", value_parser = dollars, allow_negative_numbers = true)]
    max_usd: Option<f64>,
    /// End the run before it sends more requests than this
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    max_requests: Option<u64>,
    /// End the run before it takes more tokens than this, read and written
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    max_tokens: Option<u64>,
}

/// Runs the suites, writes what was recorded, shows what came of it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    if let Some(Command::Merge(args)) = &args.command {
        return merge::run(args, app);
    }
    app.trust(&args.trusted);
    args.shown.check(app)?;
    if args.resume && args.course().mode == Mode::Replay {
        let what = "resume a replay: recordings alone answer it, so nothing of it is cut off";
        let help = "say how the run that was cut off was made: --live --resume, or --record --fresh --resume";
        return Err(Failure::new(Exit::Usage, what).help(help));
    }
    let _hold = Hold::new();
    let repo = app.repo()?;
    let snapshot = match &args.rev {
        Some(rev) => repo.revision(rev)?,
        None => repo.worktree()?,
    };
    let in_effect = rules::in_effect(app)?;
    let providers = providers(in_effect.as_ref(), args.providers.as_deref(), app)?;
    let keys = keys(&args.identity, app)?;
    let catalog = Catalog::load(&snapshot);
    let head = args.rev.as_deref();
    let base = args.base.as_deref().map(|base| Base::read(base, head, &repo, app)).transpose()?;
    let attesting = args.attesting.begin(args.dry_run, app)?;
    let rules = match &attesting {
        // Whoever will rely on what is signed goes by the policy in effect, not by the one under test.
        Some(attesting) => Rules::only(Some(attesting.policy.clone()), in_effect, app),
        None => Rules::of(&snapshot, in_effect, base.as_ref(), app)?,
    };
    let bench =
        Bench { repo: &repo, snapshot: &snapshot, catalog, rules: &rules, providers: &providers, keys: &keys, app };
    let Some(selected) = selection::select(&args.ids, base.as_ref(), &bench)? else { return Ok(Exit::Findings) };
    if selected.suites.is_empty() {
        // That nothing changed since a base is an answer; a gate that finds nothing to hold is none.
        if base.is_none() {
            let failure =
                Failure::new(Exit::Usage, format!("find a suite: evals/ of {} has none", bench.snapshot.name));
            return Err(failure.help("write one: evals/ID.yaml (docs/evals.md), or name the repository with -C DIR"));
        }
        app.terminal.say("there is no suite to run");
    }
    let course = args.course();
    if attesting.is_some() {
        attesting::fit(&selected.suites, &course, &bench)?;
    }
    if course.mode != Mode::Replay || args.dry_run {
        let estimates = estimating::estimate(&selected.suites, &course, &bench)?;
        estimating::tell(&estimates, args.dry_run, app);
        if !args.dry_run {
            estimating::keys_are_there(&estimates, &providers)?;
        }
    }
    if args.dry_run {
        return Ok(Exit::Clean);
    }
    let (ran, failed) = running::all(&selected.suites, &course, &bench);
    let mut found = selected.found;
    found.extend(base.iter().flat_map(|base| base.lifted(&selected.suites, &ran, &bench)));
    let found = selection::report(found, &bench);
    let (suites, shown, strict) = (&selected.suites, &args.shown, args.strict);
    let done = Done { suites, ran: &ran, found: &found, shown, strict };
    let Some(failure) = failed else { return Ok(done.conclude(attesting, app)) };
    // What was run and paid for is told all the same.
    if !ran.is_empty() {
        done.conclude(None, app);
        let open: Vec<&str> = suites[ran.len()..].iter().map(|opened| opened.path.as_str()).collect();
        if !open.is_empty() {
            app.terminal.warn(format!("not run: {}", open.join(", ")));
        }
    }
    Err(failure)
}

impl Args {
    fn course(&self) -> Course<'_> {
        let mode = match (self.mode.record, self.fresh, self.mode.live) {
            (true, true, _) => Mode::Renew,
            (true, false, _) => Mode::Record,
            (_, _, true) => Mode::Live,
            _ => Mode::Replay,
        };
        let against = match (&self.against, self.no_compare) {
            (Some(name), _) => Against::Named(name),
            (None, true) => Against::Nothing,
            (None, false) => Against::Own,
        };
        let Limits { max_usd, max_requests, max_tokens } = self.limits;
        let budget = Budget { max_usd, max_requests, max_tokens };
        Course {
            mode,
            models: &self.models,
            sample: self.sample,
            shard: self.shard,
            repeat: self.repeat,
            resume: self.resume,
            typed: budget.clone(),
            budget,
            concurrency: self.concurrency,
            against,
            base: self.base.as_deref(),
            rev: self.rev.as_deref(),
            has_ids: !self.ids.is_empty(),
            are_several: false,
            attests: self.attesting.is_asked(),
        }
    }
}

fn dollars(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|usd: &f64| usd.is_finite() && *usd >= 0.0).ok_or_else(|| {
        "write dollars, 0 or more, such as 2.50; without it nothing but the suite's budget holds".to_owned()
    })
}

fn count(text: &str) -> Result<u64, String> {
    let wrong = |_| "write a whole number, 0 or more; without it nothing but the suite's budget holds".to_owned();
    text.parse().map_err(wrong)
}

fn sample(text: &str) -> Result<u32, String> {
    let wrong = || "write how many cases to run, 1 or more; without --sample all are".to_owned();
    text.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)
}

fn repeat(text: &str) -> Result<NonZeroU32, String> {
    let wrong = || format!("write how often to ask each case, 1 to {MOST_REPEATS}; without --repeat the suite says it");
    text.parse().ok().filter(|n: &NonZeroU32| n.get() <= MOST_REPEATS).ok_or_else(wrong)
}

/// As often may a suite have a case asked.
const MOST_REPEATS: u32 = 1000;

fn concurrency(text: &str) -> Result<usize, String> {
    let wrong = || {
        format!(
            "write how many requests to have under way, 1 to {MOST_AT_ONCE}; without -j the provider's definition says it"
        )
    };
    text.parse().ok().filter(|n| (1..=MOST_AT_ONCE).contains(n)).ok_or_else(wrong)
}

/// Each request under way has a thread.
const MOST_AT_ONCE: usize = 4096;

fn shard(text: &str) -> Result<Shard, String> {
    let wrong = || "write which part of how many, I from 1 to N, such as 2/4".to_owned();
    let (index, count) = text.split_once('/').ok_or_else(wrong)?;
    let (index, count) = (index.parse().map_err(|_| wrong())?, count.parse().map_err(|_| wrong())?);
    if index >= 1 && index <= count { Ok(Shard { index, count }) } else { Err(wrong()) }
}
