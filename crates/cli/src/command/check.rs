//! `promptuary check`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use check::bump;
use release::Absent;
use repo::Repo;
use source::escape::terminal;
use source::{Finding, PromptId, Report};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::history::{self, Past};
use crate::judgement::Material;
use crate::report::{self, Format};
use crate::scope::{self, Scope};
use crate::trusted::Trusted;

/// Find what is wrong with prompts, policies and suites
///
/// Judges the worktree by default, by the policy that stands in it. Exits 1 where a finding is an error; with --quiet, what
/// is clean is passed over in silence.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show only what concerns these files and folders
    paths: Vec<PathBuf>,
    #[command(flatten)]
    view: View,
    /// Compare versions with this revision's prompts instead of the released ones
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Fail (exit 8) where released versions are not here, instead of leaving versions unjudged
    #[arg(long, conflicts_with = "base")]
    require_releases: bool,
    /// Apply the corrections that need no thought, then judge what is left
    #[arg(long, conflicts_with_all = ["staged", "rev"])]
    fix: bool,
    /// With --fix: show the corrections and write nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,
    #[command(flatten)]
    trusted: Trusted,
    /// How to show the findings: human, short, json, jsonl, github, sarif, gitlab or junit
    #[arg(long, value_enum, default_value_t = Format::Human, hide_possible_values = true)]
    format: Format,
}

/// What is judged.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct View {
    /// Judge the index: staged files, and prompts that reach staged blocks
    #[arg(long)]
    staged: bool,
    /// Judge a revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
}

/// Reads the snapshot, judges it, shows what was found.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let repo = app.repo()?;
    let mut judged = judge(args, &repo, app)?;
    if args.fix && apply(&judged, args.dry_run, &repo, app)? && !args.dry_run {
        judged = judge(args, &repo, app)?;
    }
    let exit = report::show(&judged, args.format, app);
    let left = check::fixes::count(judged.findings());
    if left > 0 && matches!(args.format, Format::Human) && !args.fix && args.view.rev.is_none() {
        let then = if args.view.staged { ", then git add" } else { "" };
        app.terminal.answer(format!("{left} can be corrected: promptuary check --fix{then}\n"));
    }
    Ok(exit)
}

fn judge(args: &Args, repo: &Repo, app: &App) -> Result<Report, Failure> {
    let clock = app.stopwatch();
    let (snapshot, mut scope) = match (&args.view.rev, args.view.staged) {
        (Some(rev), _) => (repo.revision(rev)?, Scope::All),
        (None, true) => scope::staged(repo)?,
        (None, false) => (repo.worktree()?, Scope::All),
    };
    if !args.paths.is_empty() {
        scope = scope.within(&args.paths, &snapshot, repo, app)?;
    }
    let material = Material::of(snapshot, repo, app);
    app.terminal.detail(format!("read {} in {} ms", material.told(), clock.elapsed().as_millis()));
    let clock = app.stopwatch();
    let past = Past::new(args.base.as_deref(), args.view.rev.as_deref().unwrap_or("HEAD"), repo)?;
    let gone = |id: &PromptId| material.lacks(id) && scope.holds(&id.path());
    let judged = material.judged(&past, gone, |subject| scope.of(check::check(subject), subject.catalog()))?;
    let than = match (&args.base, &judged.without_releases) {
        (Some(base), _) => format!("prompts as {} has them", terminal(base)),
        (None, None) => "what the ledger says was released".to_owned(),
        (None, Some(_)) => "nothing: no release is known here".to_owned(),
    };
    let (rules, spent) = (check::rules().len(), clock.elapsed().as_millis());
    app.terminal.detail(format!("judged by {rules} rules in {spent} ms; versions are compared with {than}"));
    if let Some(absent) = judged.without_releases {
        without_releases(absent, args, app)?;
    }
    if material.policy.is_none() && !material.snapshot.files.contains_key("policies") {
        let name = &material.snapshot.name;
        app.terminal
            .say(format!("note: {name} has no policies/, so every rule keeps its default (see `promptuary init`)"));
    }
    let mut report = judged.answer;
    if args.view.staged {
        report = bumped_already(report, &past, repo, app)?;
    }
    let mut report = report.joined();
    report.root = repo.root().to_owned();
    // The process ends soon; giving every prompt back one by one only takes time.
    std::mem::forget(material);
    Ok(report)
}

/// `report` of the index, with another remedy where the worktree's version already says what changed.
fn bumped_already(mut report: Report, past: &Past, repo: &Repo, app: &App) -> Result<Report, Failure> {
    let is_of_version = |finding: &Finding| bump::RULES.contains(&finding.rule);
    if !report.findings().iter().any(is_of_version) {
        return Ok(report);
    }
    let material = Material::of(repo.worktree()?, repo, app);
    let honest = material.judged(
        past,
        |_| false,
        |subject| {
            let report = check::check(subject);
            let told = report.findings().iter().filter(|finding| is_of_version(finding));
            let told: BTreeSet<_> = told.map(|finding| finding.at.path()).collect();
            let prompts = subject.catalog().prompts();
            let honest = prompts.filter(|p| bump::is_judged(subject, p) && !told.contains(&p.id.path()));
            honest.map(|p| (p.id.path(), p.front_matter.version.clone())).collect::<BTreeMap<_, _>>()
        },
    )?;
    report.for_each(|finding| {
        let Some(version) = honest.answer.get(finding.at.path()).filter(|_| is_of_version(finding)) else { return };
        let path = match repo.root() {
            "" | "." => finding.at.path().to_string(),
            root => format!("{root}/{}", finding.at.path()),
        };
        finding.help = Some(format!("the worktree already says {version}: git add {path}"));
        finding.fix = None;
    });
    Ok(report)
}

/// Versions were not held against releases: that is a failure where it was asked for, else worth a line unless none was ever
/// made.
fn without_releases(absent: Absent, args: &Args, app: &App) -> Result<(), Failure> {
    if args.require_releases {
        let mut failure = Failure::of_release(absent.error, app);
        failure.exit = Exit::Unverifiable;
        return Err(failure);
    }
    history::tell_absent(&absent, app);
    Ok(())
}

/// Writes the corrections and shows them; says whether there were any. A dry run only shows them.
fn apply(report: &Report, dry_run: bool, repo: &Repo, app: &App) -> Result<bool, Failure> {
    let fixed = check::fixes::apply(report.findings());
    let changes = check::fixes::changes(report.findings());
    for (path, text) in &fixed {
        if !dry_run {
            repo.write_file(path, text.as_bytes())?;
        }
        app.terminal.say(format!("{} {path}", if dry_run { "would correct" } else { "corrected" }));
        for change in changes.get(path).into_iter().flatten() {
            for (sign, lines) in [('-', &change.before), ('+', &change.after)] {
                for (at, line) in (change.line..).zip(lines.lines()) {
                    app.terminal.say(format!("  {at:>4} {sign} {}", source::escape::terminal(line)));
                }
            }
        }
    }
    Ok(!fixed.is_empty())
}
