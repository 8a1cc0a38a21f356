//! `--format human|json`, for commands whose answer has these two shapes.

use clap::ValueEnum;

/// How an answer is shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Shape {
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// The two shapes; the JSON ones are described in docs/json.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON object of a stable shape
    Json,
}

impl Shape {
    /// Whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}
