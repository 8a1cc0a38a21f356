//! Pointers that were moved, as the user sees them.

use ledger::record::PointerAction;
use release::Moved;
use serde_json::json;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};

/// Shows what was moved, or would be; unmet demands of a dry run give their exit code.
pub(crate) fn show(moved: &[Moved], json: bool, app: &App) -> Result<Exit, Failure> {
    if json {
        app.terminal.value(&json!({ "moved": moved }))?;
    } else {
        moved.iter().for_each(|one| app.terminal.answer(text(one)));
    }
    let unmet = |one: &Moved| !one.was_live && one.demands.iter().any(|demand| !demand.is_met());
    Ok(if moved.iter().any(unmet) { Exit::Findings } else { Exit::Clean })
}

fn text(moved: &Moved) -> String {
    let Moved { prompt, environment, version, .. } = moved;
    if moved.was_live {
        return format!("{prompt} {version} is live in {environment} already\n");
    }
    let before = moved.before.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
    let happens = match moved.action {
        PointerAction::Promote | PointerAction::Rollback => format!("{environment}: {prompt} {before} -> {version}"),
        PointerAction::Hold => format!("{environment}: {prompt} {version} is on hold"),
        PointerAction::Retire => format!("{environment}: {prompt} {version} is retired"),
        PointerAction::Seal => format!("{environment}: {prompt} {version} is sealed"),
    };
    match &moved.written {
        Some(entry) => format!("{happens}\n{}", acting::written(std::slice::from_ref(entry))),
        None => format!("would write {happens}\n{}", acting::demands(&moved.demands)),
    }
}
