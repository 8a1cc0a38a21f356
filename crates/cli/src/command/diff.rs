//! `promptuary diff`.

use check::diff::{self, Diff, Side, Texts};
use clap::ValueEnum;
use policy::Policy;
use source::{PromptId, Report};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::reference::{Found, Missing, Reference};
use crate::report;

/// Compare two versions of a prompt
///
/// Shows front matter by meaning, what callers notice and the version bump that it asks for, and messages and blocks word
/// by word. A and B are v:2.1.0 (a release), env:prod (what is live there), rev:HEAD~3, or worktree.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    id: PromptId,
    /// The older version [default: rev:HEAD]
    a: Option<String>,
    /// The newer version [default: worktree]
    b: Option<String>,
    /// Show blocks where they are included, instead of by themselves
    #[arg(long)]
    inline: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// The shapes of a diff.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For a terminal
    Human,
    /// One JSON object
    Json,
    /// For a comment
    Markdown,
    /// One page that needs nothing else, side by side
    Html,
}

/// Finds both sides, compares, shows.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let repo = app.repo()?;
    let reference =
        |given: &Option<String>, default| given.as_ref().map_or(Ok(default), |text| Reference::read(text, &repo));
    let a = reference(&args.a, Reference::Revision("HEAD".to_owned()))?;
    let b = reference(&args.b, Reference::Worktree)?;
    let (old, new) = match (a.find(&args.id, &repo, app), b.find(&args.id, &repo, app)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(Missing::Failed(failure)), _) | (_, Err(Missing::Failed(failure))) => return Err(failure),
        (Err(Missing::Faulty(findings)), _) | (_, Err(Missing::Faulty(findings))) => {
            return Ok(report::show(&Report::new(findings), report::Format::Human, app));
        }
    };
    let policy = Policy::load(&repo.worktree()?).policy;
    let texts = if args.inline { Texts::Inlined } else { Texts::Apart };
    let side = |label, found| side(label, found, policy.as_ref());
    let labels = (a.label(), b.label());
    let diff = diff::diff(side(&labels.0, &old), side(&labels.1, &new), texts, &check::subject::validator);
    show(&diff, args.format, app);
    Ok(Exit::Clean)
}

fn side<'a>(label: &'a str, found: &'a Found, policy: Option<&'a Policy>) -> Side<'a> {
    let price = policy.and_then(|policy| policy.price(&found.compiled.model)).map(|price| price.value);
    Side { label, prompt: &found.prompt, compiled: &found.compiled, price }
}

fn show(diff: &Diff, format: Format, app: &App) {
    match format {
        Format::Human => app.terminal.answer(diff::terminal(diff, app.terminal.colour)),
        Format::Json => app.terminal.json(&diff::json(diff)),
        Format::Markdown => app.terminal.answer(diff::markdown(diff, 2)),
        Format::Html => app.terminal.answer(diff::html(std::slice::from_ref(diff))),
    }
}
