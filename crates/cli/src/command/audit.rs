//! `promptuary audit`.

mod csv;
mod human;
mod markdown;

use clap::ValueEnum;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::picked::Picked;
use crate::timeline::Look;
use crate::trusted::Trusted;

/// Report who did what, on whose word and evidence, and whether each entry holds
///
/// Judges the whole ledger anew and tells of every entry, of what was refused and why, of totals for each person and
/// environment, and of what is live. Made of signed tags alone: the same tags give the same report, byte for byte, in any
/// clone. Exits 7 where what is live may not be used, and 8 where what is here does not suffice to tell.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    picked: Picked,
    #[command(flatten)]
    trusted: Trusted,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// The report's shapes; the JSON one is described in docs/json.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Human,
    /// For a document
    Markdown,
    /// One JSON object of a stable shape
    Json,
    /// One line an entry, for a spreadsheet; no cell can be taken for a formula
    Csv,
}

/// Judges, reports.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let desk = app.desk()?;
    let audit = release::audit(&desk, &args.picked.wanted()).map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    acting::tell_age(&desk, app);
    match args.format {
        Format::Human => {
            app.terminal.answer(human::text(&audit, Look { colour: app.terminal.colour, width: app.terminal.width }))
        }
        Format::Markdown => app.terminal.answer(markdown::text(&audit)),
        Format::Json => app.terminal.value(&audit)?,
        Format::Csv => app.terminal.answer(csv::text(&audit)),
    }
    for refusal in &audit.memory {
        // No part of the report: another machine may have seen less.
        app.terminal.warn(source::escape::terminal(&refusal.to_string()));
    }
    Ok(audit.class().map_or(Exit::Clean, Exit::from))
}
