//! `promptuary policy approve`.

use ledger::record::{Decision, Reason};
use release::{Needs, PolicyApproved, PolicyBallot};
use serde_json::json;
use source::Digest;
use source::escape::terminal;

use crate::acting::{self, Trial};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named::{self, Until};
use crate::proposal;

/// Approve or reject a change of policy that somebody else publishes
///
/// Shows what it makes weaker and stronger, and what it needs, then asks. Where nobody can be asked, --documents says what
/// was looked at: the digest that --dry-run shows. The commit must be the one that is published.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The commit whose policies/ to approve [default: HEAD]
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// Say no; --reason says why
    #[arg(long, requires = "reason")]
    reject: bool,
    /// The last moment at which it may be used, or a span such as 3d [default: as long as policy lets approvals last]
    #[arg(long, value_name = "UNTIL", value_parser = named::until)]
    expires: Option<Until>,
    /// The documents that were looked at; nothing is shown or asked, and any others are refused
    #[arg(long, value_name = "DIGEST", value_parser = named::digest)]
    documents: Option<Digest>,
    /// Why, in one line; it stands in the record for good
    #[arg(long, short = 'm', value_parser = named::reason)]
    reason: Option<Reason>,
    #[command(flatten)]
    trial: Trial,
}

/// Looks, asks, signs, publishes; says what is still missing.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let needs = Needs::Publishing(args.rev.as_deref());
    let (mut desk, _hold) = args.trial.desk_for(needs, app)?;
    let failed = |error| Failure::of_release(error, app);
    let verb = if args.reject { "reject" } else { "approve" };
    let mut seen = args.documents;
    if args.documents.is_none() {
        let proposed = release::propose(&desk, args.rev.as_deref()).map_err(failed)?;
        if !args.trial.dry_run && !app.terminal.can_ask() {
            let what = format!("{verb} policy {}: nobody is here to be asked", proposed.sequence);
            let reject = if args.reject { " --reject --reason \"…\"" } else { "" };
            let command = format!("promptuary policy approve --rev {}{reject}", proposed.commit);
            let digest = proposed.documents.tagged();
            let help = format!("look at it: {command} --dry-run\n      then: {command} --documents {digest}");
            return Err(Failure::new(Exit::Usage, what).help(help));
        }
        if !args.trial.shape.is_json() {
            app.terminal.answer(proposal::sheet(&proposed, app));
        }
        if !args.trial.dry_run {
            if !app.terminal.ask(&format!("{verb} policy {}?", proposed.sequence)) {
                app.terminal.say("nothing was written");
                return Ok(Exit::Findings);
            }
            (desk, _) = args.trial.desk_for(needs, app)?;
        }
        seen = Some(proposed.documents);
    }
    let ballot = PolicyBallot {
        rev: args.rev.as_deref(),
        decision: if args.reject { Decision::Reject } else { Decision::Approve },
        expires: args.expires.map(|until| until.from(app.now())),
        reason: args.reason.as_ref(),
        documents: seen.as_ref(),
    };
    let approved = release::approve_policy(&desk, &ballot).map_err(failed)?;
    acting::tell_pin(&desk, app);
    if args.trial.shape.is_json() {
        app.terminal.value(&json!({
            "proposal": proposal::shape(&approved.proposal), "decision": approved.decision, "by": approved.by,
            "demands": approved.demands, "written": approved.written, "was_said": approved.was_said,
        }))?;
    } else {
        app.terminal.answer(text(&approved, verb, app));
    }
    let unmet = approved.demands.iter().any(|demand| !demand.is_met());
    Ok(if unmet { Exit::Findings } else { Exit::Clean })
}

fn text(approved: &PolicyApproved, verb: &str, app: &App) -> String {
    let sequence = approved.proposal.sequence;
    let past = if approved.decision == Decision::Approve { "approved" } else { "rejected" };
    let text = match (&approved.written, approved.was_said) {
        (_, true) => format!("{} {past} policy {sequence} before\n", terminal(&approved.by)),
        (Some(entry), _) => format!("{past} policy {sequence}\n{}", acting::written(std::slice::from_ref(entry))),
        (None, _) => format!("would {verb} policy {sequence}\n{}", acting::demands(&approved.demands, app)),
    };
    text + &proposal::missing(&approved.proposal, app)
}
