//! Results in the shape that was asked for: one on standard output, any number in files.

use clap::ValueEnum;
use eval::report::{self, Reported};
use release::Attested;
use serde_json::json;
use source::{Report, escape, render};

use super::attesting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::written::{Reports, Shapes};

/// How results are shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Shown {
    /// How to show the results: human, json, jsonl, junit, markdown (or md) or html
    #[arg(long, value_enum, default_value_t = Format::Human, hide_possible_values = true)]
    format: Format,
    #[command(flatten)]
    reports: Reports<Format>,
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
    #[value(alias = "md")]
    Markdown,
    /// One self-contained page
    Html,
}

impl Shapes for Format {
    const HELP: &'static str =
        "Also write a report to FILE, shaped by its name: .json, .jsonl, .xml (JUnit), .md, .html or .txt; repeatable";
    const ENDINGS: &'static [(&'static str, Self)] = &[
        ("json", Self::Json),
        ("jsonl", Self::Jsonl),
        ("xml", Self::Junit),
        ("md", Self::Markdown),
        ("html", Self::Html),
        ("txt", Self::Human),
    ];
}

/// What an eval has to say.
pub(crate) struct Answer<'a> {
    /// Each suite with its verdict.
    pub(crate) reported: &'a [Reported<'a>],
    /// What was signed.
    pub(crate) attested: &'a [Attested],
    /// What there is to say of suites besides: one was removed, or asks less than in the base.
    pub(crate) found: &'a Report,
}

impl Shown {
    /// Refuses files whose names tell no shape or that cannot be written, before anything is run.
    pub(crate) fn check(&self, app: &App) -> Result<(), Failure> {
        self.reports.check(app)
    }

    /// Shows and writes what was asked for; tells what could not be written, and how the command ends for it.
    pub(crate) fn show(&self, answer: &Answer<'_>, app: &App) -> Exit {
        if self.format == Format::Jsonl && !answer.found.findings().is_empty() {
            app.terminal.warn(render::short(answer.found).trim_end());
        }
        pieces(answer, self.format, app.terminal.colour, &mut |piece| app.terminal.answer(piece));
        self.reports.write(|shape, take| pieces(answer, shape, false, take), app)
    }
}

/// The answer in `format`, in pieces: a line or a row each where there may be very many.
fn pieces(answer: &Answer<'_>, format: Format, colour: bool, take: &mut dyn FnMut(&str)) {
    let Answer { reported, attested, found } = answer;
    let whole = match format {
        Format::Human => {
            let told = if found.findings().is_empty() { String::new() } else { render::human(found, colour) };
            told + &report::table(reported, colour) + &attesting::text(attested)
        }
        Format::Json => {
            let mut more = serde_json::Map::new();
            if !attested.is_empty() {
                more.insert("attested".to_owned(), json!(attested));
            }
            if !found.findings().is_empty() {
                let all = found.findings().iter().map(|f| render::finding_json(found, f)).collect();
                more.insert("findings".to_owned(), all);
            }
            return report::json(reported, found, more, &mut |piece| take(&escape::json(piece)));
        }
        Format::Jsonl => return report::lines(reported, &mut |line| take(&escape::json(line))),
        Format::Junit => return report::junit(reported, found, take),
        Format::Markdown => report::markdown(reported, found),
        Format::Html => return report::html(reported, found, "Promptuary evals", take),
    };
    take(&whole);
}
