//! `promptuary hook pre-push`.

use std::path::Path;

use repo::{Oid, Repo};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::history::{self, Past};
use crate::judgement::Material;
use crate::report::{self, Format};

/// Judge the branches that are about to be pushed
///
/// Reads git's list of refs from standard input. Each branch's last commit is checked, and its versions are held against
/// the remote's default branch, or those of the default branch itself against what the remote has of it. Says nothing where nothing is wrong.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The remote's name, as git gives it
    remote: Option<String>,
    /// The remote's address, as git gives it
    address: Option<String>,
}

/// Checks every branch on standard input.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let repo = app.repo()?;
    let mut exit = Exit::Clean;
    for line in app.read(Path::new("-"))?.lines() {
        let Some((name, local, there, held)) = branch(line) else { continue };
        let past = past(&repo, there, held, args.remote.as_deref().unwrap_or("origin"), local);
        if judge(&repo, name, local, &past, app)? == Exit::Findings {
            exit = Exit::Findings;
        }
    }
    Ok(exit)
}

/// A branch that will hold a commit: its local name, that commit, its name there, and what the remote holds.
fn branch(line: &str) -> Option<(&str, Oid, &str, Option<Oid>)> {
    let mut words = line.split(' ');
    let (name, local, there, held) = (words.next()?, words.next()?, words.next()?, words.next()?);
    // A branch that is deleted sends an id of zeros, which is none.
    let oid = |text: &str| text.parse::<Oid>().ok().filter(|_| text.bytes().any(|b| b != b'0'));
    let there = there.strip_prefix("refs/heads/")?;
    Some((name, oid(local)?, there, oid(held)))
}

/// What versions are held against: where the branch left the remote's default branch, however often it was pushed before;
/// what the remote holds of it, for the default branch itself or where none is known; the releases, for a first push.
fn past(repo: &Repo, there: &str, held: Option<Oid>, remote: &str, local: Oid) -> Past {
    let default = repo.tracked_default_branch(remote);
    let tracked = default.as_ref().map(|(_, commit)| *commit);
    let is_default = default.as_ref().is_some_and(|(branch, _)| branch == there);
    let theirs = if is_default { held.or(tracked) } else { tracked.or(held) };
    let base = theirs.and_then(|theirs| repo.merge_base(theirs, local).ok());
    base.map_or(Past::Released, |base| {
        let name = default.filter(|(_, commit)| *commit == base).map(|(branch, _)| format!("{remote}/{branch}"));
        Past::Of(base, name.unwrap_or_else(|| base.to_string()[..12].to_owned()))
    })
}

fn judge(repo: &Repo, name: &str, commit: Oid, past: &Past, app: &App) -> Result<Exit, Failure> {
    let material = Material::of(repo.commit_snapshot(commit, name)?, repo, app);
    let judged = material.judged(past, |id| material.lacks(id), check::check)?;
    judged.without_releases.iter().for_each(|absent| history::tell_absent(absent, app));
    let mut report = judged.answer;
    report.root = repo.root().to_owned();
    if report.fails() { Ok(report::show(&report, Format::Human, app)) } else { Ok(Exit::Clean) }
}
