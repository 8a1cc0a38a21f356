//! `promptuary trust lock`.

use std::path::PathBuf;

use source::Digest;
use source::render::counted;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// Write down what this clone holds, for machines that remember nothing
///
/// Judges everything anew, then writes the root and the newest entry of every chain to .promptuary.lock in the prompt
/// root. Commit it: every command that reads the ledger refuses one that is behind the file (exit 8) or differs from it
/// (exit 7), and takes its root instead of the first one seen. The file never goes back.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write to this file instead
    file: Option<PathBuf>,
    /// Only say whether the file would change
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Trust this ledger, whatever is pinned on this machine
    #[arg(long, value_name = "DIGEST", value_parser = named::digest)]
    root: Option<Digest>,
    #[command(flatten)]
    shape: Shape,
}

/// Verifies, writes.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&Trusted::by_root(args.root));
    let mut desk = app.desk()?;
    desk.dry_run = args.dry_run;
    let file = args.file.as_ref().map(|file| app.dir().join(file));
    let written = release::lock(&mut desk, file).map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    if args.shape.is_json() {
        app.terminal.value(&written)?;
        return Ok(Exit::Clean);
    }
    let (path, chains) = (written.path.display(), counted(written.chains, "pointer"));
    app.terminal.answer(match (written.changed, args.dry_run) {
        (false, _) => format!("{path} says so already: {chains}\n"),
        (true, true) => format!("would write {path}: {chains}\n{}", written.text),
        (true, false) => format!("wrote {path}: {chains}\n"),
    });
    if written.changed && !args.dry_run {
        app.terminal.say("commit it, and write it again when pointers have moved");
    }
    Ok(Exit::Clean)
}
