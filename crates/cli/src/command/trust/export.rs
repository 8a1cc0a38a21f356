//! `promptuary trust export`.

use release::Scope;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::trusted::Trusted;

/// Print the keys of the ledger's policies as git's allowed_signers file
///
/// With it plain git verifies signatures: git -c gpg.ssh.allowedSignersFile=FILE tag -v TAG. Keys that were retired, revoked
/// or taken out since are good for tags dated before that. git believes that date: what a stolen key dates back, and whether
/// the signer was allowed to do what a tag says, is for `promptuary verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    trusted: Trusted,
}

/// Prints the keys.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let desk = app.desk()?;
    let signers = desk.read(Scope::Policy, |ledger| Ok(ledger.allowed_signers()?));
    let signers = signers.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    app.terminal.answer(signers);
    Ok(Exit::Clean)
}
