//! Results in the shape that was asked for: one on standard output, any number in files.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use eval::report::{self, Reported};
use release::Attested;
use serde_json::json;

use super::attesting;
use source::escape;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// How results are shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Shown {
    /// How to show the results
    #[arg(long, value_enum, default_value_t = Format::Human, hide_possible_values = true)]
    format: Format,
    /// Also write a report to FILE, shaped by its name: .json, .jsonl, .xml (JUnit), .md, .html or .txt; repeatable
    #[arg(long = "report", value_name = "FILE")]
    reports: Vec<PathBuf>,
}

/// The shapes of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table, for people
    Human,
    /// One JSON object
    Json,
    /// One JSON object an outcome, each on its line
    Jsonl,
    /// JUnit's XML
    Junit,
    /// For a pull request
    Markdown,
    /// One self-contained page
    Html,
}

impl Shown {
    /// Refuses files whose names tell no shape, before anything is run.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.reports.iter().try_for_each(|path| of_name(path).map(|_| ()))
    }

    /// Shows and writes what was asked for.
    pub(crate) fn show(&self, reported: &[Reported<'_>], attested: &[Attested], app: &App) -> Result<(), Failure> {
        app.terminal.answer(text(reported, attested, self.format, app.terminal.colour));
        for path in &self.reports {
            let text = text(reported, attested, of_name(path)?, false);
            repo::files::write(&app.dir().join(path), text.as_bytes())?;
            app.terminal.say(format!("wrote {}", path.display()));
        }
        Ok(())
    }
}

fn of_name(path: &Path) -> Result<Format, Failure> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("json") => Ok(Format::Json),
        Some("jsonl") => Ok(Format::Jsonl),
        Some("xml") => Ok(Format::Junit),
        Some("md") => Ok(Format::Markdown),
        Some("html") => Ok(Format::Html),
        Some("txt") => Ok(Format::Human),
        _ => {
            let what = format!("tell the shape of the report {}", path.display());
            Err(Failure::new(Exit::Usage, what).help("end its name in .json, .jsonl, .xml, .md, .html or .txt"))
        }
    }
}

fn text(reported: &[Reported<'_>], attested: &[Attested], format: Format, colour: bool) -> String {
    match format {
        Format::Human => report::table(reported, colour) + &attesting::text(attested),
        Format::Json => {
            let mut value = report::json(reported);
            if !attested.is_empty() {
                value["attested"] = json!(attested);
            }
            escape::json(&format!("{value:#}\n")).into_owned()
        }
        Format::Jsonl => escape::json(&report::lines(reported)).into_owned(),
        Format::Junit => report::junit(reported),
        Format::Markdown => report::markdown(reported),
        Format::Html => report::html(reported, "Promptuary evals"),
    }
}
