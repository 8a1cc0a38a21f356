//! `promptuary policy diff`.

use std::fmt::Write as _;

use policy::Policy;
use policy::diff::{Change, Effect};
use release::Scope;
use serde_json::json;
use source::Report;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::report;
use crate::shape::Shape;

/// Compare the worktree's policies/ with the policy in effect
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    shape: Shape,
}

/// Reads both, shows what differs in meaning.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let desk = app.desk()?;
    let loaded = Policy::load(&desk.repo.worktree()?);
    let Some(new) = loaded.policy else {
        return Ok(report::show(&Report::new(loaded.findings), report::Format::Human, app));
    };
    let changes = desk.read(Scope::Policy, |ledger| Ok(policy::diff::diff(ledger.policy()?, &new)));
    let changes = changes.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    if args.shape.is_json() {
        app.terminal.value(&json!({ "changes": changes.iter().map(shape).collect::<Vec<_>>() }))?;
    } else {
        app.terminal.answer(text(&changes));
    }
    Ok(Exit::Clean)
}

fn shape(change: &Change) -> serde_json::Value {
    let line = change.at.start().line;
    json!({ "effect": word(change.effect), "what": change.what, "path": change.at.path(), "line": line })
}

const fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Weaker => "weaker",
        Effect::Other => "other",
        Effect::Stronger => "stronger",
    }
}

fn text(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "nothing differs from the policy in effect\n".to_owned();
    }
    changes.iter().fold(String::new(), |mut text, change| {
        let (path, line) = (change.at.path(), change.at.start().line);
        let _ = writeln!(text, "{:<8}  {}  {path}:{line}", word(change.effect), change.what);
        text
    })
}
