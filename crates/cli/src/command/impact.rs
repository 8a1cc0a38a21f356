//! `promptuary impact`.

use check::Contents;
use check::impact::{dot, impact, tree};
use clap::ValueEnum;
use prompt::Catalog;

use crate::app::App;
use crate::base;
use crate::exit::{Exit, Failure};

/// Show which prompts a change reaches, and by which path
///
/// Compares the worktree with a revision: every prompt whose content digest moves is named, with the blocks and routes
/// that carried the change there.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The revision to compare with, or the branch: then the commit at which this one left it
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    base: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Tree)]
    format: Format,
}

/// The shapes of an impact.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A tree from what changed to what it reaches
    Tree,
    /// One JSON object
    Json,
    /// A graph for Graphviz
    Dot,
}

/// Composes both sides and compares digests.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let repo = app.repo()?;
    let start = base::left_at(&args.base, repo.head()?.commit()?, &repo)?;
    let before = Catalog::load(&repo.commit_snapshot(start, &args.base)?);
    let after = Catalog::load(&repo.worktree()?);
    let impact = impact(&Contents::of(&before), &Contents::of(&after));
    match args.format {
        Format::Tree if impact.prompts.is_empty() => {
            app.terminal.say(format!("no prompt's content differs from {}", args.base));
        }
        Format::Tree => app.terminal.tell(tree::tree(&impact)),
        Format::Json => app.terminal.json(&serde_json::to_value(&impact).map_err(|e| Failure::of(Exit::Usage, &e))?),
        Format::Dot => app.terminal.answer(dot::dot(&impact)),
    }
    Ok(Exit::Clean)
}
