//! `promptuary release`.

use release::{Needs, Release};
use source::{PromptId, render};

use crate::acting::{self, Acting};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;

/// Sign a prompt's version, so that it can be promoted
///
/// Releases what is committed: HEAD, or the commit that --rev names. Refuses where check finds errors, an eval that is
/// demanded fails, or the commit is not on the branch that policy releases from.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = named::name::<PromptId>)]
    id: PromptId,
    /// The commit to release from [default: HEAD]
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Judges, signs, publishes.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let (desk, _hold) = args.acting.trial.desk_for(Needs::Releasing(&args.id), app)?;
    let done = release::release(&desk, &args.id, args.rev.as_deref(), args.acting.reason.as_ref());
    let done = done.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    if args.acting.trial.shape.is_json() {
        app.terminal.value(&done)?;
    } else {
        app.terminal.tell(text(&done, app));
    }
    let unmet = done.demands.iter().any(|demand| !demand.is_met());
    Ok(if unmet && !done.existed { Exit::Findings } else { Exit::Clean })
}

fn text(done: &Release, app: &App) -> String {
    let (id, version) = (&done.prompt, &done.version);
    if !done.report.findings().is_empty() {
        app.terminal.say(render::short(&done.report).trim_end());
    }
    let mut text = match (&done.written, done.existed) {
        (_, true) => format!("{id} {version} was released before, with this very content\n"),
        (Some(_), _) => format!("released {id} {version}\n"),
        (None, _) => format!("would release {id} {version}\n{}", acting::demands(&done.demands, app)),
    };
    text += &format!("  content {}\n  commit  {}\n", done.content.tagged(), done.commit);
    for outcome in &done.evals {
        text += &match outcome.class {
            None => format!("  eval    {}: {} of {} answers pass\n", outcome.suite, outcome.passed, outcome.cases),
            Some(_) => format!(
                "  eval    {}: not judged, answers are not on file; policy does not ask for it\n",
                outcome.suite
            ),
        };
    }
    text + &acting::written(done.written.as_slice())
}
