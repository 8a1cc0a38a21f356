//! A change of policy as maintainers see it: what it means, what it needs.

use std::fmt::Write as _;

use ledger::LostTarget;
use ledger::record::Decision;
use policy::diff::{Change, Effect};
use release::Proposal;
use serde_json::{Value, json};
use source::escape::terminal;

use crate::acting;
use crate::app::App;

/// What it changes, what was said, what it needs.
pub(crate) fn sheet(proposal: &Proposal, app: &App) -> String {
    let mut text = format!("policy {}, commit {}\n", proposal.sequence, proposal.commit);
    let _ = writeln!(text, "  documents {}", proposal.documents.tagged());
    for word in &proposal.words {
        let verb = if word.decision == Decision::Approve { "approves" } else { "REJECTS" };
        let why = word.reason.as_ref().map_or(String::new(), |why| format!(": {}", terminal(why)));
        let _ = writeln!(text, "  said      {} {verb} since {}{why}", terminal(&word.by), word.at);
    }
    text += &proposal.behind.as_ref().map_or(String::new(), |why| format!("  NOTE      {why}\n"));
    text += &changes(&proposal.changes);
    text += &seals(&proposal.seals);
    text += &lost(&proposal.lost);
    text + &acting::demands(&proposal.demands, app)
}

/// What is missing, and the command that follows.
pub(crate) fn missing(proposal: &Proposal, app: &App) -> String {
    let mut text = acting::unmet(&proposal.demands, app);
    let ready = proposal.demands.iter().all(ledger::Demand::is_met);
    let word = if ready { "nothing is missing:" } else { "then " };
    let _ = writeln!(text, "  {word} promptuary policy publish --rev {}", proposal.commit);
    let _ = writeln!(text, "         may be done by {}", terminal(&proposal.maintainers.join(", ")));
    text
}

/// The tips that publishing must seal.
pub(crate) fn seals<E: std::fmt::Display, P: std::fmt::Display>(seals: &[(E, P, ledger::Refusal)]) -> String {
    seals.iter().fold(String::new(), |mut text, (env, id, why)| {
        let _ = writeln!(text, "seal      {id} in {env}, written together with it: {}", terminal(&why.detail));
        text
    })
}

/// What rollbacks could no longer go to.
pub(crate) fn lost(lost: &[LostTarget]) -> String {
    lost.iter().fold(String::new(), |mut text, LostTarget { environment, prompt, live, target, instead }| {
        let left = match instead {
            Some(version) => format!("next under it is {version} (rollback --to {version})"),
            None => "no sound target is left under it; release that content again, or retire in need".to_owned(),
        };
        let _ = writeln!(
            text,
            "rollback  of {prompt} {live} in {environment} could no longer go to {target}, which a key released that is \
             revoked: {left}"
        );
        text
    })
}

/// One line a difference, weaker ones first.
pub(crate) fn changes(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "nothing differs from the policy in effect\n".to_owned();
    }
    changes.iter().fold(String::new(), |mut text, change| {
        let (path, line) = (change.at.path(), change.at.start().line);
        let _ = writeln!(text, "{:<8}  {}  {path}:{line}", word(change.effect), change.what);
        text
    })
}

/// The same for JSON readers.
pub(crate) fn shape(proposal: &Proposal) -> Value {
    json!({
        "sequence": proposal.sequence, "commit": proposal.commit, "documents": proposal.documents,
        "changes": proposal.changes.iter().map(change).collect::<Vec<_>>(),
        "behind": proposal.behind, "demands": proposal.demands, "maintainers": proposal.maintainers, "words": proposal.words, "lost_targets": proposal.lost,
        "seals": proposal.seals.iter().map(|(env, id, why)| json!({ "environment": env, "prompt": id, "why": why }))
            .collect::<Vec<_>>(),
    })
}

/// One difference for JSON readers.
pub(crate) fn change(change: &Change) -> Value {
    let line = change.at.start().line;
    json!({ "effect": word(change.effect), "what": change.what, "path": change.at.path(), "line": line })
}

const fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Weaker => "weaker",
        Effect::Other => "other",
        Effect::Stronger => "stronger",
    }
}
