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
/// nothing; without ID for every prompt that is live in the environment. It fails where one of them could not go back:
/// exit 1 where nothing was live under it or too few people may act, 7 or 8 where its target does not hold.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = named::prompt_to, required_unless_present = "drill")]
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
    let needs = args.id.as_ref().map_or(Needs::Everything, |id| Needs::Prompts(std::slice::from_ref(id)));
    let (desk, _hold) = args.trial.desk_for(needs, app)?;
    let drilled = release::drill(&desk, args.id.as_ref(), &args.env, args.to.as_ref());
    let drilled = drilled.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    let sound = drilled.iter().filter(|one| one.is_sound()).count();
    if args.trial.shape.is_json() {
        app.terminal.value(&json!({ "drilled": drilled }))?;
    } else {
        drilled.iter().for_each(|one| app.terminal.answer(text(one, app)));
        app.terminal.say(match drilled.len() {
            0 => format!("nothing is live in {}, so nothing could be rolled back", args.env),
            n => format!("{sound} of {} could be rolled back tonight", counted(n, "prompt")),
        });
    }
    // What is wrong weighs more than what is not there. A drill passes where every prompt that is live could go back.
    let exit = Exit::of_refusals(drilled.iter().flat_map(|d| &d.faults));
    let ready = sound == drilled.len() && !drilled.is_empty();
    Ok(if exit == Exit::Clean && !ready { Exit::Findings } else { exit })
}

fn text(drilled: &Drilled, app: &App) -> String {
    let Drilled { prompt, environment, live, stuck, .. } = drilled;
    let word = if drilled.is_sound() { "ok" } else { "FAILS" };
    let Some(target) = &drilled.target else {
        let why = stuck.as_deref().unwrap_or("its target cannot be read");
        return format!(
            "{environment}: {prompt} {live}  {word}\n  {}\n  help: take it out instead, if it must go: promptuary retire \
             {prompt} --env {environment} --reason \"…\"\n",
            terminal(why)
        );
    };
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
        let _ = writeln!(text, "  {}\n  help: {}", terminal(&fault.to_string()), terminal(&fault.remedy()));
    }
    if let Some(why) = stuck {
        let _ = writeln!(text, "  {}", terminal(why));
        text += "  help: give somebody the role in policies/principals.yaml, and publish\n";
    }
    let waiting: Vec<_> = drilled.demands.iter().filter(|d| d.missing.is_some()).cloned().collect();
    text += &acting::demands(&waiting, app);
    if !drilled.signers.is_empty() && drilled.faults.is_empty() {
        let _ = writeln!(text, "  may be done by {}", terminal(&drilled.signers.join(", ")));
    }
    text
}
