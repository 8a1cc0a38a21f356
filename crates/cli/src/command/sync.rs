//! `promptuary sync`.

use serde_json::json;
use source::render::counted;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::interrupt::Hold;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// Fetch what others wrote to the ledger
///
/// Only ledger tags and what they need are fetched, beside the clone: its branches, tags and configuration stay as they
/// are. Tags that the remote moved or deleted since are told (exit 7); what it showed first still counts. With --root or a
/// lock file that is named, what is here then is held to it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Then publish what was written here while there was no remote, and what the remote has lost since
    #[arg(long)]
    push: bool,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Fetches, perhaps publishes, tells what changed.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let _hold = Hold::new();
    app.trust(&args.trusted);
    let mut desk = app.desk()?;
    let Some(remote) = desk.remote.clone() else {
        let failure = Failure::new(Exit::Usage, "sync: this repository has no remote");
        return Err(failure.help("add one: git remote add origin URL"));
    };
    let fetched = desk.fetch().map_err(|error| Failure::of_release(error, app))?.unwrap_or_default();
    if args.trusted.is_named() {
        let held = desk.read(release::Scope::All, |_| Ok(()));
        held.map_err(|error| Failure::of_release(error, app))?;
    }
    let pushed = match args.push {
        true => desk.publish_rest(&fetched.deleted).map_err(|error| Failure::of_release(error, app))?,
        false => Vec::new(),
    };
    let moved: Vec<_> = fetched.moved.iter().map(|moved| moved.name.clone()).collect();
    if args.shape.is_json() {
        let shape = json!({
            "remote": remote.name, "new": fetched.new, "moved": moved, "deleted": fetched.deleted,
            "shown": fetched.shown, "pushed": pushed,
        });
        app.terminal.value(&shape)?;
    } else {
        let (new, all) = (counted(fetched.new.len(), "new tag"), counted(fetched.shown, "tag"));
        app.terminal.tell(format!("{}: {new}, {all} in all\n", remote.name));
        pushed.iter().for_each(|name| app.terminal.tell(format!("published {name}\n")));
    }
    for (word, names) in [("moved", &moved), ("deleted", &fetched.deleted)] {
        names.iter().for_each(|name| {
            app.terminal.warn(format!("{} {word} {name}; what it showed first still counts", remote.name))
        });
    }
    acting::tell_strays(&desk, app)?;
    // A tag that never was an entry may go: nothing rests on it.
    let gone = |name: &&String| name.parse::<ledger::RefName>().is_ok() && !pushed.contains(name);
    let gone = fetched.deleted.iter().filter(gone).count();
    if gone > 0 {
        app.terminal.say("  help: find out who deleted it, then give it back: promptuary sync --push");
    }
    Ok(if moved.is_empty() && gone == 0 { Exit::Clean } else { Exit::Refused })
}
