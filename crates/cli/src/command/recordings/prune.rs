//! `promptuary recordings prune`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use eval::recording::Recordings;
use eval::session::Opened;
use repo::Repo;
use serde_json::json;
use source::render::counted;
use source::{Digest, RepoPath, Snapshot};

use crate::app::App;
use crate::evaluation::course::Course;
use crate::evaluation::running;
use crate::evaluation::{Bench, size};
use crate::exit::{Exit, Failure};
use crate::named::{self, Tested};
use crate::shape::Shape;

/// Take out the answers that no suite uses any more
///
/// Kept is what a replay of the worktree's suites uses, and of the baselines that they compare with, and what evidence of
/// the prompts as they are here names. A suite whose answers are not all on file is left alone: what it needs next may
/// be among those that would go.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompts whose recordings to look after [default: all, and files of suites that are gone]
    #[arg(value_parser = named::tested)]
    ids: Vec<Tested>,
    /// Also keep the answers of these models: routes or provider/model, separated by commas
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    models: Vec<String>,
    /// The branch that a merge base is taken with, for suites that compare with one
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// A file of definitions of providers: `format: 1`, then `providers:` as in policies/models.yaml
    #[arg(long, value_name = "FILE")]
    providers: Option<PathBuf>,
    /// Only say what would go
    #[arg(long, short = 'n')]
    dry_run: bool,
    #[command(flatten)]
    shape: Shape,
}

/// What became of one file.
#[derive(serde::Serialize)]
struct Pruned {
    file: RepoPath,
    removed: usize,
    kept: usize,
    bytes_before: usize,
    bytes: usize,
    /// Answers that a replay lacks; then nothing was taken out.
    missing: usize,
}

/// Replays, takes out, writes.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    super::opened(&args.ids, args.providers.as_deref(), app, |suites, bench| prune(args, suites, bench))
}

fn prune(args: &Args, suites: &[Opened], bench: &Bench<'_>) -> Result<Exit, Failure> {
    let (repo, app) = (bench.repo, bench.app);
    let mut all = Vec::new();
    for opened in suites.iter().filter(|s| !s.recordings.is_empty()) {
        let Some(suite) = &opened.suite else { continue };
        let own = Course::replay(&[], args.base.as_deref());
        let (mut used, missing) = running::used(opened, &own, bench)?;
        if !args.models.is_empty() {
            used.extend(running::used(opened, &Course::replay(&args.models, args.base.as_deref()), bench)?.0);
        }
        used.extend(attested(opened, bench)?);
        let mut recordings = opened.recordings.clone();
        let bytes_before = bytes_of(&recordings);
        let removed = if missing == 0 { recordings.prune(&used) } else { 0 };
        let (file, bytes) = (eval::recording::path_of(&suite.name), bytes_of(&recordings));
        if removed > 0 && !args.dry_run {
            replace(repo, &file, &recordings)?;
        }
        all.push(Pruned { file, removed, kept: recordings.len(), bytes_before, bytes, missing });
    }
    if args.ids.is_empty() {
        for (file, bytes, lines) in orphans(bench.snapshot) {
            if !args.dry_run {
                replace(repo, &file, &Recordings::default())?;
            }
            all.push(Pruned { file, removed: lines, kept: 0, bytes_before: bytes, bytes: 0, missing: 0 });
        }
    }
    match args.shape.is_json() {
        true => app.terminal.value(&json!({ "recordings": all }))?,
        false => tell(&all, args.dry_run, app),
    }
    Ok(Exit::Clean)
}

/// The keys of the answers that evidence of the prompt as it is here names: until it is released, nothing else holds them.
fn attested(opened: &Opened, bench: &Bench<'_>) -> Result<BTreeSet<Digest>, Failure> {
    let mut keys = BTreeSet::new();
    let Some(compiled) = &opened.compiled else { return Ok(keys) };
    if bench.repo.tags(&format!("evidence/{}@", compiled.digest().short16()))?.is_empty() {
        return Ok(keys);
    }
    let mut desk = bench.app.desk()?;
    // Looking trusts nothing: a root that was never seen is not pinned by this.
    desk.dry_run = true;
    let attempts = release::attempts(&desk, &compiled.id, &compiled.digest());
    let attempts = attempts.map_err(|error| Failure::of_release(error, bench.app))?;
    let of_suite = attempts.runs.iter().filter(|run| run.suite == opened.path);
    for case in of_suite.flat_map(|run| &run.statement.cases) {
        let answers = case.outputs.iter().filter_map(|output| opened.recordings.by_output(&case.id, output));
        keys.extend(answers.map(|entry| entry.key));
    }
    Ok(keys)
}

/// Writes a file, or removes it where nothing is left.
fn replace(repo: &Repo, file: &RepoPath, recordings: &Recordings) -> Result<(), Failure> {
    if recordings.is_empty() {
        repo.remove_file(file)?;
    } else {
        repo.write_file_pieces(file, |take| recordings.write(take))?;
    }
    Ok(())
}

/// How long the file of `recordings` is.
fn bytes_of(recordings: &Recordings) -> usize {
    let mut bytes = 0;
    recordings.write(&mut |line| bytes += line.len());
    bytes
}

/// Recordings of suites that are not there, with their size and lines.
fn orphans(snapshot: &Snapshot) -> Vec<(RepoPath, usize, usize)> {
    let suites: BTreeSet<&str> =
        snapshot.below("evals").filter_map(|(path, _)| path.as_str().strip_suffix(".yaml")).collect();
    let mut found = Vec::new();
    for (path, file) in snapshot.below("evals/recordings") {
        let name = path.below("evals/recordings").and_then(|p| p.strip_suffix(".jsonl"));
        if name.is_some_and(|name| !suites.contains(format!("evals/{name}").as_str())) {
            let lines = file.bytes.iter().filter(|b| **b == b'\n').count();
            found.push((path.clone(), file.bytes.len(), lines));
        }
    }
    found
}

fn tell(all: &[Pruned], dry_run: bool, app: &App) {
    let (mut before, mut after) = (0, 0);
    for one in all {
        (before, after) = (before + one.bytes_before, after + one.bytes);
        let answers = counted(one.removed + one.kept, "answer");
        let left = size(one.bytes);
        let text = match (one.missing, one.removed, one.kept) {
            (1, _, _) => "left alone, an answer that it needs is not on file".to_owned(),
            (2.., _, _) => format!("left alone, {} answers that it needs are not on file", one.missing),
            (0, 0, _) => format!("all {answers} are used, {left}"),
            (0, gone, 0) => format!("{gone} of {answers} not used, nothing left"),
            (0, gone, _) => format!("{gone} of {answers} not used, {left} left"),
        };
        app.terminal.answer(format!("{}: {text}\n", one.file));
    }
    let verb = if dry_run { "would be taken out" } else { "taken out" };
    let gone: usize = all.iter().map(|one| one.removed).sum();
    app.terminal.say(match (all.len(), gone) {
        (0, _) => "there are no recordings".to_owned(),
        (_, 0) => format!("nothing to take out, {} on file", size(after)),
        (_, n) => format!("{} {verb} ({}), {} left", counted(n, "answer"), size(before - after), size(after)),
    });
}
