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
    let desk = app.desk()?;
    let trust = desk.repo.trust()?;
    let root = trust.root()?.as_ref().map(Digest::tagged);
    let locked = release::locked_root(&desk).map_err(|error| Failure::of_release(error, app))?;
    let locked = locked.as_ref().map(Digest::tagged);
    if args.shape.is_json() {
        app.terminal.value(&json!({ "root": root, "place": trust.place("root"), "locked": locked }))?;
        return Ok(Exit::Clean);
    }
    match (&root, &locked) {
        (Some(root), _) => app.terminal.tell(format!("{root}\n")),
        (None, Some(locked)) => {
            app.terminal.tell(format!("{locked}\n"));
            app.terminal.say("so says the lock file; this machine has pinned nothing yet");
        }
        (None, None) if trust.remembers() => {
            app.terminal.say("no ledger is pinned here yet; the first one that is seen will be");
        }
        (None, None) => app.terminal.say(
            "no ledger is pinned here, and none can be: neither XDG_STATE_HOME nor HOME is set; name it with --root or a \
             lock file",
        ),
    }
    if root.is_some() && locked.is_some() && root != locked {
        let locked = locked.unwrap_or_default();
        app.terminal.warn(format!(
            "the lock file names another ledger, {locked}: commands that read it refuse (root-mismatch)"
        ));
    }
    Ok(Exit::Clean)
}
