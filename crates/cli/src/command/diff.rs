//! `promptuary diff`.

use check::diff::{self, Diff, Direction, Fate, Look, Origin, Side, Texts};
use clap::ValueEnum;
use policy::Policy;
use release::Examples;
use repo::{Oid, Repo};
use source::PromptId;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;
use crate::reference::{Found, Reference};
use crate::trusted::Trusted;

/// Compare two versions of a prompt
///
/// Shows front matter by meaning, what callers notice and the version bump that it asks for, messages and blocks word by
/// word, and what a call costs: its fixed text, and the longest that its inputs allow, by the prices of policies/models.yaml.
/// A and B are v:2.1.0 (a release), env:prod (what is live there), rev:HEAD~3, or worktree. A prompt that one side alone has
/// is shown whole, as new or removed. Secrets are not shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = named::prompt)]
    id: PromptId,
    /// The older version [default: rev:HEAD]
    a: Option<String>,
    /// The newer version [default: worktree]
    b: Option<String>,
    /// Show blocks where they are included, instead of by themselves
    #[arg(long)]
    inline: bool,
    /// Also show what the model would see in the cases of the prompt's suites
    #[arg(long)]
    rendered: bool,
    /// Show what the model would see in this case alone
    #[arg(long, value_name = "CASE", conflicts_with = "rendered")]
    case: Option<String>,
    /// The older version is that of this prompt, which the one named was renamed from
    #[arg(long, value_name = "ID", value_parser = named::prompt)]
    was: Option<PromptId>,
    #[command(flatten)]
    trusted: Trusted,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// The shapes of a diff.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For a terminal
    Human,
    /// One JSON object
    Json,
    /// For a comment
    Markdown,
    /// One page that needs nothing else, side by side
    Html,
}

/// Finds both sides, compares, shows.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let repo = app.repo()?;
    let reference =
        |given: &Option<String>, default| given.as_ref().map_or(Ok(default), |text| Reference::read(text, &repo));
    let a = reference(&args.a, Reference::Revision("HEAD".to_owned()))?;
    let b = reference(&args.b, Reference::Worktree)?;
    let ids = [args.was.as_ref().unwrap_or(&args.id), &args.id];
    let find = |of: &Reference, id| of.find(id, &repo, app).map_err(|missing| missing.of_side(of));
    let (old, new) = match (find(&a, ids[0]), find(&b, ids[1])) {
        (Ok(old), Ok(new)) => (Some(old), Some(new)),
        (Ok(old), Err(missing)) if missing.is_no_prompt() && args.was.is_none() => (Some(old), None),
        (Err(missing), Ok(new)) if missing.is_no_prompt() && args.was.is_none() => (None, Some(new)),
        (Err(a), Err(b)) if a.is_no_prompt() && b.is_no_prompt() => return b.or_likelier(a).ends(app),
        (Err(a), Err(b)) => return if b.is_no_prompt() { a } else { b }.ends(app),
        (Err(missing), _) | (_, Err(missing)) => return missing.ends(app),
    };
    let policy = Policy::load(&repo.worktree()?).policy;
    let texts = if args.inline { Texts::Inlined } else { Texts::Apart };
    let labels = [a.label(), b.label()];
    let [from, to] = labels.each_ref().map(String::as_str);
    let side = |label, found| side(label, found, policy.as_ref());
    let mut diff = match (&old, &new) {
        (Some(old), Some(new)) => diff::diff(side(from, old), side(to, new), texts, &check::subject::validator),
        (None, Some(new)) => diff::new(from, side(to, new), texts),
        (Some(old), None) => diff::removed(side(from, old), to, texts),
        (None, None) => return Err(Failure::new(Exit::Usage, format!("find the prompt {}", args.id))),
    };
    let commits = [commit(&a, ids[0], old.is_some(), &repo, app)?, commit(&b, ids[1], new.is_some(), &repo, app)?];
    diff.origins = [origin(commits[0], &repo)?, origin(commits[1], &repo)?];
    diff.direction = direction([&a, &b], commits, &diff, &repo);
    if diff.fate() != Fate::Kept {
        add_twin(&mut diff, [&a, &b], args, &repo, app)?;
    }
    if args.rendered || args.case.is_some() {
        let examples =
            [cases(args, &a, ids[0], old.is_some(), &repo, app)?, cases(args, &b, ids[1], new.is_some(), &repo, app)?];
        add_rendered(args, &mut diff, [old.as_ref(), new.as_ref()], &examples, app)?;
    }
    show(&diff, args.format, app);
    Ok(Exit::Clean)
}

/// The commit that a side is read from; a revision that lacks the prompt is one nevertheless.
fn commit(of: &Reference, id: &PromptId, has: bool, repo: &Repo, app: &App) -> Result<Option<Oid>, Failure> {
    let is_looked_up = has || matches!(of, Reference::Revision(_));
    if is_looked_up { of.commit(id, repo, app) } else { Ok(None) }
}

fn origin(commit: Option<Oid>, repo: &Repo) -> Result<Option<Origin>, Failure> {
    let Some(commit) = commit else { return Ok(None) };
    Ok(Some(Origin { commit: commit.short(), date: repo.committed_at(commit)? }))
}

/// Whether the second side is what the first one comes from, or an earlier release.
fn direction(sides: [&Reference; 2], commits: [Option<Oid>; 2], diff: &Diff, repo: &Repo) -> Direction {
    let is_release = |of: &Reference| matches!(of, Reference::Version(_) | Reference::Environment(_));
    let is_back = match commits {
        [None, Some(_)] => *sides[0] == Reference::Worktree,
        [Some(a), Some(b)] if a != b => {
            let goes_down = matches!(&diff.versions, [Some(old), Some(new)] if new < old);
            (goes_down && sides.into_iter().all(is_release)) || repo.is_ancestor(b, a).unwrap_or(false)
        }
        _ => false,
    };
    if is_back { Direction::Back } else { Direction::Forward }
}

/// Names the prompt that the other side has in the place of this one, where there is one.
fn add_twin(diff: &mut Diff, [a, b]: [&Reference; 2], args: &Args, repo: &Repo, app: &App) -> Result<(), Failure> {
    let (Some(before), Some(after)) = (a.catalog(repo)?, b.catalog(repo)?) else { return Ok(()) };
    diff.twin = check::renames::renames(&before, &after).remove(&diff.id);
    if let Some(twin) = &diff.twin {
        // The older side of the command is the first one, whichever way it looks.
        let (old, new) = if diff.fate() == Fate::New { (&twin.id, &diff.id) } else { (&diff.id, &twin.id) };
        let sides: String = [&args.a, &args.b].into_iter().flatten().map(|side| format!(" {side}")).collect();
        app.terminal.say(format!("note: both beside each other: promptuary diff {new}{sides} --was {old}"));
    }
    Ok(())
}

fn side<'a>(label: &'a str, found: &'a Found, policy: Option<&'a Policy>) -> Side<'a> {
    let price = policy.and_then(|policy| policy.price(&found.compiled.model)).map(|price| price.value);
    Side { label, prompt: &found.prompt, compiled: &found.compiled, price }
}

/// The cases of one side, or the one that was asked for; none where it does not have the prompt.
fn cases(args: &Args, of: &Reference, id: &PromptId, has: bool, repo: &Repo, app: &App) -> Result<Examples, Failure> {
    if !has {
        return Ok(Examples::default());
    }
    let mut examples = of.examples(id, repo, app)?;
    if let Some(only) = &args.case {
        examples.cases.retain(|example| example.case == *only);
    }
    Ok(examples)
}

fn add_rendered(
    args: &Args,
    diff: &mut Diff,
    sides: [Option<&Found>; 2],
    [before, after]: &[Examples; 2],
    app: &App,
) -> Result<(), Failure> {
    let id = &args.id;
    if before.cases.is_empty() && after.cases.is_empty() {
        let faulty = after.faults.first().or(before.faults.first());
        return Err(match (&args.case, faulty) {
            (_, Some(finding)) => Failure::new(Exit::Usage, format!("read the cases in {}", finding.at.path()))
                .help(format!("see what is wrong: promptuary check {}", finding.at.path())),
            (Some(case), None) => Failure::new(Exit::Usage, format!("find the case `{case}` in the suites of {id}"))
                .help(format!("see all of them: promptuary diff {id} --rendered")),
            (None, None) => Failure::new(Exit::Usage, format!("render {id}: it has no suite, so there are no cases"))
                .help(format!("write evals/{id}.yaml, or render one set of inputs: promptuary render {id} --help")),
        });
    }
    for finding in &after.faults {
        app.terminal.warn(format!("{} has errors, so its cases are left out", finding.at.path()));
    }
    let compiled = sides.map(|side| side.map(|found| &found.compiled));
    let added = release::add_rendered(diff, compiled, [&before.cases, &after.cases]);
    added.map_err(|error| Failure::of(Exit::Usage, &error))
}

fn show(diff: &Diff, format: Format, app: &App) {
    let look = Look { colour: app.terminal.colour, width: app.terminal.width };
    match format {
        Format::Human => app.terminal.answer(diff::terminal(diff, look)),
        Format::Json => app.terminal.json(&diff::json(diff)),
        Format::Markdown => app.terminal.answer(diff::markdown(diff, 2)),
        Format::Html => app.terminal.answer(diff::html(std::slice::from_ref(diff))),
    }
}
