//! `promptuary policy explain`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use policy::Policy;
use policy::explain::Explanation;
use prompt::Catalog;
use serde_json::json;
use source::{PromptId, Report};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::report;
use crate::shape::Shape;

/// Show what policy says of a prompt, and which line says it
///
/// Reads the worktree's policies/ and prompts/.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = crate::named::prompt)]
    id: PromptId,
    #[command(flatten)]
    shape: Shape,
}

/// Reads policy and prompt, explains the one by the other.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let snapshot = app.repo()?.worktree()?;
    let loaded = Policy::load(&snapshot);
    let Some(policy) = loaded.policy else {
        return Ok(report::instead(&Report::new(loaded.findings), app));
    };
    let catalog = Catalog::load(&snapshot);
    let prompt = catalog.prompt(&args.id).ok_or_else(|| Failure::unknown_prompt(&args.id, &catalog))?;
    let explanation = policy.explain(&args.id, prompt.front_matter.risk, &BTreeMap::new());
    if args.shape.is_json() {
        app.terminal.json(&shape(&explanation));
    } else {
        app.terminal.tell(text(&explanation));
    }
    Ok(Exit::Clean)
}

fn shape(explanation: &Explanation) -> serde_json::Value {
    let row = |row: &policy::explain::Row| {
        let at = row.at.start();
        json!({ "section": row.section, "says": row.says, "path": row.at.path(), "line": at.line })
    };
    json!({
        "id": explanation.id,
        "risk": explanation.risk.risk,
        "rows": explanation.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn text(explanation: &Explanation) -> String {
    let says = explanation.rows.iter().map(|row| row.says.chars().count()).max().unwrap_or(0);
    let sections = explanation.rows.iter().map(|row| row.section.chars().count()).max().unwrap_or(0);
    let mut text = format!("{} is judged as {} risk\n", explanation.id, explanation.risk.risk);
    for row in &explanation.rows {
        let (path, line) = (row.at.path(), row.at.start().line);
        let _ = writeln!(text, "  {:<sections$}  {:<says$}  {path}:{line}", row.section, row.says);
    }
    text
}
