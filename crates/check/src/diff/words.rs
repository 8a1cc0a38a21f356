//! The sentences that every rendering of a diff shares.

use super::{Diff, Rendered};
use crate::contract::{Bump, ChangeKind};
use crate::cost::Cost;

/// `support/triage: v:2.0.0 to worktree`.
pub(crate) fn heading(diff: &Diff) -> String {
    format!("{}: {} to {}", diff.id, diff.labels[0], diff.labels[1])
}

/// What the change asks of the version number, and whether it gets it.
pub(crate) fn verdict(diff: &Diff) -> String {
    let (old, new) = (&diff.versions[0], &diff.versions[1]);
    let (needed, demanded) = (diff.contract.bump(), diff.contract.demanded());
    match needed {
        _ if new < old => {
            let due = if demanded == Bump::None { old.clone() } else { demanded.next(old) };
            format!("the version goes down, from {old} to {new}: what follows {old} should be {due} or higher")
        }
        Bump::None => "callers and models notice nothing".to_owned(),
        _ if needed.is_announced(old, new) => {
            format!("a {needed} change, announced: {old} to {new}")
        }
        _ if demanded == Bump::None => {
            format!("a {needed} change, which needs no version: a release binds version, risk and content only")
        }
        _ => format!("a {needed} change, not announced: {new} should be {} or higher", needed.next(old)),
    }
}

/// The changes that callers may break on, and the questions that stay open.
pub(crate) fn reasons(diff: &Diff) -> Vec<String> {
    let grave = |kind: ChangeKind| kind.bump() == Bump::Major || kind == ChangeKind::SchemaIncomparable;
    diff.contract.changes.iter().filter(|change| grave(change.kind)).map(|change| change.message.clone()).collect()
}

/// The fixed text and the longest call in tokens and in money, and by which prices.
pub(crate) fn figures(diff: &Diff) -> Vec<String> {
    let [old, new] = &diff.costs;
    let mut lines = vec![fixed(old, new), longest(old, new)];
    lines.extend(prices(old, new));
    lines
}

fn fixed(old: &Cost, new: &Cost) -> String {
    let mut out = match old.fixed == new.fixed {
        true => format!("fixed text: {} tokens (o200k_base), as before", new.fixed),
        false => format!(
            "fixed text: {} tokens (o200k_base), {} before{}",
            new.fixed,
            old.fixed,
            share(old.fixed as f64, new.fixed as f64)
        ),
    };
    out.push_str(&money(old.fixed_dollars(), new.fixed_dollars(), "a thousand calls"));
    out
}

fn longest(old: &Cost, new: &Cost) -> String {
    let before = match (old.longest == new.longest, old.longest) {
        _ if new.longest.is_none() && old.longest.is_none() => String::new(),
        (true, _) => ", as before".to_owned(),
        (false, Some(tokens)) => format!(", {tokens} before"),
        (false, None) => format!(", without limit before because of {}", old.unlimited.join(", ")),
    };
    let answer = match (new.answer, old.answer == new.answer, old.answer) {
        (None, true, _) => String::new(),
        (None, false, _) => "; the answer has no `max_tokens` any more".to_owned(),
        (Some(answer), true, _) => format!("; at most {answer} out"),
        (Some(answer), false, Some(before)) => format!("; at most {answer} out, {before} before"),
        (Some(answer), false, None) => format!("; at most {answer} out, without limit before"),
    };
    let sent = match new.longest {
        Some(tokens) => format!("about {tokens} tokens in"),
        None => format!("no limit, because of {}", new.unlimited.join(", ")),
    };
    let mut out = format!("longest call: {sent}{before}{answer}");
    out.push_str(&money(old.longest_dollars(), new.longest_dollars(), "a thousand such calls"));
    if new.longest_dollars().is_some() && new.answer.is_none() {
        out.push_str(", answers not counted");
    }
    out
}

fn money(old: Option<f64>, new: Option<f64>, of: &str) -> String {
    match (old, new) {
        (Some(old), Some(new)) if dollars(old) == dollars(new) => format!("; ${} {of}, as before", dollars(new)),
        (Some(old), Some(new)) => format!("; ${} {of}, ${} before{}", dollars(new), dollars(old), share(old, new)),
        (None, Some(new)) => format!("; ${} {of}", dollars(new)),
        (_, None) => String::new(),
    }
}

/// Which prices the dollars rest on; nothing where policy knows none.
fn prices(old: &Cost, new: &Cost) -> Option<String> {
    let said = |cost: &Cost| match &cost.price {
        Some(price) => format!(
            "`{}` ${} in, ${} out a million tokens, as of {}",
            cost.model,
            plain(price.input),
            plain(price.output),
            price.as_of
        ),
        None => format!("none of `{}` in policies/models.yaml", cost.model),
    };
    if old.price.is_none() && new.price.is_none() {
        return None;
    }
    let before = if (&old.model, &old.price) == (&new.model, &new.price) {
        String::new()
    } else {
        format!("; before, {}", said(old))
    };
    Some(format!("prices: {}{before}", said(new)))
}

/// `all 8 cases`, or `3 cases: a, b, c`.
pub(crate) fn cases(rendered: &Rendered) -> String {
    const NAMED: usize = 6;
    match rendered.cases.as_slice() {
        [one] => format!("case `{one}`"),
        many if rendered.all => format!("all {} cases", many.len()),
        many => {
            let named: Vec<_> = many.iter().take(NAMED).map(|case| format!("`{case}`")).collect();
            let more = match many.len().saturating_sub(NAMED) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            format!("{} cases: {}{more}", many.len(), named.join(", "))
        }
    }
}

/// Why a side cannot be rendered, for one group of cases.
pub(crate) fn faults(diff: &Diff, rendered: &Rendered) -> Vec<String> {
    let sides = diff.labels.iter().zip(&rendered.faults);
    sides.filter_map(|(label, fault)| Some(format!("{label} could not {}", fault.as_ref()?))).collect()
}

fn share(old: f64, new: f64) -> String {
    if old == 0.0 {
        return String::new();
    }
    let percent = (new - old) / old * 100.0;
    if percent.abs() < 1.0 { String::new() } else { format!(" ({percent:+.0} %)") }
}

/// Enough digits to see a difference in small amounts.
pub(crate) fn dollars(amount: f64) -> String {
    if amount >= 1.0 { format!("{amount:.2}") } else { format!("{amount:.4}") }
}

/// A price as people write it.
fn plain(price: f64) -> String {
    if (price * 100.0).fract() == 0.0 { format!("{price:.2}") } else { price.to_string() }
}
