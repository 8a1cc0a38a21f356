//! `promptuary init`.

use std::fmt::Write as _;

use policy::policy::PRINCIPALS_PATH;
use repo::{Head, Repo};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::scaffold::{self, Template};

/// Lay out a prompt repository in this git repository
///
/// Writes prompts/, policies/, evals/ and .githooks/ with a sample that is green from the start, and your signing key as
/// the first maintainer's. Files that exist are kept as they are; nothing is configured, committed or signed. The
/// commands for that are printed at the end.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only say what would be written
    #[arg(long)]
    dry_run: bool,
}

/// Writes what is missing, and says what comes next.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let repo = app.repo()?;
    let seed = scaffold::seed(&repo)?;
    let root = repo.root_dir()?;
    let mut text = String::new();
    let mut begins = false;
    for template in scaffold::templates(&seed)? {
        let path = root.join(template.path.as_str());
        let word = match (path.symlink_metadata().is_ok(), args.dry_run) {
            (true, _) => "kept",
            (false, true) => "would write",
            (false, false) => {
                write(&template, &path)?;
                "wrote"
            }
        };
        begins |= word != "kept" && template.path.as_str() == PRINCIPALS_PATH;
        let _ = writeln!(text, "{word} {}", template.path);
    }
    app.terminal.tell(text);
    if begins {
        app.terminal.say(format!(
            "\n{} is the only maintainer, so policies/ asks for no approvals: 0 everywhere.\nAdd a second maintainer, with a \
             key that is kept offline: one lost laptop must not end the ledger.",
            seed.principal,
        ));
    }
    if !args.dry_run {
        app.terminal.say(format!("\nnext:\n{}", next(&repo)?));
    }
    Ok(Exit::Clean)
}

fn write(template: &Template, path: &std::path::Path) -> Result<(), Failure> {
    repo::files::create(path, template.text.as_bytes())?;
    if template.executable {
        repo::files::make_executable(path)?;
    }
    Ok(())
}

/// The commands that lead from here to a prompt that is live.
fn next(repo: &Repo) -> Result<String, Failure> {
    let mut lines = vec!["git config core.hooksPath .githooks".to_owned(), "promptuary check".to_owned()];
    lines.push("git add -A && git commit -m 'Start a prompt repository'".to_owned());
    if let (Some(remote), Head::Branch(branch, _) | Head::Unborn(branch)) = (repo.default_remote()?, repo.head()?) {
        lines.push(format!("git push -u {} {branch}", remote.name));
    }
    lines.push("promptuary policy publish".to_owned());
    lines.push("promptuary release support/triage".to_owned());
    lines.push("promptuary promote support/triage@1.0.0 --to dev".to_owned());
    Ok(lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}
