//! The report for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use release::{Audit, Standing};
use source::escape::terminal;
use source::render::counted;

use crate::timeline::{self, Look};

/// The order in which acts are counted.
pub(super) const ACTS: [&str; 10] =
    ["policy", "release", "attest", "approve", "reject", "promote", "rollback", "hold", "retire", "seal"];

pub(super) fn text(audit: &Audit, look: Look) -> String {
    let mut text = format!("ledger {}\n", audit.root.tagged());
    let newest = audit.newest.map_or_else(|| "no entry".to_owned(), |at| format!("newest of {at}"));
    let entries =
        if audit.entries.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", audit.entries.len()) };
    let _ = writeln!(
        text,
        "policy {} is in effect; {entries}, {newest}\n{} refused\n",
        audit.policy,
        counted(audit.refused.len(), "tag")
    );
    text.push_str(&timeline::text(&audit.entries, look));
    if !audit.refused.is_empty() {
        let _ = writeln!(text, "\nREFUSED: these count for nothing\n");
        text.push_str(&timeline::text(&audit.refused, look));
    }
    if audit.inherited > 0 {
        let tags = counted(audit.inherited, "tag");
        let _ = writeln!(text, "\nBesides, {tags} of an inherited ledger, nothing of which counts in this one");
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
    text + &live(&audit.live, look)
}

/// One line a pointer, in columns; who did it goes below where there is no room.
fn live(standings: &[Standing], look: Look) -> String {
    let envs = standings.iter().map(|s| s.environment.as_str().len()).max().unwrap_or(0);
    let named = |s: &Standing| match &s.live {
        Some(live) => format!("{} {}", s.prompt, live.version),
        None => format!("{}: nothing, retired", s.prompt),
    };
    let names = standings.iter().map(|s| named(s).len()).max().unwrap_or(0);
    standings.iter().fold(String::new(), |mut text, standing| {
        let mut line = format!("  {:<envs$}  {:<names$}", standing.environment.as_str(), named(standing));
        if let Some(live) = &standing.live {
            let since = format!("since {} by {}", live.since, terminal(&live.by));
            let fits = line.len() + 2 + since.chars().count() <= look.columns();
            line = match fits {
                true => format!("{line}  {since}"),
                false => format!("{}\n{:2$}{since}", line.trim_end(), "", envs + 4),
            };
        }
        let _ = writeln!(text, "{}", line.trim_end());
        for fault in &standing.faults {
            let _ = writeln!(text, "    REFUSED {}", terminal(&fault.to_string()));
        }
        text
    })
}

/// `3 promote, 1 rollback`.
pub(super) fn tally(acts: &BTreeMap<&'static str, usize>) -> String {
    let counts: Vec<_> = ACTS.iter().filter_map(|act| acts.get(act).map(|n| format!("{n} {act}"))).collect();
    if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
}
