//! `promptuary init`.

use std::fmt::Write as _;

use ledger::record::Reason;
use policy::policy::{POLICY_PATH, PRINCIPALS_PATH};
use repo::{Head, Repo};
use source::Digest;
use source::escape::terminal;
use source::render::counted;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::interrupt::Hold;
use crate::named;
use crate::scaffold::{self, Template};
use crate::trusted::Trusted;

/// Lay out a prompt repository in this git repository
///
/// Writes prompts/, policies/, evals/ and .githooks/ with a sample that is green from the start, and your signing key as
/// the first maintainer's. Files that exist are kept as they are; nothing is configured, committed or signed. The
/// commands for that are printed at the end.
///
/// The folder it runs in becomes the prompt root, unless it lies in one already: the top of the repository, or a folder
/// such as services/ai in a repository of many things.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only say what would be written
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Leave out policies/: check, diff and eval work without a key, releases need one
    ///
    /// `promptuary init` adds policies/ later, once `user.signingKey` is set.
    #[arg(long, conflicts_with = "new_ledger")]
    unsigned: bool,
    /// Begin another ledger in a fork, behind the tags of the one that it inherited and cannot extend
    ///
    /// Lists what was inherited, then publishes the committed policies/ as the first policy of a ledger of your own. What
    /// was inherited stays as it is and counts for nothing in it.
    #[arg(long)]
    new_ledger: bool,
    /// Why, in one line; it stands in the record of the new ledger for good
    #[arg(long, short = 'm', value_parser = named::reason, requires = "new_ledger")]
    reason: Option<Reason>,
    /// The inherited ledger, where it is another than the one that is pinned here
    #[arg(long, value_name = "DIGEST", value_parser = named::digest, requires = "new_ledger")]
    root: Option<Digest>,
}

/// Writes what is missing, and says what comes next.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    if args.new_ledger {
        return anew(args, app);
    }
    let repo = rooted(app)?;
    let seed = if args.unsigned { None } else { Some(scaffold::seed(&repo).map_err(unsigned_instead)?) };
    let root = repo.root_dir()?;
    let mut text = String::new();
    let mut begins = false;
    for template in scaffold::templates(repo.root(), seed.as_ref())? {
        let path = root.join(template.path.as_str());
        let word = match (path.symlink_metadata().is_ok(), args.dry_run) {
            (true, _) => "kept",
            (false, true) => "would write",
            (false, false) => {
                write(&template, &repo)?;
                "wrote"
            }
        };
        begins |= word != "kept" && template.path.as_str() == PRINCIPALS_PATH;
        let _ = writeln!(text, "{word} {}", template.path);
    }
    if !repo.root().is_empty() {
        app.terminal.say(format!("the prompt root is {}/: these lie below it", terminal(repo.root())));
    }
    if args.dry_run || !app.terminal.quiet() {
        app.terminal.tell(text);
    }
    if let Some(seed) = seed.as_ref().filter(|_| begins) {
        app.terminal.say(format!(
            "\n{} is the only maintainer, so policies/ asks for no approvals: 0 everywhere.\nAdd a second maintainer, with a \
             key that is kept offline: one lost laptop must not end the ledger.",
            seed.principal,
        ));
    }
    if !args.dry_run {
        app.terminal.say(format!("\nnext:\n{}", next(&repo, args.unsigned)?));
    }
    Ok(Exit::Clean)
}

/// The repository with the prompt root that is there, else with the folder that the command runs in as one.
fn rooted(app: &App) -> Result<Repo, Failure> {
    let repo = app.repo()?;
    let top = repo.workdir()?;
    if !repo.root().is_empty() || top.join(POLICY_PATH).is_file() || top.join("prompts").is_dir() {
        return Ok(repo);
    }
    let here = app.dir().canonicalize().ok();
    let below = here.as_deref().and_then(|here| here.strip_prefix(top).ok()).and_then(std::path::Path::to_str);
    let below = below.unwrap_or_default().replace('\\', "/");
    Ok(repo.with_root(&below)?)
}

/// Who has no key yet can begin all the same.
fn unsigned_instead(failure: Failure) -> Failure {
    let without = "to begin without a key: promptuary init --unsigned";
    let help = failure.remedy().map_or_else(|| without.to_owned(), |remedy| format!("{remedy}; {without}"));
    failure.help(help)
}

/// Begins another ledger, after what was inherited is listed.
fn anew(args: &Args, app: &App) -> Result<Exit, Failure> {
    let _hold = Hold::new();
    app.trust(&Trusted::by_root(args.root));
    let mut desk = app.desk()?;
    desk.dry_run = args.dry_run;
    let failed = |error| Failure::of_release(error, app);
    desk.fetch().map_err(failed)?;
    let (ledgers, junk) = release::inherited(&desk).map_err(failed)?;
    for ledger in &ledgers {
        app.terminal.answer(format!(
            "inherited {}\n  {}, {}, {}, {}, {}\n  signed by {}\n",
            ledger.root,
            counted(ledger.policies, "policy").replace("policys", "policies"),
            counted(ledger.releases, "release"),
            counted(ledger.pointers, "pointer"),
            counted(ledger.approvals, "approval"),
            counted(ledger.evidence, "attested run"),
            terminal(&ledger.by.join(", "))
        ));
    }
    if junk > 0 {
        app.terminal.answer(format!("and {} of no ledger\n", counted(junk, "tag")));
    }
    let began = release::begin_anew(&desk, args.reason.clone()).map_err(failed)?;
    acting::tell_pin(&desk, app);
    let sequence = began.published.sequence;
    let Some(entry) = began.published.written.first() else {
        app.terminal.answer(format!("would begin a ledger with policy {sequence}\n"));
        app.terminal.answer(acting::demands(&began.published.demands, app));
        return Ok(Exit::Clean);
    };
    let root = entry.entry.tagged();
    app.terminal.answer(format!("policy {sequence} begins a ledger of your own\n"));
    app.terminal.answer(acting::written(&began.published.written));
    app.terminal.say(format!(
        "what was inherited stays, and counts for nothing in it; without a pin others would still find the inherited one:\n  \
         promptuary trust pin {root}\n  promptuary trust lock && git add .promptuary.lock   # for machines that remember nothing"
    ));
    Ok(Exit::Clean)
}

fn write(template: &Template, repo: &Repo) -> Result<(), Failure> {
    let path = repo.create_file(&template.path, template.text.as_bytes())?;
    if template.executable {
        repo::files::make_executable(&path)?;
    }
    Ok(())
}

/// The commands that lead from here to a prompt that is live.
fn next(repo: &Repo, unsigned: bool) -> Result<String, Failure> {
    let hooks = if repo.root().is_empty() { ".githooks".to_owned() } else { format!("{}/.githooks", repo.root()) };
    let mut lines =
        vec![format!("git config core.hooksPath {}", source::escape::shell(&hooks)), "promptuary check".to_owned()];
    lines.push("git add -A && git commit -m 'Start a prompt repository'".to_owned());
    if let (Some(remote), Head::Branch(branch, _) | Head::Unborn(branch)) = (repo.default_remote()?, repo.head()?) {
        lines.push(format!("git push -u {} {branch}", remote.name));
    }
    if unsigned {
        lines.push("promptuary init    # once user.signingKey is set: adds policies/, which releases need".to_owned());
        return Ok(lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"));
    }
    lines.push("promptuary policy publish".to_owned());
    lines.push("promptuary release support/triage".to_owned());
    lines.push("promptuary promote support/triage@1.0.0 --to dev".to_owned());
    Ok(lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}
