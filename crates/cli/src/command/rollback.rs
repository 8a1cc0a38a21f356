//! `promptuary rollback`.

use std::fmt::Write as _;

use ledger::record::{PointerAction, Reason};
use release::{Drilled, Inputs, Needs};
use serde_json::json;
use source::escape::terminal;
use source::render::counted;
use source::{EnvName, PromptId, Version};

use crate::acting::{self, Trial};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::moved;
use crate::named;

/// Go back to what was live before
///
/// The record says who did it and why. After a rollback automation stands still until a person promotes.
///
/// --drill proves that the release it would go back to verifies and renders, says what the rollback would need, and writes
/// nothing; without ID for every prompt that is live in the environment.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = named::name::<PromptId>, required_unless_present = "drill")]
    id: Option<PromptId>,
    /// The environment
    #[arg(long, value_parser = named::name::<EnvName>)]
    env: EnvName,
    /// The version to go back to [default: what was live before]
    #[arg(long, value_name = "VERSION", value_parser = named::name::<Version>, requires = "id")]
    to: Option<Version>,
    /// Why, in one line; it stands in the record for good
    #[arg(long, short = 'm', value_parser = named::reason, required_unless_present = "drill")]
    reason: Option<Reason>,
    /// Rehearse it: verify and render the target, write nothing
    #[arg(long)]
    drill: bool,
    #[command(flatten)]
    trial: Trial,
}

/// Plans, signs, publishes; or rehearses.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let (Some(id), Some(reason), false) = (&args.id, &args.reason, args.drill) else { return drill(args, app) };
    let (desk, _hold) = args.trial.desk_for(Needs::Prompts(std::slice::from_ref(id)), app)?;
    let moved = release::turn(&desk, PointerAction::Rollback, id, &args.env, args.to.as_ref(), reason);
    acting::tell_pin(&desk, app);
    moved::show(moved.map(|one| vec![one]), args.trial.shape.is_json(), app)
}

fn drill(args: &Args, app: &App) -> Result<Exit, Failure> {
    // Tonight's rollback would begin with a fetch too.
    let (desk, _hold) = args.trial.desk(app)?;
    let drilled = release::drill(&desk, args.id.as_ref(), &args.env, args.to.as_ref());
    let drilled = drilled.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    if args.trial.shape.is_json() {
        app.terminal.value(&json!({ "drilled": drilled }))?;
    } else {
        drilled.iter().for_each(|one| app.terminal.answer(text(one, app)));
        let (sound, targets) =
            (drilled.iter().filter(|d| d.faults.is_empty() && d.target.is_some()).count(), drilled.len());
        app.terminal.say(match targets {
            0 => format!("nothing is live in {}", args.env),
            n => format!("{sound} of {} could be rolled back tonight", counted(n, "prompt")),
        });
    }
    // Who asked for one prompt wants to know that it could go back.
    let stuck = args.id.is_some() && drilled.iter().any(|d| d.target.is_none());
    let exit = Exit::of_refusals(drilled.iter().flat_map(|d| &d.faults));
    Ok(if exit == Exit::Clean && stuck { Exit::Findings } else { exit })
}

fn text(drilled: &Drilled, app: &App) -> String {
    let Drilled { prompt, environment, live, .. } = drilled;
    let Some(target) = &drilled.target else {
        return format!(
            "{environment}: {prompt} {live}: nothing was live under it, so there is nothing to go back to\n"
        );
    };
    let word = if drilled.faults.is_empty() { "ok" } else { "FAILS" };
    let mut text = format!("{environment}: {prompt} {live} -> {target}  {word}\n");
    if drilled.faults.is_empty() {
        let rendered = match drilled.inputs {
            Inputs::Cases => format!("renders {} of its suites", counted(drilled.rendered, "case")),
            Inputs::MadeUp => "renders with made-up inputs; it has no suite".to_owned(),
            Inputs::None => "compiles; it has no suite, and no inputs could be made up".to_owned(),
        };
        let _ = writeln!(text, "  verifies, {rendered}");
    }
    for fault in &drilled.faults {
        let _ = writeln!(text, "  {}\n  help: {}", terminal(&fault.to_string()), fault.code.entry().remedy);
    }
    let waiting: Vec<_> = drilled.demands.iter().filter(|d| d.missing.is_some()).cloned().collect();
    text += &acting::demands(&waiting, app);
    if !drilled.signers.is_empty() {
        let _ = writeln!(text, "  may be done by {}", terminal(&drilled.signers.join(", ")));
    }
    text
}
