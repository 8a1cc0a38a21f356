//! The sentences that every rendering of a diff shares.

use super::{Diff, Direction, Fate, Rendered};
use crate::contract::{Bump, ChangeKind};
use crate::cost::Cost;

/// `support/triage: v:2.0.0 to worktree`.
pub(crate) fn heading(diff: &Diff) -> String {
    let [from, to] = &diff.labels;
    match diff.fate() {
        Fate::New if is_back(diff) => format!("{}: in {to}, removed in {from}", diff.id),
        Fate::Removed if is_back(diff) => format!("{}: new in {from}, not in {to}", diff.id),
        Fate::New => format!("{}: new in {to}, not in {from}", diff.id),
        Fate::Removed => format!("{}: in {from}, removed in {to}", diff.id),
        Fate::Kept => match &diff.was {
            Some(was) => format!("{was} in {from} to {} in {to}", diff.id),
            None => format!("{}: {from} to {to}", diff.id),
        },
    }
}

fn is_back(diff: &Diff) -> bool {
    diff.direction == Direction::Back
}

/// What the change asks of the version number, and whether it gets it.
pub(crate) fn verdict(diff: &Diff) -> String {
    let [Some(old), Some(new)] = &diff.versions else {
        return match (diff.fate(), diff.direction) {
            // A release that nobody gets there yet may have callers elsewhere.
            (Fate::New, Direction::Forward) => match diff.labels[0].strip_prefix("env:") {
                Some(env) => format!("nothing of it is live in {env} yet, so all of it is new there"),
                None => "new prompt: no callers yet".to_owned(),
            },
            (Fate::New, Direction::Back) => "going back: callers get it again".to_owned(),
            (_, Direction::Forward) => "removed: a major change, callers lose it".to_owned(),
            (_, Direction::Back) => format!("going back: {} does not have it yet, so callers lose it", diff.labels[1]),
        };
    };
    let (needed, demanded) = (diff.contract.bump(), diff.contract.demanded());
    if let Some(was) = &diff.was {
        let rest = match needed {
            Bump::None => "beside that they and models notice nothing".to_owned(),
            needed => format!("beside that it is a {needed} change for them"),
        };
        return format!("another id: callers of `{was}` have to ask for `{}`; {rest}", diff.id);
    }
    if is_back(diff) {
        let way = if old == new { "going back".to_owned() } else { format!("going back from {old} to {new}") };
        return match needed {
            Bump::None => format!("{way}: callers and models notice nothing"),
            Bump::Major => format!("{way}: callers can break"),
            Bump::Minor | Bump::Patch => format!("{way}: callers keep working"),
        };
    }
    match needed {
        _ if new < old => {
            let due = if demanded == Bump::None { old.clone() } else { demanded.next(old) };
            format!("the version goes down, from {old} to {new}: what follows {old} should be {due} or higher")
        }
        Bump::None => "callers and models notice nothing".to_owned(),
        _ if old.is_pre_release() && needed.is_announced(old, new) => {
            let held = if new.is_pre_release() {
                String::new()
            } else {
                format!("; check holds {new} against the last stable version")
            };
            format!("a {needed} change since {old}, a pre-release, which promises nothing{held}")
        }
        _ if needed.is_announced(old, new) => {
            format!("a {needed} change, announced: {old} to {new}")
        }
        _ if demanded == Bump::None => {
            format!("a {needed} change, which needs no version: a release binds version, risk and content only")
        }
        _ => format!("a {needed} change, not announced: {new} should be {} or higher", needed.due(old, new)),
    }
}

/// The changes that callers may break on, and the questions that stay open.
pub(crate) fn reasons(diff: &Diff) -> Vec<String> {
    let grave = |kind: ChangeKind| {
        kind != ChangeKind::PromptRemoved && (kind.bump() == Bump::Major || kind == ChangeKind::SchemaIncomparable)
    };
    let changes = diff.contract.changes.iter().filter(|change| grave(change.kind));
    changes.map(|change| change.message.clone()).chain(renamed(diff)).collect()
}

/// That a prompt which one side alone has probably stands on the other under another id.
fn renamed(diff: &Diff) -> Option<String> {
    let twin = &diff.twin.as_ref()?.id;
    let id = &diff.id;
    if is_back(diff) {
        return Some(format!("the same as `{twin}`? a rename is a new id"));
    }
    Some(match diff.fate() {
        Fate::New => format!("renamed from `{twin}`? a rename is a new id: callers of `{twin}` lose it"),
        _ => format!("renamed to `{twin}`? a rename is a new id: callers of `{id}` lose it"),
    })
}

/// What stands above [`figures`].
pub(crate) fn costs_title(diff: &Diff) -> &'static str {
    if diff.fate() == Fate::Removed { "what a call cost" } else { "what a call costs" }
}

/// The fixed text and the longest call in tokens and in money, and by which prices.
pub(crate) fn figures(diff: &Diff) -> Vec<String> {
    let [old, new] = diff.costs.each_ref().map(Option::as_ref);
    // What the other side is called in a sentence: `41 before`, `as before`, `41 in v:2.0.0`, `as in v:2.0.0`.
    let there = match diff.direction {
        Direction::Forward => "before".to_owned(),
        Direction::Back => format!("in {}", diff.labels[0]),
    };
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        // One side alone is held against itself, of which nothing is said.
        (Some(one), None) | (None, Some(one)) => return alone(one),
        (None, None) => return Vec::new(),
    };
    let mut lines = vec![fixed(old, new, &there), longest(old, new, &there)];
    lines.extend(prices(old, new, &there));
    lines
}

/// The same of a prompt that one side alone has.
fn alone(cost: &Cost) -> Vec<String> {
    let dollars =
        |amount: Option<f64>, of: &str| amount.map_or_else(String::new, |d| format!("; ${} {of}", dollars(d)));
    let fixed = format!("fixed text: {} tokens (o200k_base)", cost.fixed);
    let answer = cost.answer.map_or_else(String::new, |answer| format!("; at most {answer} out"));
    let uncounted =
        if cost.longest_dollars().is_some() && cost.answer.is_none() { ", answers not counted" } else { "" };
    let mut lines = vec![
        format!("{fixed}{}", dollars(cost.fixed_dollars(), "a thousand calls")),
        format!(
            "longest call: {}{answer}{}{uncounted}",
            sent(cost),
            dollars(cost.longest_dollars(), "a thousand such calls")
        ),
    ];
    lines.extend(cost.price.is_some().then(|| format!("prices: {}", priced(cost))));
    lines
}

fn sent(cost: &Cost) -> String {
    match cost.longest {
        Some(tokens) => format!("about {tokens} tokens in"),
        None => format!("no limit, because of {}", cost.unlimited.join(", ")),
    }
}

fn fixed(old: &Cost, new: &Cost, there: &str) -> String {
    let mut out = match old.fixed == new.fixed {
        true => format!("fixed text: {} tokens (o200k_base), as {there}", new.fixed),
        false => format!(
            "fixed text: {} tokens (o200k_base), {} {there}{}",
            new.fixed,
            old.fixed,
            share(old.fixed as f64, new.fixed as f64)
        ),
    };
    out.push_str(&money(old.fixed_dollars(), new.fixed_dollars(), "a thousand calls", there));
    out
}

fn longest(old: &Cost, new: &Cost, there: &str) -> String {
    let before = match (old.longest == new.longest, old.longest) {
        _ if new.longest.is_none() && old.longest.is_none() => String::new(),
        (true, _) => format!(", as {there}"),
        (false, Some(tokens)) => format!(", {tokens} {there}"),
        (false, None) => format!(", without limit {there} because of {}", old.unlimited.join(", ")),
    };
    let answer = match (new.answer, old.answer == new.answer, old.answer) {
        (None, true, _) => String::new(),
        (None, false, _) => "; the answer has no `max_tokens` any more".to_owned(),
        (Some(answer), true, _) => format!("; at most {answer} out"),
        (Some(answer), false, Some(before)) => format!("; at most {answer} out, {before} {there}"),
        (Some(answer), false, None) => format!("; at most {answer} out, without limit {there}"),
    };
    let mut out = format!("longest call: {}{before}{answer}", sent(new));
    out.push_str(&money(old.longest_dollars(), new.longest_dollars(), "a thousand such calls", there));
    if new.longest_dollars().is_some() && new.answer.is_none() {
        out.push_str(", answers not counted");
    }
    out
}

fn money(old: Option<f64>, new: Option<f64>, of: &str, there: &str) -> String {
    match (old, new) {
        (Some(old), Some(new)) if dollars(old) == dollars(new) => format!("; ${} {of}, as {there}", dollars(new)),
        (Some(old), Some(new)) => format!("; ${} {of}, ${} {there}{}", dollars(new), dollars(old), share(old, new)),
        (None, Some(new)) => format!("; ${} {of}", dollars(new)),
        (_, None) => String::new(),
    }
}

/// Which prices the dollars rest on; nothing where policy knows none.
fn prices(old: &Cost, new: &Cost, there: &str) -> Option<String> {
    if old.price.is_none() && new.price.is_none() {
        return None;
    }
    let before = if (&old.model, &old.price) == (&new.model, &new.price) {
        String::new()
    } else {
        format!("; {there}, {}", priced(old))
    };
    Some(format!("prices: {}{before}", priced(new)))
}

fn priced(cost: &Cost) -> String {
    match &cost.price {
        Some(price) => format!(
            "`{}` ${} in, ${} out a million tokens, as of {}",
            cost.model,
            plain(price.input),
            plain(price.output),
            price.as_of
        ),
        None => format!("none of `{}` in policies/models.yaml", cost.model),
    }
}

/// Which cases a group is of, where they stand, and whose texts are shown: "case `a` of `evals/x.yaml`", "all 8 cases of
/// `evals/x.yaml`, here `a`".
pub(crate) fn cases(rendered: &Rendered) -> String {
    const NAMED: usize = 6;
    let mut suites: Vec<String> = rendered.suites.iter().map(|suite| format!("`{suite}`")).collect();
    suites.dedup();
    let of = match suites.as_slice() {
        [] => String::new(),
        [most @ .., last] if !most.is_empty() => format!(" of {} and {last}", most.join(", ")),
        [one, ..] => format!(" of {one}"),
    };
    let shown = match rendered.cases.first() {
        Some(first) if !rendered.messages.is_empty() => format!(", here `{first}`"),
        _ => String::new(),
    };
    match rendered.cases.as_slice() {
        [one] => format!("case `{one}`{of}"),
        many if rendered.all => format!("all {} cases{of}{shown}", many.len()),
        many => {
            let named: Vec<_> = many.iter().take(NAMED).map(|case| format!("`{case}`")).collect();
            let more = match many.len().saturating_sub(NAMED) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            format!("{} cases{of}: {}{more}{shown}", many.len(), named.join(", "))
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
