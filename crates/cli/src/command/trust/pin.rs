//! `promptuary trust pin`.

use source::Digest;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;

/// Trust this ledger on this machine, for this repository
///
/// DIGEST is the root that a colleague's `promptuary trust show` prints; take it by another way than this repository.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The ledger's root: sha256: and 64 hex digits
    #[arg(value_parser = named::digest)]
    digest: Digest,
}

/// Writes the pin.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let trust = app.repo()?.trust()?;
    let before = trust.root()?;
    trust.pin(&args.digest)?;
    app.terminal.answer(match before {
        Some(before) if before == args.digest => format!("{} was pinned before\n", before.tagged()),
        Some(before) => format!("pinned {}\ninstead of {}\n", args.digest.tagged(), before.tagged()),
        None => format!("pinned {}\n", args.digest.tagged()),
    });
    Ok(Exit::Clean)
}
