//! `promptuary log`.

use std::fmt::Write as _;

use release::{Event, Logged};
use serde_json::json;
use source::Timestamp;
use source::escape::terminal;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;
use crate::picked::Picked;
use crate::shape::Shape;
use crate::timeline::{self, Look};
use crate::trusted::Trusted;

/// Show who released, approved, promoted and rolled back what, when and why
///
/// Newest first; only entries that hold are told (`promptuary audit` tells of the others too), and where the end of a ledger
/// cannot be relied on it says so and exits as `verify` does. Who changed a pointer, and when: `promptuary log ID --env ENV`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    picked: Picked,
    /// Show instead what was live at this time: 2026-11-22T15:00:00Z, or a date for its first moment in UTC
    #[arg(long, value_name = "TIME", value_parser = named::moment, conflicts_with_all = ["since", "until", "by"])]
    at: Option<Timestamp>,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Reads the ledger, tells what happened.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let desk = app.desk()?;
    let wanted = args.picked.wanted();
    let failed = |error| Failure::of_release(error, app);
    let (name, logged) = match args.at {
        None => ("events", release::log(&desk, &wanted).map_err(failed)?),
        Some(moment) => ("live", release::live_at(&desk, &wanted, moment).map_err(failed)?),
    };
    acting::tell_pin(&desk, app);
    acting::tell_age(&desk, app);
    if args.shape.is_json() {
        app.terminal.value(&json!({ name: logged.events, "faults": logged.faults }))?;
        return Ok(Exit::of_refusals(&logged.faults));
    }
    let Logged { events, faults } = logged;
    if let Some(moment) = args.at.filter(|moment| *moment > app.now()) {
        app.terminal.say(format!("note: {moment} is still to come; this is what is live now"));
    }
    app.terminal.answer(match args.at {
        None => timeline::text(&events, Look { colour: app.terminal.colour, width: app.terminal.width }),
        Some(_) => live(&events),
    });
    if let Some(moment) = args.at {
        app.terminal.say(format!("as of {moment}"));
    }
    if events.is_empty() {
        app.terminal.say(match args.at {
            None => "nothing happened",
            Some(_) => "nothing was live then",
        });
    }
    for fault in &faults {
        app.terminal.warn(format!("not all may be told: {}", terminal(&fault.to_string())));
        app.terminal.say(format!("  help: {}", terminal(&fault.remedy())));
    }
    Ok(Exit::of_refusals(&faults))
}

/// What was live, one line an environment, with the entry that says so.
fn live(events: &[Event]) -> String {
    let env = |e: &Event| e.environment.as_ref().map_or(String::new(), ToString::to_string);
    let named = |e: &Event| {
        let (id, version) = (e.prompt.as_ref(), e.version.as_ref());
        id.zip(version).map_or(String::new(), |(id, version)| format!("{id} {version}"))
    };
    let envs = events.iter().map(|e| env(e).len()).max().unwrap_or(0);
    let names = events.iter().map(|e| named(e).len()).max().unwrap_or(0);
    events.iter().fold(String::new(), |mut text, event| {
        let (env, named) = (env(event), named(event));
        let since = event.at.map_or(String::new(), |at| at.to_string());
        let n = event.sequence.map_or(0, ledger::Sequence::get);
        let by = terminal(&event.by);
        let _ = writeln!(text, "{env:<envs$}  {named:<names$}  since {since}: {} by {by}, entry {n}", event.act);
        text
    })
}
