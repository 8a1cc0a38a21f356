//! `promptuary policy publish`.

use release::{Needs, Published};
use serde_json::json;
use source::escape::terminal;

use crate::acting::{self, Acting};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::proposal;

/// Put the committed policies/ into effect
///
/// The first policy is the root of the ledger. Each later one is signed by a maintainer of the policy before it, and
/// cites as many approvals as that one demands.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The commit whose policies/ to publish [default: HEAD]
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Plans, signs, publishes.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let (desk, _hold) = args.acting.trial.desk_for(Needs::Publishing(args.rev.as_deref()), app)?;
    let done = release::publish(&desk, args.rev.as_deref(), args.acting.reason.clone());
    let done = done.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    if args.acting.trial.shape.is_json() {
        app.terminal.value(&json!({
            "sequence": done.sequence, "commit": done.commit, "demands": done.demands, "written": done.written,
            "seals": done.seals, "lost_targets": done.lost, "root": done.is_root, "was_published": done.was_published, "behind": done.behind, "unpushed": done.unpushed,
        }))?;
    } else {
        tell(&done, app);
    }
    let unmet = done.written.is_empty() && !done.was_published && done.demands.iter().any(|demand| !demand.is_met());
    Ok(if unmet { Exit::Findings } else { Exit::Clean })
}

fn tell(done: &Published, app: &App) {
    if done.was_published {
        return app
            .terminal
            .answer(format!("policy {} is in effect already, with these very documents\n", done.sequence));
    }
    if let Some(why) = &done.behind {
        app.terminal.say(format!("note: {why}"));
    }
    if let Some(remote) = &done.unpushed {
        let (commit, remote) = (done.commit.short(), terminal(remote));
        app.terminal.say(format!(
            "note: commit {commit} is on no branch of {remote}: the policy's tag carries it there, but nobody who looks at a \
             branch sees what is in effect (git push)"
        ));
    }
    for (env, id) in &done.seals {
        let sealed = if done.written.is_empty() { "it would be sealed" } else { "sealed" };
        app.terminal.say(format!("a key behind {id} in {env} is revoked by it: {sealed} together with it"));
    }
    if !done.lost.is_empty() {
        app.terminal.say(proposal::lost(&done.lost).trim_end());
    }
    let Some(entry) = done.written.first() else {
        return app.terminal.tell(format!(
            "would publish policy {}\n{}",
            done.sequence,
            acting::demands(&done.demands, app)
        ));
    };
    app.terminal.tell(format!("policy {} is in effect\n{}", done.sequence, acting::written(&done.written)));
    if done.is_root {
        let root = entry.entry.tagged();
        app.terminal.say(format!("this is the root of the ledger; others trust it with: promptuary trust pin {root}"));
    }
    if done.lone_maintainer {
        app.terminal.say("there is a single maintainer; add a second one, with a key that is kept offline");
    }
}
