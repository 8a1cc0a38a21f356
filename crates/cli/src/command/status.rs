//! `promptuary status`.

use std::fmt::Write as _;

use release::{Overview, Standing, Status};
use serde_json::json;
use source::escape::terminal;
use source::render::counted;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named::Meant;
use crate::prospect;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// Show what is released, and what is live where
///
/// Reads what this clone knows; `promptuary sync` fetches what others wrote. With ID also what its newest release (or the
/// version that is named) would need to go on in each environment, and who could give it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this prompt, and the version that is to go on
    #[arg(value_name = "ID[@VERSION]")]
    id: Option<Meant>,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Reads the ledger, shows a table.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let desk = app.desk()?;
    let failed = |error| Failure::of_release(error, app);
    let id = args.id.as_ref().map(|meant| &meant.id);
    let Overview { prompts, inherited } = release::status(&desk, id).map_err(failed)?;
    let next = match &args.id {
        Some(meant) => release::next(&desk, &meant.id, meant.version.as_ref()).map_err(failed)?,
        None => Vec::new(),
    };
    acting::tell_pin(&desk, app);
    acting::tell_age(&desk, app);
    if args.shape.is_json() {
        app.terminal.value(&json!({ "prompts": prompts, "next": next, "inherited": inherited }))?;
    } else {
        prompts.iter().for_each(|status| app.terminal.answer(text(status)));
        next.first().into_iter().for_each(|first| app.terminal.answer(prospect::release(first)));
        next.iter().for_each(|next| app.terminal.answer(prospect::step(next, app)));
        if inherited > 0 {
            let prompts = counted(inherited, "prompt");
            app.terminal.say(format!("besides, {prompts} of an inherited ledger, nothing of which counts in this one"));
        }
        if prompts.is_empty() {
            app.terminal.say("nothing was released yet (promptuary release ID)");
        }
    }
    if args.id.is_none() {
        acting::tell_strays(&desk, app)?;
    }
    let faults = prompts.iter().flat_map(|status| &status.environments).flat_map(|standing| &standing.faults);
    Ok(Exit::of_refusals(faults))
}

/// How many releases a line names.
const NAMED: usize = 8;

/// The newest releases, and how many there were before.
fn newest(releases: &[String]) -> String {
    match releases.len().checked_sub(NAMED) {
        None | Some(0) => releases.join(", "),
        Some(earlier) => format!("{}, and {earlier} earlier", releases[earlier..].join(", ")),
    }
}

fn text(status: &Status) -> String {
    let releases: Vec<_> = status.releases.iter().map(ToString::to_string).collect();
    let releases =
        if releases.is_empty() { "nothing released".to_owned() } else { format!("released {}", newest(&releases)) };
    let width = status.environments.iter().map(|s| s.environment.as_str().len()).max().unwrap_or(0);
    status.environments.iter().fold(format!("{}  {releases}\n", status.prompt), |mut text, standing| {
        let _ = writeln!(text, "  {:<width$}  {}", standing.environment, line(standing));
        for fault in &standing.faults {
            let _ = writeln!(text, "  {:<width$}  UNTRUSTED {}", "", terminal(&fault.to_string()));
            let _ = writeln!(text, "  {:<width$}  help: {}", "", terminal(&fault.remedy()));
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
