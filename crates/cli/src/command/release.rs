//! `promptuary release`.

use release::{Needs, Release};
use serde_json::json;
use source::escape::terminal;
use source::{PromptId, render};

use crate::acting::{self, Acting};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;

/// Sign prompts' versions, so that they can be promoted
///
/// Releases what is committed: HEAD, or the commit that --rev names. Refuses where check finds errors, an eval that is
/// demanded fails, or the commit is not on the branch that policy releases from. Several are released together or not at
/// all.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompts
    #[arg(required = true, value_name = "ID", value_parser = named::prompt)]
    ids: Vec<PromptId>,
    /// The commit to release from [default: HEAD]
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Judges, signs, publishes.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let (desk, _hold) = args.acting.trial.desk_for(Needs::Releasing(&args.ids), app)?;
    let done = release::release(&desk, &args.ids, args.rev.as_deref(), args.acting.reason.as_ref());
    let done = done.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    if args.acting.trial.shape.is_json() {
        app.terminal.value(&json!({ "released": done }))?;
    } else {
        for one in done.iter().filter(|one| !one.report.findings().is_empty()) {
            app.terminal.say(render::short(&one.report).trim_end());
        }
        match done.as_slice() {
            [one] => app.terminal.tell(text(one, app)),
            many => app.terminal.tell(table(many, app)),
        }
    }
    Ok(if done.iter().any(is_held) { Exit::Findings } else { Exit::Clean })
}

/// Whether something still keeps it from being released.
fn is_held(done: &Release) -> bool {
    !done.existed && done.demands.iter().any(|demand| !demand.is_met())
}

fn text(done: &Release, app: &App) -> String {
    let (id, version) = (&done.prompt, &done.version);
    let mut text = match (&done.written, done.existed) {
        (_, true) => format!("{id} {version} was released before, with this very content\n"),
        (Some(_), _) => format!("released {id} {version}\n{}", acting::met_by(&done.demands, app)),
        (None, _) => {
            let would = if is_held(done) { "would not release" } else { "would release" };
            format!("{would} {id} {version}\n{}", acting::demands(&done.demands, app))
        }
    };
    text += &format!("  content {}\n  commit  {}\n", done.content.tagged(), done.commit);
    text += &evals(done);
    text + &acting::written(done.written.as_slice())
}

/// One line a release, in columns; of a dry run also what is missing.
fn table(done: &[Release], app: &App) -> String {
    let ids = done.iter().map(|one| one.prompt.as_str().len()).max().unwrap_or(0);
    let versions = done.iter().map(|one| one.version.to_string().len()).max().unwrap_or(0);
    done.iter().fold(String::new(), |mut text, one| {
        let end = match &one.written {
            Some(entry) => {
                let place = entry.remote.as_ref().map_or_else(|| "local only".to_owned(), |r| format!("on {r}"));
                format!("{}  {}", entry.tag, terminal(&place))
            }
            None if one.existed => "was released before, with this very content".to_owned(),
            None if is_held(one) => "held up".to_owned(),
            None => "would be released".to_owned(),
        };
        text += &format!("{:<ids$}  {:<versions$}  {end}\n", one.prompt.as_str(), one.version.to_string());
        text += &evals(one);
        if is_held(one) {
            text += &acting::unmet(&one.demands, app);
        }
        if one.written.is_some() {
            text += &acting::met_by(&one.demands, app);
        }
        text
    })
}

fn evals(done: &Release) -> String {
    done.evals.iter().fold(String::new(), |text, outcome| match outcome.class {
        None => {
            let compared: String = outcome.compared.iter().map(|c| format!("          {}\n", terminal(c))).collect();
            text + &format!("  eval    {}: {} of {} answers pass\n", outcome.suite, outcome.passed, outcome.cases)
                + &compared
        }
        Some(_) => {
            text + &format!(
                "  eval    {}: not judged, answers are not on file; policy does not ask for it\n",
                outcome.suite
            )
        }
    })
}
