//! `promptuary man`.

use std::path::PathBuf;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::manual;

/// Print the manual, or write its pages
///
/// Without arguments prints the page of promptuary itself, for `promptuary man | man -l -`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command whose page to print, such as `promote` or `policy publish`
    #[arg(conflicts_with_all = ["to", "markdown"])]
    command: Vec<String>,
    /// Write every page into DIR, as promptuary.1, promptuary-check.1, …
    #[arg(long, value_name = "DIR", conflicts_with = "markdown")]
    to: Option<PathBuf>,
    /// Print all of it as one Markdown document
    #[arg(long)]
    markdown: bool,
}

/// Prints or writes the manual.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    if args.markdown {
        app.terminal.answer(manual::markdown());
    } else if let Some(folder) = &args.to {
        let cannot = |error: std::io::Error| {
            Failure::new(Exit::Usage, format!("write the pages into {}: {error}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(cannot)?;
        for (name, page) in manual::pages() {
            std::fs::write(folder.join(name), page).map_err(cannot)?;
        }
    } else {
        let name = std::iter::once("promptuary").chain(args.command.iter().map(String::as_str));
        let name = format!("{}.1", name.collect::<Vec<_>>().join("-"));
        let page = manual::pages().into_iter().find(|(page, _)| *page == name);
        let (_, page) = page.ok_or_else(|| manual::unknown(&args.command))?;
        app.terminal.answer(page);
    }
    Ok(Exit::Clean)
}
