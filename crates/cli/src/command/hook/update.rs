//! `promptuary hook update`.

use crate::app::App;
use crate::command::hook::receiving::{self, Options};
use crate::exit::{Exit, Failure};

/// The same for one ref at a time, where a server runs no pre-receive hook
///
/// Judges each ref by what the server holds at that moment, so entries of one push that rest on one another (a first
/// push, a policy with its seals) are refused: they need pre-receive.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The ref, as git gives it
    name: std::ffi::OsString,
    /// What it names now
    old: String,
    /// What it would name
    new: String,
    #[command(flatten)]
    options: Options,
}

/// Judges one ref.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let arrival = receiving::arrival(&args.old, &args.new, &args.name.to_string_lossy());
    let wrong = || {
        Failure::new(Exit::Usage, "read the old and the new object's ids").help("let git run this as its update hook")
    };
    receiving::judge(&args.options, &[arrival.ok_or_else(wrong)?], app)
}
