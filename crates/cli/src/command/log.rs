//! `promptuary log`.

use std::fmt::Write as _;

use release::{Event, Wanted};
use serde_json::json;
use source::escape::terminal;
use source::{EnvName, PromptId, Timestamp};

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;
use crate::shape::Shape;

/// Show who released, promoted and rolled back what, when and why
///
/// Newest first; only entries that hold are told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this prompt
    #[arg(value_parser = named::name::<PromptId>)]
    id: Option<PromptId>,
    /// Only this environment
    #[arg(long, value_parser = named::name::<EnvName>)]
    env: Option<EnvName>,
    /// Show instead what was live at this time: 2026-11-22T15:00:00Z, or a date for its first moment in UTC
    #[arg(long, value_name = "TIME", value_parser = named::moment)]
    at: Option<Timestamp>,
    #[command(flatten)]
    shape: Shape,
}

/// Reads the ledger, tells what happened.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let desk = app.desk()?;
    let wanted = Wanted { prompt: args.id.clone(), environment: args.env.clone() };
    let failed = |error| Failure::of_release(error, app);
    let (name, events) = match args.at {
        None => ("events", release::log(&desk, &wanted).map_err(failed)?),
        Some(moment) => {
            let live = release::live_at(&desk, &wanted, moment).map_err(failed)?;
            ("live", live.into_iter().map(|(_, _, event)| event).collect())
        }
    };
    acting::tell_pin(&desk, app);
    if args.shape.is_json() {
        app.terminal.value(&json!({ name: events }))?;
    } else {
        app.terminal.answer(text(&events));
        match args.at {
            Some(moment) if events.is_empty() => app.terminal.say(format!("nothing was live at {moment}")),
            Some(moment) => app.terminal.say(format!("live at {moment}")),
            None if events.is_empty() => app.terminal.say("nothing happened yet"),
            None => {}
        }
    }
    Ok(Exit::Clean)
}

fn text(events: &[Event]) -> String {
    let acts = events.iter().map(|event| event.act.len()).max().unwrap_or(0);
    let whats: Vec<_> = events.iter().map(what).collect();
    let width = whats.iter().map(String::len).max().unwrap_or(0);
    events.iter().zip(&whats).fold(String::new(), |mut text, (event, what)| {
        let _ = writeln!(text, "{}  {:<acts$}  {what:<width$}  {}", event.at, event.act, terminal(&event.by));
        if let Some(reason) = &event.reason {
            let _ = writeln!(text, "{:22}{:acts$}  {}", "", "", terminal(reason));
        }
        text
    })
}

fn what(event: &Event) -> String {
    match (&event.prompt, &event.version, &event.environment, event.sequence) {
        (Some(id), Some(version), Some(env), Some(n)) => format!("{id} {version} in {env}, {n}"),
        (Some(id), Some(version), _, _) => format!("{id} {version}"),
        (_, _, _, Some(n)) => format!("policy {n}"),
        _ => event.tag.clone(),
    }
}
