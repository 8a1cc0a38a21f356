//! `promptuary explain`.

use std::fmt::Write as _;

use ledger::code::{self, Code};
use serde_json::{Value, json};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::report::summary;
use crate::shape::Shape;

/// Explain a rule of check, or a code of verify: what it finds, why, and what to do
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule or code, as findings and refusals name it; all are listed where it is left out
    rule: Option<String>,
    #[command(flatten)]
    shape: Shape,
}

/// Shows a page, or the list.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let Some(id) = &args.rule else {
        list(args.shape.is_json(), app);
        return Ok(Exit::Clean);
    };
    if let Some(rule) = check::find(id) {
        if args.shape.is_json() {
            app.terminal.json(&of_rule(rule));
        } else {
            app.terminal.answer(rule.page);
        }
        return Ok(Exit::Clean);
    }
    let Ok(code) = id.parse::<Code>() else { return Err(unknown(id)) };
    let entry = code.entry();
    if args.shape.is_json() {
        app.terminal.json(&of_code(entry));
    } else {
        app.terminal.answer(format!("# {}\n\n{}\n\n## Remedy\n\n{}\n", entry.name, entry.meaning, entry.remedy));
    }
    Ok(Exit::Clean)
}

fn of_rule(rule: &check::Rule) -> Value {
    json!({ "id": rule.id, "kind": "rule", "level": rule.level, "page": rule.page })
}

fn of_code(entry: &code::Entry) -> Value {
    json!({ "id": entry.name, "kind": "code", "exit": entry.class.exit(), "meaning": entry.meaning, "remedy": entry.remedy })
}

fn list(json: bool, app: &App) {
    if json {
        return app.terminal.json(&check::rules().iter().map(of_rule).chain(code::TABLE.iter().map(of_code)).collect());
    }
    let names = check::rules().iter().map(|rule| rule.id).chain(code::TABLE.iter().map(|entry| entry.name));
    let width = names.map(str::len).max().unwrap_or(0);
    let mut text = String::from("Rules of check:\n");
    for rule in check::rules() {
        let _ = writeln!(text, "  {:<width$}  {}", rule.id, summary(rule.page));
    }
    text.push_str("\nCodes of verify:\n");
    for entry in code::TABLE {
        let _ = writeln!(text, "  {:<width$}  {}", entry.name, entry.meaning);
    }
    app.terminal.answer(text);
}

fn unknown(id: &str) -> Failure {
    let names: Vec<_> =
        check::rules().iter().map(|rule| rule.id).chain(code::TABLE.iter().map(|entry| entry.name)).collect();
    let failure = Failure::new(Exit::Usage, format!("find a rule or code named `{id}`"));
    let holding = holding(id, &names);
    let likely = source::nearest::nearest(id, names.iter().copied()).map_or(holding, |near| vec![near]);
    match likely.as_slice() {
        [near] => failure.help(format!("did you mean `promptuary explain {near}`?")),
        [] => failure.help("`promptuary explain` lists them all"),
        several => failure.help(format!("take one of {}", several.join(", "))),
    }
}

/// The names with `word` in them, those that begin with it first; none for a word that says too little.
fn holding<'a>(word: &str, names: &[&'a str]) -> Vec<&'a str> {
    let word = word.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    let mut found: Vec<_> = names.iter().copied().filter(|name| word.len() > 2 && name.contains(&word)).collect();
    found.sort_by_key(|name| !name.starts_with(&word));
    found
}
