//! `promptuary tour`.

use std::path::PathBuf;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::tour::{Manner, perform};

/// Walk the whole life of a prompt in a scratch repository
///
/// Makes a folder with a repository, a remote and keys of its own, and performs there what you would do: every command
/// is run as it is shown. Your own configuration and home are not touched. The folder is left for you to explore.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to build it in; it must be empty or new [default: a new one for temporary files]
    folder: Option<PathBuf>,
    /// Wait for Enter after each chapter's title
    #[arg(long)]
    pause: bool,
}

/// Performs it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    perform(&Manner { folder: args.folder.clone(), pause: args.pause && app.terminal.attended }, app)
}
