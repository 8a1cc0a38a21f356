//! The report as a document: tables that any git host shows.

use std::fmt::Write as _;

use release::{Audit, Event, Standing};
use source::Digest;
use source::escape::markdown as plain;

use super::human::{ACTS, tally};
use crate::timeline;

pub(super) fn text(audit: &Audit) -> String {
    let mut text = String::from("# Audit of a prompt ledger\n\n");
    let newest = audit.newest.map_or_else(|| "none".to_owned(), |at| at.to_string());
    let _ = writeln!(text, "- Ledger: `{}`\n- Policy in effect: {}", audit.root.tagged(), audit.policy);
    let _ = writeln!(text, "- Asked for: {}\n- Newest entry: {newest}", asked(audit));
    let _ = writeln!(
        text,
        "- Entries that hold: {}\n- Tags that were refused: {}",
        audit.entries.len(),
        audit.refused.len()
    );
    if audit.inherited > 0 {
        let _ = writeln!(text, "- Tags of a ledger that was inherited, which count for nothing: {}", audit.inherited);
    }
    text.push_str("\nMade of signed tags alone; every signature, link and demand was judged anew.\n");
    people(&mut text, audit);
    environments(&mut text, audit);
    text.push_str(
        "\n## What is live\n\n| environment | prompt | version | since | by | verdict |\n|---|---|---|---|---|---|\n",
    );
    audit.live.iter().for_each(|standing| text.push_str(&live(standing)));
    text.push_str("\n## Entries\n\n| time | act | what | by | on whose word, on what evidence, why | policy | entry |\n|---|---|---|---|---|---|---|\n");
    audit.entries.iter().for_each(|event| text.push_str(&entry(event)));
    if !audit.refused.is_empty() {
        text.push_str("\n## Refused\n\nThese tags count for nothing.\n\n| tag | claims | by | code | why |\n|---|---|---|---|---|\n");
        audit.refused.iter().for_each(|event| text.push_str(&refused(event)));
    }
    text
}

fn asked(audit: &Audit) -> String {
    let wanted = &audit.wanted;
    let mut parts = Vec::new();
    parts.extend(wanted.prompt.iter().map(|id| format!("prompt {id}")));
    parts.extend(wanted.environment.iter().map(|env| format!("environment {env}")));
    parts.extend(wanted.by.iter().map(|by| format!("signed by {}", plain(by))));
    parts.extend(wanted.since.iter().map(|at| format!("since {at}")));
    parts.extend(wanted.until.iter().map(|at| format!("until {at}")));
    if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") }
}

fn people(text: &mut String, audit: &Audit) {
    text.push_str("\n## People and machines\n\n| who |");
    for act in ACTS {
        let _ = write!(text, " {act} |");
    }
    text.push_str("\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for person in &audit.people {
        let machine = if person.automation { " (automation)" } else { "" };
        let _ = write!(text, "| {}{machine} |", plain(&person.name));
        for act in ACTS {
            let _ = write!(text, " {} |", person.acts.get(act).map_or(String::new(), ToString::to_string));
        }
        text.push('\n');
    }
}

fn environments(text: &mut String, audit: &Audit) {
    text.push_str("\n## Environments\n\n| environment | entries | refused |\n|---|---|---|\n");
    for place in &audit.environments {
        let _ = writeln!(text, "| {} | {} | {} |", place.environment, tally(&place.acts), place.refused);
    }
}

fn live(standing: &Standing) -> String {
    let verdict = match standing.faults.first() {
        None => "holds".to_owned(),
        Some(fault) => format!("**{}**: {}", fault.code, plain(&fault.detail)),
    };
    let (version, since, by) = match &standing.live {
        Some(live) => (live.version.to_string(), live.since.to_string(), plain(&live.by)),
        None => ("nothing, retired".to_owned(), String::new(), String::new()),
    };
    format!("| {} | {} | {version} | {since} | {by} | {verdict} |\n", standing.environment, standing.prompt)
}

fn entry(event: &Event) -> String {
    let mut why = Vec::new();
    if !event.approved_by.is_empty() {
        why.push(format!("approved by {}", plain(&event.approved_by.join(", "))));
    }
    why.extend(event.attested.iter().map(|run| format!("evidence: {}", plain(run))));
    why.extend(event.reason.iter().map(|reason| plain(reason)));
    let policy = event.policy.map_or(String::new(), |link| link.sequence.to_string());
    let time = event.at.map_or(String::new(), |at| at.to_string());
    let digest = event.entry.as_ref().map_or(String::new(), Digest::tagged);
    let machine = if event.automation == Some(true) { " (automation)" } else { "" };
    let (what, by, why) = (plain(&timeline::what(event)), plain(&event.by), why.join("; "));
    format!("| {time} | {} | {what} | {by}{machine} | {why} | {policy} | `{digest}` |\n", event.act)
}

fn refused(event: &Event) -> String {
    let (code, why) =
        event.refusal.as_ref().map_or((String::new(), String::new()), |r| (r.code.to_string(), plain(&r.detail)));
    let claims = if event.act == "unknown" {
        "nothing readable".to_owned()
    } else {
        format!("{} {}", event.act, plain(&timeline::what(event)))
    };
    format!("| {} | {claims} | {} | `{code}` | {why} |\n", plain(&event.tag), plain(&event.by))
}
