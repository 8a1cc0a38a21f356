//! `promptuary schema`.

use clap::ValueEnum;

use crate::app::App;
use crate::exit::Exit;

/// Print the JSON Schema of a kind of file, for editors
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which kind of file
    #[arg(value_enum)]
    kind: Kind,
}

/// The kinds of files with a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// policies/policy.yaml
    Policy,
    /// policies/models.yaml
    Models,
    /// policies/principals.yaml
    Principals,
}

/// Prints it.
pub(crate) fn run(args: &Args, app: &App) -> Exit {
    app.terminal.json(&match args.kind {
        Kind::Policy => policy::schema::policy(),
        Kind::Models => policy::schema::models(),
        Kind::Principals => policy::schema::principals(),
    });
    Exit::Clean
}
