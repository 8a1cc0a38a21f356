//! Pointers that were moved, as the user sees them.

use std::fmt::Write as _;

use ledger::record::PointerAction;
use release::{Moved, Voided};
use serde_json::json;
use source::escape::terminal;
use source::render::counted;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};

/// Shows what was moved, or would be; unmet demands give their exit code. JSON readers get the demands that were not met
/// where others read of a failure.
pub(crate) fn show(outcome: release::Result<Vec<Moved>>, json: bool, app: &App) -> Result<Exit, Failure> {
    let moved = match outcome {
        Ok(moved) => moved,
        Err(error) => {
            if let (true, release::Error::NotMoved { moved, .. }) = (json, &error) {
                app.terminal.value(&json!({ "moved": moved }))?;
            }
            return Err(Failure::of_release(error, app));
        }
    };
    if json {
        app.terminal.value(&json!({ "moved": moved }))?;
    } else if moved.len() > 1 {
        app.terminal.answer(table(&moved, app));
    } else {
        moved.iter().for_each(|one| app.terminal.answer(text(one, app)));
    }
    Ok(if moved.iter().all(is_met) { Exit::Clean } else { Exit::Findings })
}

/// What keeps pointers from being moved: of several, under the name of each.
pub(crate) fn unmet(moved: &[Moved], app: &App) -> String {
    if let [one] = moved {
        return acting::demands(&one.demands, app);
    }
    moved.iter().fold(String::new(), |mut text, one| {
        let word = if is_met(one) { "nothing is missing" } else { "held up" };
        let _ = writeln!(text, "{} {}: {word}", one.prompt, one.version);
        if !one.was_live {
            text += &acting::unmet(&one.demands, app);
        }
        text
    })
}

fn is_met(moved: &Moved) -> bool {
    moved.was_live || moved.demands.iter().all(ledger::Demand::is_met)
}

fn text(moved: &Moved, app: &App) -> String {
    if moved.was_live {
        return format!("{}\n", already(moved));
    }
    let happens = format!("{}: {} {}", moved.environment, moved.prompt, happens(moved));
    let voids = voids(moved);
    match &moved.written {
        Some(entry) => {
            let met = acting::met_by(&moved.demands, app);
            format!("{happens}\n{met}{}{voids}", acting::written(std::slice::from_ref(entry)))
        }
        None => {
            let would = if is_met(moved) { "would write" } else { "would not write" };
            format!("{would} {happens}\n{}{voids}", acting::demands(&moved.demands, app))
        }
    }
}

/// The approvals that lost their number to it, so that nobody learns it from a promotion that is refused.
fn voids(moved: &Moved) -> String {
    let Moved { prompt, environment, sequence, .. } = moved;
    moved.voids.iter().fold(String::new(), |mut text, Voided { version, by }| {
        let by = terminal(by);
        let again = format!("promptuary approve {prompt}@{version} --env {environment}");
        let _ =
            writeln!(text, "  void   the approval of {version} by {by}, given for entry {sequence}; again: {again}");
        text
    })
}

/// One line a pointer, in columns; of a dry run also what is missing.
fn table(moved: &[Moved], app: &App) -> String {
    let ids = moved.iter().map(|one| one.prompt.as_str().len()).max().unwrap_or(0);
    let whats = moved.iter().map(|one| what(one).len()).max().unwrap_or(0);
    let mut text = String::new();
    for one in moved {
        let end = match &one.written {
            Some(entry) => {
                let place = entry.remote.as_ref().map_or_else(|| "local only".to_owned(), |r| format!("on {r}"));
                format!("{}  {}", entry.tag, terminal(&place))
            }
            None if one.was_live => String::new(),
            None if is_met(one) => "nothing is missing".to_owned(),
            None => "held up".to_owned(),
        };
        let line = format!("{}: {:<ids$}  {:<whats$}  {end}", one.environment, one.prompt, what(one));
        let _ = writeln!(text, "{}", line.trim_end());
        if !is_met(one) {
            text += &acting::unmet(&one.demands, app);
        }
        if one.written.is_some() {
            text += &acting::met_by(&one.demands, app);
        }
        text += &voids(one);
    }
    if moved.iter().all(|one| one.written.is_none() && !one.was_live) {
        let held = moved.iter().filter(|one| !is_met(one)).count();
        let _ = match held {
            0 => writeln!(text, "would write {}, all together", counted(moved.len(), "pointer")),
            n => writeln!(text, "would write nothing: {n} of {} held up, and all go together", moved.len()),
        };
    }
    text
}

fn what(moved: &Moved) -> String {
    if moved.was_live { format!("{} live already", moved.version) } else { happens(moved) }
}

fn happens(moved: &Moved) -> String {
    let version = &moved.version;
    let before = moved.before.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
    match moved.action {
        PointerAction::Promote | PointerAction::Rollback => format!("{before} -> {version}"),
        PointerAction::Hold => format!("{version} is on hold"),
        PointerAction::Retire => format!("{version} is retired"),
        PointerAction::Seal => format!("{version} is sealed"),
    }
}

/// What a command that is repeated says.
fn already(moved: &Moved) -> String {
    let Moved { prompt, version, environment, sequence, .. } = moved;
    match moved.action {
        PointerAction::Promote => format!("{prompt} {version} is live in {environment} already"),
        PointerAction::Rollback => {
            format!(
                "{prompt} {version} is live in {environment} already: entry {sequence} went back for this very reason"
            )
        }
        PointerAction::Hold => format!("{prompt} is on hold in {environment} already, by entry {sequence}"),
        PointerAction::Retire => format!("{prompt} is retired from {environment} already, by entry {sequence}"),
        PointerAction::Seal => format!("{prompt} {version} is sealed in {environment} already, by entry {sequence}"),
    }
}
