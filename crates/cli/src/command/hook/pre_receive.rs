//! `promptuary hook pre-receive`.

use crate::app::App;
use crate::command::hook::receiving::{self, Options};
use crate::exit::{Exit, Failure};

/// Let a server accept only entries that hold
///
/// The hook of a bare repository that people push to: `exec promptuary hook pre-receive` in hooks/pre-receive. Reads
/// git's list of refs from standard input and judges what concerns the ledger, all of it together, by the server's own
/// policy, refs and clock. Entries may be created when they are valid and come next; none may be moved or deleted.
/// Branches and other tags pass.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
}

/// Judges the push on standard input.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let input = app.input()?;
    let mut arrivals = Vec::new();
    // A ref's name is bytes; one that is no text is none of ours, or lies where only ours may.
    for line in String::from_utf8_lossy(&input).lines() {
        let mut words = line.splitn(3, ' ');
        let arrival = match (words.next(), words.next(), words.next()) {
            (Some(old), Some(new), Some(name)) => receiving::arrival(old, new, name),
            _ => None,
        };
        arrivals.push(arrival.ok_or_else(|| unreadable(line))?);
    }
    receiving::judge(&args.options, &arrivals, app)
}

fn unreadable(line: &str) -> Failure {
    let line = source::escape::terminal(line).into_owned();
    Failure::new(Exit::Usage, format!("read `{line}` as `OLD NEW REF`"))
        .help("let git run this as its pre-receive hook")
}
