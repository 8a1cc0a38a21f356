//! `promptuary trust show`.

use serde_json::json;
use source::Digest;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::shape::Shape;

/// Show the ledger that is pinned on this machine for this repository
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    shape: Shape,
}

/// Reads the pin.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let trust = app.repo()?.trust()?;
    let root = trust.root()?.as_ref().map(Digest::tagged);
    if args.shape.is_json() {
        app.terminal.value(&json!({ "root": root, "place": trust.place("root") }))?;
    } else if let Some(root) = root {
        app.terminal.tell(format!("{root}\n"));
    } else {
        app.terminal.say("no ledger is pinned here yet; the first one that is seen will be");
    }
    Ok(Exit::Clean)
}
