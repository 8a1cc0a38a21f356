//! `promptuary review`.

use check::diff::Look;
use clap::ValueEnum;
use release::review::{self, Conclusion, Review, Side, Standing};
use repo::Repo;
use source::escape;

use crate::app::App;
use crate::base;
use crate::exit::{Exit, Failure};
use crate::trusted::Trusted;
use crate::written::{Reports, Shapes};

/// Review what a branch changes, in one report
///
/// Compares the worktree with the commit at which it left a branch: findings by the policies of both, what callers notice,
/// which prompts a block or route reaches, evals of what is affected (from recordings, never from a provider), what calls
/// cost, and what releasing would need by the policy in effect. What was wrong before is counted, not repeated.
///
/// The Markdown report begins with a hidden marker by which a pull request's comment is found again, and stays below
/// GitHub's limit of 65,536 characters.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The branch or revision that this one was started from [default: the remote's default branch; without a remote, main]
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Review a revision instead of the worktree
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// Exit 3 where an eval could not decide
    #[arg(long)]
    strict: bool,
    /// Fail (exit 8) where what was released is not here
    #[arg(long)]
    require_releases: bool,
    #[command(flatten)]
    trusted: Trusted,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    reports: Reports<Format>,
}

/// The shapes of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Human,
    /// For the comment of a pull request
    Markdown,
    /// One JSON object
    Json,
    /// One page that needs nothing else, with all texts side by side
    Html,
}

impl Shapes for Format {
    const HELP: &'static str = "Also write it to FILE, shaped by its name: .md, .json, .html or .txt; repeatable";
    const ENDINGS: &'static [(&'static str, Self)] =
        &[("md", Self::Markdown), ("json", Self::Json), ("html", Self::Html), ("txt", Self::Human)];
}

/// Finds both sides, reviews, shows.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    args.reports.check(app)?;
    let mut desk = app.desk()?;
    // Looking trusts nothing: a root that was never seen is not pinned by a review.
    desk.dry_run = true;
    let named = match &args.base {
        Some(base) => base.clone(),
        None => {
            let base = base::default("promptuary review", &desk.repo)?;
            app.terminal.say(format!("note: compared with {base}; another branch: promptuary review --base REV"));
            base
        }
    };
    let (base, head) = sides(&named, args, &desk.repo)?;
    let review = review::review(&desk, &base, &head).map_err(|error| Failure::of_release(error, app))?;
    if let (Standing::Unknown { why, remedy }, true) = (&review.standing, args.require_releases) {
        return Err(Failure::new(Exit::Unverifiable, format!("review with releases: {why}")).help(*remedy));
    }
    let exit = exit(&review, args.strict);
    let look = Look { colour: app.terminal.colour, width: app.terminal.width };
    app.terminal.answer(text(&review, args.format, look, exit));
    Ok(exit.or_worse(args.reports.write(|shape, take| take(&text(&review, shape, Look::default(), exit)), app)))
}

/// Where the branch started, and what it is now.
fn sides(named: &str, args: &Args, repo: &Repo) -> Result<(Side, Side), Failure> {
    let commit = match &args.rev {
        Some(rev) => repo.rev_parse(rev)?,
        None => repo.head()?.commit()?,
    };
    let start = base::left_at(named, commit, repo)?;
    let snapshot = repo.commit_snapshot(start, named)?;
    let base = Side { name: named.to_owned(), commit: Some(start), snapshot };
    let head = match &args.rev {
        Some(rev) => Side { name: rev.clone(), commit: Some(commit), snapshot: repo.commit_snapshot(commit, rev)? },
        None => Side { name: "the worktree".to_owned(), commit: None, snapshot: repo.worktree()? },
    };
    Ok((base, head))
}

fn exit(review: &Review, strict: bool) -> Exit {
    let conclusion = review.conclusion();
    match conclusion.class() {
        Some(class) => class.into(),
        None if strict && conclusion == Conclusion::Inconclusive => Exit::Inconclusive,
        None => Exit::Clean,
    }
}

fn text(review: &Review, format: Format, look: Look, exit: Exit) -> String {
    match format {
        Format::Human => review::terminal(review, look),
        Format::Markdown => review::markdown(review),
        // Whatever reads it, people see it in the log of a run.
        Format::Json => escape::json(&format!("{:#}\n", review::json(review, exit.code()))).into_owned(),
        Format::Html => review::html(review),
    }
}
