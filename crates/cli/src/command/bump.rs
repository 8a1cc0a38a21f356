//! `promptuary bump`.

use check::bump::{honest, rewrite};
use serde_json::json;
use source::{Finding, Place, PromptId};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::history::Past;
use crate::judgement::Material;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// Write the honest version into prompts that changed
///
/// The version is the smallest that announces what changed since the last release: major where callers can break, minor
/// where the prompt behaves differently, patch for the rest. Everything else in the file stays as it was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these prompts [default: every one that changed, also by an edit of a block or route that it reaches]
    ids: Vec<PromptId>,
    /// Every prompt that changed, as without IDS
    #[arg(long, conflicts_with = "ids")]
    reached: bool,
    /// Compare with this revision's prompts instead of the released ones
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Only say what would be written
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Compares, rewrites, says what was done.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let repo = app.repo()?;
    let material = Material::of(repo.worktree()?, &repo, app);
    if let Some(id) = args.ids.iter().find(|id| material.catalog.prompt(id).is_none()) {
        return Err(Failure::unknown_prompt(id, &material.catalog));
    }
    let wanted = |id: &PromptId| args.reached || args.ids.is_empty() || args.ids.contains(id);
    let past = Past::new(args.base.as_deref(), "HEAD", &repo)?;
    let judged = material.judged(
        &past,
        |_| false,
        |subject| {
            let prompts = subject.catalog().prompts().filter(|prompt| wanted(&prompt.id));
            prompts.filter_map(|prompt| Some((prompt.clone(), honest(subject, prompt)?))).collect::<Vec<_>>()
        },
    )?;
    if let Some(failure) = judged.without_releases {
        return Err(failure);
    }
    let steps = judged.answer;
    for (prompt, version) in &steps {
        let Some(fix) = rewrite(prompt, version) else { continue };
        let finding = Finding::new("version-not-bumped", Place::whole(&prompt.text), "").fix(fix.edits);
        for (path, text) in check::fixes::apply(&[finding]) {
            if !args.dry_run {
                repo.write_file(&path, text.as_bytes())?;
            }
        }
    }
    let step = |(prompt, version): &(prompt::Prompt, source::Version)| {
        (prompt.id.clone(), prompt.front_matter.version.clone(), version.clone())
    };
    show(&steps.iter().map(step).collect::<Vec<_>>(), args, app);
    Ok(Exit::Clean)
}

fn show(steps: &[(PromptId, source::Version, source::Version)], args: &Args, app: &App) {
    if args.shape.is_json() {
        let shape =
            |(id, from, to): &(PromptId, source::Version, source::Version)| json!({ "id": id, "from": from, "to": to });
        return app
            .terminal
            .json(&json!({ "bumped": steps.iter().map(shape).collect::<Vec<_>>(), "written": !args.dry_run }));
    }
    for (id, from, to) in steps {
        app.terminal.tell(format!("{id} {from} -> {to}\n"));
    }
    if steps.is_empty() {
        app.terminal.say("every version already says what changed");
    }
}
