//! The report for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use release::{Audit, Standing};
use source::escape::terminal;
use source::render::counted;

use crate::timeline;

/// The order in which acts are counted.
pub(super) const ACTS: [&str; 10] =
    ["policy", "release", "attest", "approve", "reject", "promote", "rollback", "hold", "retire", "seal"];

pub(super) fn text(audit: &Audit, colour: bool) -> String {
    let mut text = format!("ledger {}\n", audit.root.tagged());
    let newest = audit.newest.map_or_else(|| "no entry".to_owned(), |at| format!("newest of {at}"));
    let entries =
        if audit.entries.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", audit.entries.len()) };
    let _ = writeln!(
        text,
        "policy {} is in effect; {entries}, {newest}; {} refused\n",
        audit.policy,
        counted(audit.refused.len(), "tag")
    );
    text.push_str(&timeline::text(&audit.entries, colour));
    if !audit.refused.is_empty() {
        let _ = writeln!(text, "\nREFUSED: these count for nothing\n");
        text.push_str(&timeline::text(&audit.refused, colour));
    }
    let _ = writeln!(text, "\nWho did what");
    let names = audit.people.iter().map(|person| person.name.chars().count()).max().unwrap_or(0);
    for person in &audit.people {
        let machine = if person.automation { " (automation)" } else { "" };
        let _ = writeln!(text, "  {:<names$}  {}{machine}", terminal(&person.name), tally(&person.acts));
    }
    let _ = writeln!(text, "\nWhat happened where");
    let names = audit.environments.iter().map(|place| place.environment.as_str().len()).max().unwrap_or(0);
    for place in &audit.environments {
        let refused = match place.refused {
            0 => String::new(),
            n => format!("; {n} refused"),
        };
        let _ = writeln!(text, "  {:<names$}  {}{refused}", place.environment, tally(&place.acts));
    }
    let _ = writeln!(text, "\nWhat is live");
    for standing in &audit.live {
        let _ = writeln!(text, "  {}", live(standing));
        for fault in &standing.faults {
            let _ = writeln!(text, "    REFUSED {}", terminal(&fault.to_string()));
        }
    }
    text
}

pub(super) fn live(standing: &Standing) -> String {
    let place = format!("{} in {}", standing.prompt, standing.environment);
    match &standing.live {
        None => format!("{place}: nothing, retired"),
        Some(live) => format!("{place}: {} since {} by {}", live.version, live.since, terminal(&live.by)),
    }
}

/// `3 promote, 1 rollback`.
pub(super) fn tally(acts: &BTreeMap<&'static str, usize>) -> String {
    let counts: Vec<_> = ACTS.iter().filter_map(|act| acts.get(act).map(|n| format!("{n} {act}"))).collect();
    if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
}
