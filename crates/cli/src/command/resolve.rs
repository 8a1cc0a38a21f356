//! `promptuary resolve`.

use ledger::Code;
use resolver::{Options, Resolved, Resolver};
use source::{EnvName, PromptId};

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// Give the prompt that is live in an environment, verified
///
/// Never fetches: it answers from what this clone knows, and says when that was fetched. `--format json` holds the
/// compiled prompt and a `telemetry` object to put on traces.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = named::prompt)]
    id: PromptId,
    /// The environment
    #[arg(long, value_parser = named::name::<EnvName>)]
    env: EnvName,
    /// Refuse a ledger that is not pinned yet (exit 8)
    #[arg(long)]
    strict: bool,
    /// Refuse what was fetched longer ago than this, such as 15m or 2h (exit 8)
    #[arg(long, value_name = "SPAN", value_parser = named::seconds)]
    max_age: Option<u64>,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Verifies and shows what is live.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let locked = args.trusted.lock(app);
    let options = Options { root: args.trusted.root, strict: args.strict, max_age: args.max_age, locked };
    let resolver = Resolver::new(app.repo()?, options);
    let resolved = resolver.resolve_once(&args.env, &args.id, app.now()).map_err(|error| failure(error, args, app))?;
    let forgotten = resolver.forgotten();
    if !resolved.pinned {
        let root = resolved.root.tagged();
        let how = if forgotten.is_none() { "from now on, as first seen" } else { "this once, and cannot remember it" };
        app.terminal.warn(format!("root-unpinned: this machine trusts the ledger {root} {how}"));
    }
    if let Some(why) = forgotten {
        acting::tell_forgotten(&why, app);
    }
    if args.shape.is_json() {
        app.terminal.value(&resolved)?;
    } else {
        app.terminal.tell(text(&resolved));
    }
    Ok(Exit::Clean)
}

/// Where there is no ledger at all, the clone says more about the remedy than the ledger can.
fn failure(error: resolver::Error, args: &Args, app: &App) -> Failure {
    match (error, app.desk()) {
        (resolver::Error::Refused(refusal), Ok(desk)) if refusal.code == Code::RootMissing => {
            Failure::of_release(desk.explain_missing(refusal, args.trusted.root.is_some()), app)
        }
        (error, _) => error.into(),
    }
}

fn text(resolved: &Resolved) -> String {
    let held = if resolved.held { ", automation on hold" } else { "" };
    let synced = resolved.synced.map_or_else(|| "never".to_owned(), |at| at.to_string());
    format!(
        "{} {}\n  content   {}\n  model     {}\n  risk      {}\n  live      in {} since {}, entry {}{held}\n  verified  \
         policy {}, root {}\n  fetched   {synced}\n",
        resolved.prompt,
        resolved.version,
        resolved.content.tagged(),
        resolved.model,
        resolved.risk,
        resolved.environment,
        resolved.since,
        resolved.sequence,
        resolved.policy,
        resolved.root.tagged(),
    )
}
