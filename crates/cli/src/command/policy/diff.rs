//! `promptuary policy diff`.

use policy::{Action, Policy};
use release::Scope;
use serde_json::json;
use source::Report;
use source::escape::terminal;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::proposal;
use crate::report;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// Compare the worktree's policies/ with the policy in effect
///
/// Says of each difference whether it allows more or demands more, which live prompts would need a seal because a key behind
/// them is revoked, and who must sign before it takes effect.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Reads both, shows what differs in meaning.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let desk = app.desk()?;
    let loaded = Policy::load(&desk.repo.worktree()?);
    let Some(new) = loaded.policy else {
        return Ok(report::instead(&Report::new(loaded.findings), app));
    };
    let read = desk.read(Scope::All, |ledger| {
        let old = ledger.policy()?;
        let maintainers = old.who_may(Action::PublishPolicy, None, None);
        let maintainers: Vec<String> = maintainers.iter().filter(|p| p.signs()).map(|p| p.name.clone()).collect();
        let (approvals, _) = old.policy_changes();
        let changes = policy::diff::diff(old, &new);
        let behind = if changes.is_empty() { None } else { release::behind(&desk, ledger) };
        let lost = ledger.targets_lost(&new)?;
        Ok((changes, ledger.tips_to_seal(&new)?, lost, maintainers, approvals, behind))
    });
    let (changes, seals, lost, maintainers, approvals, behind) =
        read.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    if args.shape.is_json() {
        let sealed = |(env, id, why): &(_, _, _)| json!({ "environment": env, "prompt": id, "why": why });
        app.terminal.value(&json!({
            "changes": changes.iter().map(proposal::change).collect::<Vec<_>>(),
            "seals": seals.iter().map(sealed).collect::<Vec<_>>(),
            "lost_targets": lost, "maintainers": maintainers, "approvals": approvals, "behind": behind,
        }))?;
        return Ok(Exit::Clean);
    }
    if let Some(why) = &behind {
        app.terminal.say(format!("note: {why}"));
    }
    app.terminal.tell(proposal::changes(&changes));
    app.terminal.tell(proposal::seals(&seals));
    app.terminal.tell(proposal::lost(&lost));
    if !changes.is_empty() {
        let approved = match approvals {
            0 => String::new(),
            1 => ", with 1 approval by another maintainer".to_owned(),
            n => format!(", with {n} approvals by other maintainers"),
        };
        let who = terminal(&maintainers.join(", ")).into_owned();
        let one_of = if maintainers.len() > 1 { "one of " } else { "" };
        app.terminal.say(format!("it takes effect when {one_of}{who} publishes it{approved}"));
    }
    Ok(Exit::Clean)
}
