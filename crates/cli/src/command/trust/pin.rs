//! `promptuary trust pin`.

use source::Digest;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;

/// Trust this ledger on this machine, for this repository
///
/// DIGEST is the root that a colleague's `promptuary trust show` prints; take it by another way than this repository. Where
/// the repository holds a ledger, its root must be this one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The ledger's root: sha256: and 64 hex digits
    #[arg(value_parser = named::digest)]
    digest: Digest,
}

/// Holds the digest against what is here, writes the pin.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let mut desk = app.desk()?;
    desk.root = Some(args.digest);
    match desk.look_if_here(release::Scope::Policy, |_| Ok(())) {
        Ok(Ok(())) => {}
        // Nothing is here to hold it against: what comes first must be it.
        Ok(Err(_)) => app
            .terminal
            .warn("no ledger is here yet to hold it against; whatever is fetched must begin with it (promptuary sync)"),
        Err(error) => {
            let failure = Failure::of_release(error, app);
            let help = "compare it with what your colleague has (promptuary trust show); where this one is right, the \
                        repository here is another: see git remote -v, and what is fetched";
            return Err(if failure.is_other_root() { failure.help(help) } else { failure });
        }
    }
    let trust = desk.repo.trust()?;
    let before = trust.root()?;
    trust.pin(&args.digest)?;
    app.terminal.tell(match before {
        Some(before) if before == args.digest => format!("{} was pinned before\n", before.tagged()),
        Some(before) => format!("pinned {}\ninstead of {}\n", args.digest.tagged(), before.tagged()),
        None => format!("pinned {}\n", args.digest.tagged()),
    });
    Ok(Exit::Clean)
}
