//! `promptuary diff`.

use check::diff::{self, Diff, Look, Side, Texts};
use clap::ValueEnum;
use policy::Policy;
use release::Examples;
use repo::Repo;
use source::{PromptId, Report};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::reference::{Found, Missing, Reference};
use crate::report;
use crate::trusted::Trusted;

/// Compare two versions of a prompt
///
/// Shows front matter by meaning, what callers notice and the version bump that it asks for, messages and blocks word by
/// word, and what a call costs: its fixed text, and the longest that its inputs allow, by the prices of policies/models.yaml.
/// A and B are v:2.1.0 (a release), env:prod (what is live there), rev:HEAD~3, or worktree.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
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
    let (old, new) = match (a.find(&args.id, &repo, app), b.find(&args.id, &repo, app)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(missing), Ok(_)) if missing.is_no_prompt() => return Err(one_sided(&args.id, &b, &a, "new")),
        (Ok(_), Err(missing)) if missing.is_no_prompt() => return Err(one_sided(&args.id, &a, &b, "gone")),
        (Err(Missing::Failed(failure)), _) | (_, Err(Missing::Failed(failure))) => return Err(failure),
        (Err(Missing::Faulty(findings)), _) | (_, Err(Missing::Faulty(findings))) => {
            return Ok(report::instead(&Report::new(findings), app));
        }
    };
    let policy = Policy::load(&repo.worktree()?).policy;
    let texts = if args.inline { Texts::Inlined } else { Texts::Apart };
    let side = |label, found| side(label, found, policy.as_ref());
    let labels = (a.label(), b.label());
    let mut diff = diff::diff(side(&labels.0, &old), side(&labels.1, &new), texts, &check::subject::validator);
    if args.rendered || args.case.is_some() {
        let examples = [cases(args, &a, &repo, app)?, cases(args, &b, &repo, app)?];
        add_rendered(args, &mut diff, [&old, &new], &examples, app)?;
    }
    show(&diff, args.format, app);
    Ok(Exit::Clean)
}

/// A prompt that only one side has: there is nothing to compare it with.
fn one_sided(id: &PromptId, has: &Reference, lacks: &Reference, what: &str) -> Failure {
    let whole = match has {
        Reference::Worktree => format!("read {}", id.path()),
        Reference::Revision(spec) => format!("promptuary render {id} --rev {spec}"),
        Reference::Environment(env) => format!("promptuary render {id} --env {env}"),
        Reference::Version(version) => format!("promptuary render {id} --release {version}"),
    };
    let what = format!("compare {id}: it is {what}, in {} but not in {}", has.label(), lacks.label());
    Failure::new(Exit::Findings, what)
        .help(format!("to see it whole, {whole}; to see what a branch adds and removes, promptuary review --base main"))
}

fn side<'a>(label: &'a str, found: &'a Found, policy: Option<&'a Policy>) -> Side<'a> {
    let price = policy.and_then(|policy| policy.price(&found.compiled.model)).map(|price| price.value);
    Side { label, prompt: &found.prompt, compiled: &found.compiled, price }
}

/// The cases of one side, or the one that was asked for.
fn cases(args: &Args, reference: &Reference, repo: &Repo, app: &App) -> Result<Examples, Failure> {
    let mut examples = reference.examples(&args.id, repo, app)?;
    if let Some(only) = &args.case {
        examples.cases.retain(|example| example.case == *only);
    }
    Ok(examples)
}

fn add_rendered(
    args: &Args,
    diff: &mut Diff,
    [old, new]: [&Found; 2],
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
    let added = release::add_rendered(diff, [&old.compiled, &new.compiled], [&before.cases, &after.cases]);
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
