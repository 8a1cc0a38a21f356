//! `promptuary recordings explain`.

use std::path::PathBuf;

use eval::recording::{Asked, Difference};
use eval::run::{Miss, Plan, Request, requests};
use eval::session::Opened;
use serde_json::json;
use source::escape::terminal;
use source::{Digest, RepoPath};

use crate::app::App;
use crate::evaluation::Bench;
use crate::evaluation::before::Before;
use crate::evaluation::course::Course;
use crate::evaluation::running;
use crate::evaluation::unplanned::unplanned;
use crate::exit::{Exit, Failure};
use crate::named::{self, Tested};
use crate::shape::Shape;

/// Say why answers are not on file
///
/// Names, for every request that has no recording, the nearest one, and where the committed prompt was recorded, the
/// fields in which this request differs from that one. Where answers are on file, so must be what the judge said of
/// them. Exits 6 where anything is missing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompts whose suites to look at, or suites by their paths [default: all]
    #[arg(value_parser = named::tested)]
    ids: Vec<Tested>,
    /// Only this case
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// The revision whose requests to compare with
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    base: String,
    /// Models instead of the suite's own: routes or provider/model, separated by commas
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    models: Vec<String>,
    /// A file of definitions of providers: `format: 1`, then `providers:` as in policies/models.yaml
    #[arg(long, value_name = "FILE")]
    providers: Option<PathBuf>,
    #[command(flatten)]
    shape: Shape,
}

impl Args {
    /// Whether the case `id` is asked about.
    fn wants(&self, id: &str) -> bool {
        self.case.as_deref().is_none_or(|case| case == id)
    }
}

/// What a suite asks, and what of it is on file.
#[derive(serde::Serialize)]
struct Explained {
    suite: RepoPath,
    requests: usize,
    on_file: usize,
    missing: Vec<Missing>,
    /// Answers that are on file without what the judge, or the model of embeddings, said of them.
    ungraded: usize,
    /// The first few of them.
    grades_missing: Vec<Miss>,
}

/// A request without a recording.
#[derive(serde::Serialize)]
struct Missing {
    case: String,
    model: String,
    sample: u32,
    key: Digest,
    nearest: String,
    /// Where the same case is on file for the revision: what differs.
    differences: Option<Vec<Field>>,
}

#[derive(serde::Serialize)]
struct Field {
    field: String,
    before: String,
    now: String,
}

/// Looks up every request, explains those that miss.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    super::opened(&args.ids, args.providers.as_deref(), app, |suites, bench| explain(args, suites, bench))
}

fn explain(args: &Args, suites: &[Opened], bench: &Bench<'_>) -> Result<Exit, Failure> {
    let (repo, app) = (bench.repo, bench.app);
    let base = match repo.head()? {
        repo::Head::Unborn(_) if args.base == "HEAD" => None,
        _ => Some(repo.files_at(repo.rev_parse(&args.base)?)?),
    };
    let course = Course::replay(&args.models, None);
    if let Some(case) = &args.case {
        somewhere(case, suites)?;
    }
    let mut all = Vec::new();
    for opened in suites.iter().filter(|opened| args.case.as_ref().is_none_or(|case| has(opened, case))) {
        let plan = course.plan(opened, bench)?;
        let before = base
            .as_ref()
            .map(|files| Before::read(files, opened, &args.models, |case| args.wants(case), bench))
            .transpose()?
            .flatten();
        all.push(explained(opened, &plan, before.as_ref(), args, bench)?);
    }
    let missing = all.iter().any(|one| !one.missing.is_empty() || one.ungraded > 0);
    match args.shape.is_json() {
        true => app.terminal.value(&json!({ "suites": all }))?,
        false => all.iter().for_each(|one| app.terminal.answer(text(one, &args.base))),
    }
    Ok(if missing { Exit::Recording } else { Exit::Clean })
}

fn has(opened: &Opened, case: &str) -> bool {
    opened.suite.as_ref().is_some_and(|suite| suite.cases.iter().any(|c| c.id == case))
}

/// Refuses a case that none of `suites` has, with the nearest of all their cases.
fn somewhere(case: &str, suites: &[Opened]) -> Result<(), Failure> {
    if suites.iter().any(|opened| has(opened, case)) {
        return Ok(());
    }
    let paths: Vec<&str> = suites.iter().map(|opened| opened.path.as_str()).collect();
    let near: Vec<_> = suites.iter().filter_map(|opened| opened.suite.as_ref()?.cases.nearest(case)).collect();
    let near = source::nearest::nearest(case, near.iter().map(|id| &**id));
    let help =
        near.map_or_else(|| "see them: promptuary eval --format jsonl".to_owned(), |n| format!("did you mean {n}?"));
    let which = match paths.as_slice() {
        [] | [_] | [_, _] | [_, _, _] => paths.join(", "),
        [first, others @ ..] => format!("{first} and {} other suites", others.len()),
    };
    Err(Failure::new(Exit::Usage, format!("find the case {case} in {which}")).help(help))
}

fn explained(
    opened: &Opened,
    plan: &Plan<'_>,
    before: Option<&Before>,
    args: &Args,
    bench: &Bench<'_>,
) -> Result<Explained, Failure> {
    let found = requests(plan, bench.providers, |case| args.wants(case)).map_err(|e| unplanned(&e, plan, bench))?;
    let id = |r: &Request| plan.suite.cases.at(r.case).id.clone();
    let missing = found.iter().filter(|r| !r.is_stored).map(|request| {
        let asked = Asked { prepared: &request.prepared, sample: request.sample };
        Missing {
            case: id(request),
            model: plan.targets[request.model].compiled.model.to_string(),
            sample: request.sample,
            key: request.key,
            nearest: opened.recordings.explain(&asked, &id(request)),
            differences: before.and_then(|b| {
                let found = b.differences(request, &id(request), &opened.recordings)?;
                let field = |d: Difference| Field { field: d.field, before: d.before, now: d.now };
                Some(found.into_iter().map(field).collect())
            }),
        }
    });
    let missing: Vec<Missing> = missing.collect();
    let (ungraded, grades_missing) = running::ungraded(plan, args.case.as_deref(), bench)?;
    Ok(Explained {
        suite: opened.path.clone(),
        requests: found.len(),
        on_file: found.iter().filter(|r| r.is_stored).count(),
        missing,
        ungraded,
        grades_missing,
    })
}

fn text(one: &Explained, base: &str) -> String {
    let requests = source::render::counted(one.requests, "request");
    let mut text = format!("{}: {requests}, {} on file\n", one.suite, one.on_file);
    for missing in &one.missing {
        let repeat = if missing.sample > 0 { format!(" (repeat {})", missing.sample + 1) } else { String::new() };
        text += &format!("  {}{repeat} [{}]\n", terminal(&missing.case), terminal(&missing.model));
        match &missing.differences {
            Some(fields) if !fields.is_empty() => {
                text += &format!("    on file for {}, which differs in\n", terminal(base));
                for f in fields {
                    text += &format!("      {}: {} -> {}\n", terminal(&f.field), terminal(&f.before), terminal(&f.now));
                }
            }
            _ => text += &format!("    {}\n", terminal(&missing.nearest)),
        }
    }
    for miss in &one.grades_missing {
        let repeat = if miss.sample > 0 { format!(" (repeat {})", miss.sample + 1) } else { String::new() };
        let what = miss.helping.map_or("", eval::run::Helping::gives);
        text +=
            &format!("  {}{repeat}: {what} is not on file\n    {}\n", terminal(&miss.case), terminal(&miss.nearest));
    }
    if one.ungraded > one.grades_missing.len() {
        text += &format!("  … and {} more without a grade on file\n", one.ungraded - one.grades_missing.len());
    }
    text
}
