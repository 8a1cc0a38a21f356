//! `promptuary status`.

use std::fmt::Write as _;

use release::{Standing, Status};
use serde_json::json;
use source::PromptId;
use source::escape::terminal;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;
use crate::shape::Shape;

/// Show what is released, and what is live where
///
/// Reads what this clone knows; `promptuary sync` fetches what others wrote.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this prompt
    #[arg(value_parser = named::name::<PromptId>)]
    id: Option<PromptId>,
    #[command(flatten)]
    shape: Shape,
}

/// Reads the ledger, shows a table.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let desk = app.desk()?;
    let prompts = release::status(&desk, args.id.as_ref()).map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    if args.shape.is_json() {
        app.terminal.value(&json!({ "prompts": prompts }))?;
    } else {
        prompts.iter().for_each(|status| app.terminal.answer(text(status)));
        if prompts.is_empty() {
            app.terminal.say("nothing was released yet (promptuary release ID)");
        }
    }
    let faults = prompts.iter().flat_map(|status| &status.environments).flat_map(|standing| &standing.faults);
    Ok(Exit::of_refusals(faults))
}

fn text(status: &Status) -> String {
    let releases: Vec<_> = status.releases.iter().map(ToString::to_string).collect();
    let releases =
        if releases.is_empty() { "nothing released".to_owned() } else { format!("released {}", releases.join(", ")) };
    let width = status.environments.iter().map(|s| s.environment.as_str().len()).max().unwrap_or(0);
    status.environments.iter().fold(format!("{}  {releases}\n", status.prompt), |mut text, standing| {
        let _ = writeln!(text, "  {:<width$}  {}", standing.environment, line(standing));
        for fault in &standing.faults {
            let _ = writeln!(text, "  {:<width$}  UNTRUSTED {}", "", terminal(&fault.to_string()));
        }
        text
    })
}

fn line(standing: &Standing) -> String {
    let Some(live) = &standing.live else {
        return if standing.sequence.is_some() { "nothing, retired".to_owned() } else { "nothing".to_owned() };
    };
    let held = if standing.held { ", automation on hold" } else { "" };
    format!("{}  since {} by {}{held}", live.version, live.since, terminal(&live.by))
}
