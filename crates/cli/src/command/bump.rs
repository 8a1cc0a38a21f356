//! `promptuary bump`.

use std::collections::BTreeSet;

use check::bump::{honest, is_judged, rewrite};
use release::{Absence, Absent};
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
/// where the prompt behaves differently, patch for a higher risk. Everything else in the file stays as it was typed. Exits 1
/// where a prompt could not be judged because its template does not compile.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these prompts [default: every one that changed, also by an edit of a block or route that it reaches]
    #[arg(value_parser = crate::named::prompt)]
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
    let known =
        |id: &PromptId| material.catalog.prompt(id).is_some() || material.catalog.unread().any(|broken| broken == id);
    if let Some(id) = args.ids.iter().find(|id| !known(id)) {
        return Err(Failure::unknown_prompt(id, &material.catalog));
    }
    let wanted = |id: &PromptId| args.reached || args.ids.is_empty() || args.ids.contains(id);
    let past = Past::new(args.base.as_deref(), "HEAD", &repo)?;
    let judged = material.judged(
        &past,
        |_| false,
        |subject| {
            let catalog = subject.catalog();
            let prompts = || catalog.prompts().filter(|prompt| wanted(&prompt.id));
            let steps = prompts().filter_map(|prompt| Some((prompt.clone(), honest(subject, prompt)?)));
            let broken = prompts().filter(|prompt| !is_judged(subject, prompt)).map(|prompt| &prompt.id);
            let broken = broken.chain(catalog.unread().filter(|id| wanted(id))).cloned();
            (steps.collect::<Vec<_>>(), broken.collect::<BTreeSet<_>>())
        },
    )?;
    if let Some(absent) = judged.without_releases {
        return Err(without_releases(absent, args, app));
    }
    let (steps, unjudged) = judged.answer;
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
    show(&steps.iter().map(step).collect::<Vec<_>>(), &unjudged, args, app);
    Ok(if unjudged.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Without releases an author can still compare with a branch; to publish a policy is a maintainer's business.
fn without_releases(absent: Absent, args: &Args, app: &App) -> Failure {
    let ids: String = args.ids.iter().map(|id| format!(" {id}")).collect();
    let branch = format!("compare with a branch: promptuary bump{ids} --base main");
    Failure::of_release(absent.error, app).help(match absent.absence {
        Absence::NoneBegun => branch,
        Absence::NotFetched | Absence::Lacking => format!("promptuary sync; or {branch}"),
    })
}

fn show(steps: &[(PromptId, source::Version, source::Version)], unjudged: &BTreeSet<PromptId>, args: &Args, app: &App) {
    if args.shape.is_json() {
        let shape =
            |(id, from, to): &(PromptId, source::Version, source::Version)| json!({ "id": id, "from": from, "to": to });
        return app.terminal.json(&json!({
            "bumped": steps.iter().map(shape).collect::<Vec<_>>(),
            "unjudged": unjudged,
            "written": !args.dry_run,
        }));
    }
    for (id, from, to) in steps {
        app.terminal.tell(format!("{id} {from} -> {to}\n"));
    }
    for id in unjudged {
        app.terminal.warn(format!("{id} cannot be judged: see promptuary check {}", id.path()));
    }
    if steps.is_empty() && unjudged.is_empty() {
        app.terminal.say("every version already says what changed");
    }
}
