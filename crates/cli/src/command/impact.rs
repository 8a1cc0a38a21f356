//! `promptuary impact`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use check::Contents;
use check::impact::{Impact, dot, impact, reach, tree};
use clap::ValueEnum;
use prompt::Catalog;
use repo::Repo;
use source::{BlockName, PromptId, RepoPath, Snapshot};

use crate::app::App;
use crate::base;
use crate::exit::{Exit, Failure};
use crate::scope;

/// Show which prompts a change reaches, and by which path
///
/// Compares the worktree with a revision: every prompt whose content digest moves is named, with the blocks and routes
/// that carried the change there. With PATHS it says before an edit what editing these files would reach.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Blocks, prompts or prompts/routes.yaml, or folders of them: what editing them would reach
    #[arg(conflicts_with = "base")]
    paths: Vec<PathBuf>,
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

/// Composes both sides and compares digests; or follows what would carry an edit.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let repo = app.repo()?;
    let snapshot = repo.worktree()?;
    let after = Catalog::load(&snapshot);
    let contents = Contents::of(&after);
    if !args.paths.is_empty() {
        let files = files(args, &snapshot, &after, &repo, app)?;
        let names: Vec<_> = files.iter().map(ToString::to_string).collect();
        app.terminal.detail(format!("what is asked about: {}", names.join(", ")));
        let nothing = format!("an edit of {} would reach no prompt", few(&names));
        return show(&reach(&contents, &files), &nothing, args, app);
    }
    let start = base::left_at(&args.base, repo.head()?.commit()?, &repo)?;
    app.terminal.detail(format!("the worktree against {}, commit {}", args.base, start.short()));
    let before = Catalog::load(&repo.commit_snapshot(start, &args.base)?);
    let nothing = format!("no prompt's content differs from {}", args.base);
    show(&impact(&Contents::of(&before), &contents), &nothing, args, app)
}

fn show(impact: &Impact, nothing: &str, args: &Args, app: &App) -> Result<Exit, Failure> {
    match args.format {
        Format::Tree if impact.prompts.is_empty() => app.terminal.say(nothing),
        Format::Tree => app.terminal.tell(tree::tree(impact)),
        Format::Json => app.terminal.json(&serde_json::to_value(impact).map_err(|e| Failure::of(Exit::Usage, &e))?),
        Format::Dot => app.terminal.answer(dot::dot(impact)),
    }
    Ok(Exit::Clean)
}

/// The files that are meant: at or below the paths from the directory of the run, or else what an include or an id names.
fn files(
    args: &Args,
    snapshot: &Snapshot,
    catalog: &Catalog,
    repo: &Repo,
    app: &App,
) -> Result<BTreeSet<RepoPath>, Failure> {
    let root = repo.root_dir()?;
    let mut files = BTreeSet::new();
    for path in &args.paths {
        let typed = path.to_str().unwrap_or_default();
        let named = || {
            let block = typed.parse::<BlockName>().ok().map(|name| name.path());
            let known = block.into_iter().chain(typed.parse::<PromptId>().ok().map(|id| id.path()));
            known.into_iter().find(|path| snapshot.files.contains_key(path))
        };
        let there = app.dir().join(path).exists();
        if let Some(path) = named().filter(|_| !there) {
            files.insert(path);
            continue;
        }
        let unknown = || {
            let what = format!("find {} in {}", path.display(), snapshot.name);
            let blocks: Vec<String> = catalog.blocks().map(|block| block.name.path().to_string()).collect();
            let near = source::did_you_mean(typed, blocks.iter().map(String::as_str));
            let failure = Failure::new(Exit::Usage, what);
            failure.help(near.unwrap_or_else(|| "name a block, such as prompts/blocks/NAME.md, or a folder".to_owned()))
        };
        let below = if there { scope::below(&root, app.dir(), path)? } else { return Err(unknown()) };
        let meant = |file: &&RepoPath| below.is_empty() || file.as_str() == below || file.below(&below).is_some();
        let found: Vec<RepoPath> = snapshot.files.keys().filter(meant).cloned().collect();
        if found.is_empty() {
            return Err(unknown());
        }
        files.extend(found);
    }
    Ok(files)
}

fn few(names: &[String]) -> String {
    match names {
        [one] => one.clone(),
        many => format!("these {} files", many.len()),
    }
}
