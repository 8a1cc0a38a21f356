//! `promptuary eval merge`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eval::gate::judge;
use eval::report;
use eval::run::{GradedBy, MergeError, Mode, Part};
use eval::session::{self, Opened};
use prompt::Catalog;
use source::{RepoPath, escape};

use crate::app::App;
use crate::evaluation::attesting::{self, Attesting};
use crate::evaluation::concluding::Done;
use crate::evaluation::reports::Shown;
use crate::evaluation::rules::{self, Rules};
use crate::evaluation::running::{self, Ran};
use crate::evaluation::selection::Base;
use crate::evaluation::{Bench, keys, providers, selection};
use crate::exit::{Exit, Failure};
use crate::report as findings;
use crate::trusted::Trusted;

/// Put the parts of a run together and judge them as one
///
/// Takes the JSON of `promptuary eval --shard I/N --format json`, all N parts of it, and says exactly what one run would
/// have said. The suites of the worktree must be the ones that were run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The results, as JSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Judge by the suites of a revision instead of the worktree's
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// The revision that the runs were compared with: what its policy asks for holds, too, and suites that ask less than
    /// there are told
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Exit 3 where a comparison could not decide
    #[arg(long)]
    strict: bool,
    /// A file of age identities, or an SSH private key, that opens encrypted data; repeatable
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    #[command(flatten)]
    attesting: Attesting,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shown: Shown,
}

/// Reads, merges, judges, shows.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    args.shown.check(app)?;
    app.trust(&args.trusted);
    let repo = app.repo()?;
    let snapshot = match &args.rev {
        Some(rev) => repo.revision(rev)?,
        None => repo.worktree()?,
    };
    let catalog = Catalog::load(&snapshot);
    let in_effect = rules::in_effect(app)?;
    let (nobody, keys) = (providers(in_effect.as_ref(), None, app)?, keys(&args.identity, app)?);
    let head = args.rev.as_deref();
    let base = args.base.as_deref().map(|base| Base::read(base, head, &repo, app)).transpose()?;
    let attesting = args.attesting.begin(false, app)?;
    let rules = match &attesting {
        Some(attesting) => Rules::only(Some(attesting.policy.clone()), in_effect, app),
        None => Rules::of(&snapshot, in_effect, base.as_ref(), app)?,
    };
    let bench =
        Bench { repo: &repo, snapshot: &snapshot, catalog, rules: &rules, providers: &nobody, keys: &keys, app };
    let (mut suites, mut ran) = (Vec::new(), Vec::new());
    for (name, given) in read(&args.files, app)? {
        let Some((opened, one)) = merged(&name, &given, &bench)? else { return Ok(Exit::Findings) };
        suites.push(opened);
        ran.push(one);
    }
    if attesting.is_some() && args.rev.is_none() {
        attesting::committed(&repo)?;
    }
    running::together(&mut ran);
    let mut found = Vec::new();
    if let Some(base) = &base {
        found = base.told(&bench);
        found.extend(base.lifted(&suites, &ran, &bench));
    }
    let found = selection::report(found, &bench);
    let (suites, ran, shown, strict) = (&*suites, &*ran, &args.shown, args.strict);
    Ok(Done { suites, ran, found: &found, shown, strict }.conclude(attesting, app))
}

/// The parts of a suite, and the file of each.
#[derive(Default)]
struct Given<'a> {
    parts: Vec<Part>,
    files: Vec<&'a Path>,
}

impl Given<'_> {
    /// What to do about `error`: names the files that it speaks of.
    fn remedy(&self, error: &MergeError) -> String {
        let files = |at: &[usize]| {
            let named = at.iter().filter_map(|at| self.files.get(*at));
            let mut named: Vec<_> =
                named.map(|file| escape::terminal(&file.display().to_string()).into_owned()).collect();
            named.dedup();
            named
        };
        let those = files(error.parts());
        match error {
            MergeError::Twice { .. } if those.len() == 1 => format!("give {} once", those[0]),
            MergeError::Twice { .. } => format!("give one of them: {}", those.join(" or ")),
            MergeError::Beside { .. } => format!("leave out {}, or give it alone", those.join(" and ")),
            MergeError::Different { .. } if those.len() > 1 => {
                format!("give the parts of one run: {} and {} are of two", those[0], those[1])
            }
            MergeError::Other { .. } => format!("see {}", those.join(" and ")),
            _ => {
                let all = files(&(0..self.files.len()).collect::<Vec<_>>());
                format!("given are {}", all.join(", "))
            }
        }
    }
}

/// The parts by suite.
fn read<'a>(files: &'a [PathBuf], app: &App) -> Result<BTreeMap<String, Given<'a>>, Failure> {
    let mut suites: BTreeMap<String, Given<'a>> = BTreeMap::new();
    for file in files {
        let parts = report::read(app.open(file)?).map_err(|why| {
            let what = format!("read {} as results of an eval: {why}", file.display());
            Failure::new(Exit::Usage, what).help("write them with: promptuary eval --shard I/N --format json > FILE")
        })?;
        if parts.is_empty() {
            let what = format!("merge {}: no suite was run there", file.display());
            return Err(
                Failure::new(Exit::Usage, what).help("leave it out, where the other parts have no suite either")
            );
        }
        for part in parts {
            let given = suites.entry(part.results.suite.clone()).or_default();
            given.parts.push(part);
            given.files.push(file);
        }
    }
    Ok(suites)
}

fn merged(name: &str, given: &Given<'_>, bench: &Bench<'_>) -> Result<Option<(Opened, Ran)>, Failure> {
    let missing = || {
        let what = format!("merge {name}: there is no suite evals/{name}.yaml in {}", bench.snapshot.name);
        Failure::new(Exit::Usage, what).help("merge at the revision of the runs: --rev REV")
    };
    let path = RepoPath::new(&format!("evals/{name}.yaml")).map_err(|_| missing())?;
    if !bench.snapshot.files.contains_key(&path) {
        return Err(missing());
    }
    let opened = session::open_with(bench.snapshot, bench.keys, &path)?;
    let (true, Some(suite), Some(compiled)) = (opened.is_sound(), &opened.suite, &opened.compiled) else {
        findings::instead(&selection::report(opened.findings, bench), bench.app);
        return Ok(None);
    };
    let whole = eval::run::merge(suite, compiled, &given.parts);
    let whole = whole.map_err(|e| Failure::of(Exit::Usage, &e).help(given.remedy(&e)))?;
    let Part { results, baseline } = whole;
    let plan = opened.plan(bench.catalog.routes(), bench.rules.own(), Mode::Replay, &[]);
    let plan = plan.map_err(|e| Failure::of(Exit::Usage, &e))?;
    for (who, was, is) in [
        ("the judge", &results.judge, plan.judged_by()),
        ("the model of embeddings", &results.embeddings, plan.embedded_by()),
    ] {
        if *was != is {
            let named = |by: &Option<GradedBy>| by.as_ref().map_or("nobody".to_owned(), |by| by.model.to_string());
            let (was, is) = (named(was), named(&is));
            let what = format!("merge {name}: {who} was {was}, and by the suite and the routes here it is {is}");
            return Err(Failure::new(Exit::Usage, what).help("merge at the revision of the runs: --rev REV"));
        }
    }
    drop(plan);
    let verdict = judge(suite, &results, baseline.as_ref(), &bench.rules.demands(suite, opened.risk));
    // Parts that are put together again ask nobody.
    Ok(Some((opened, Ran { results, baseline, verdict, asked: false, journal: None })))
}
