//! `promptuary trust export`.

use release::Scope;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::trusted::Trusted;

/// Print the keys of the policy in effect as git's allowed_signers file
///
/// With it plain git verifies signatures: git -c gpg.ssh.allowedSignersFile=FILE tag -v TAG. Whether the signer was
/// allowed to do what a tag says is for `promptuary verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    trusted: Trusted,
}

/// Prints the keys.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let desk = app.desk()?;
    let signers = desk.read(Scope::Policy, |ledger| Ok(ledger::export::allowed_signers(ledger.policy()?)));
    let signers = signers.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    app.terminal.answer(signers);
    Ok(Exit::Clean)
}
