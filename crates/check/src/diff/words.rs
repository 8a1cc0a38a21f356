//! The sentences that every rendering of a diff shares.

use super::Diff;
use crate::contract::{Bump, ChangeKind};

/// `support/triage: v:2.0.0 to the worktree`.
pub(crate) fn heading(diff: &Diff) -> String {
    format!("{}: {} to {}", diff.id, diff.labels[0], diff.labels[1])
}

/// What the change asks of the version number, and whether it gets it.
pub(crate) fn verdict(diff: &Diff) -> String {
    let (old, new) = (&diff.versions[0], &diff.versions[1]);
    let needed = diff.contract.bump();
    match needed {
        Bump::None => "callers and models notice nothing".to_owned(),
        _ if needed.is_announced(old, new) => {
            format!("a {needed} change, announced: {old} to {new}")
        }
        _ => format!("a {needed} change, not announced: {new} should be {} or higher", needed.next(old)),
    }
}

/// The changes that callers may break on, and the questions that stay open.
pub(crate) fn reasons(diff: &Diff) -> Vec<String> {
    let grave = |kind: ChangeKind| kind.bump() == Bump::Major || kind == ChangeKind::SchemaIncomparable;
    diff.contract.changes.iter().filter(|change| grave(change.kind)).map(|change| change.message.clone()).collect()
}

/// The fixed text in tokens and in money.
pub(crate) fn figures(diff: &Diff) -> String {
    let [old, new] = diff.tokens;
    let mut out = match old == new {
        true => format!("fixed text: {new} tokens (o200k_base), as before"),
        false => format!("fixed text: {new} tokens (o200k_base), {old} before{}", share(old as f64, new as f64)),
    };
    if let [Some(old), Some(new)] = diff.dollars {
        match (old - new).abs() < 5e-7 {
            true => out.push_str(&format!("; ${} a thousand calls, as before", dollars(new))),
            false => out.push_str(&format!("; ${} a thousand calls, ${} before", dollars(new), dollars(old))),
        }
    }
    out
}

fn share(old: f64, new: f64) -> String {
    if old == 0.0 {
        return String::new();
    }
    let percent = (new - old) / old * 100.0;
    if percent.abs() < 1.0 { String::new() } else { format!(" ({percent:+.0} %)") }
}

/// Enough digits to see a difference in small amounts.
fn dollars(amount: f64) -> String {
    if amount >= 1.0 { format!("{amount:.2}") } else { format!("{amount:.4}") }
}
