//! `promptuary sync`.

use ledger::RefName;
use release::{LocalOnly, Unheard};
use serde_json::json;
use source::escape::terminal;
use source::render::counted;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::interrupt::Hold;
use crate::named;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// Fetch what others wrote to the ledger
///
/// Only ledger tags and what they need are fetched, beside the clone: its branches, tags and configuration stay as they
/// are. Tags that the remote moved or deleted since are told (exit 7); what it showed first still counts. With --root or a
/// lock file that is named, what is here then is held to it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Fetch every object again, beside the clone: some here are missing or damaged
    #[arg(long)]
    refetch: bool,
    /// Then publish what was written here while there was no remote, and what the remote has lost since
    #[arg(long)]
    push: bool,
    /// Then give up entries that were never published, with all that rests on them here: their tags go, and this machine
    /// forgets them; what a remote holds stays
    #[arg(long, value_name = "TAG", num_args = 1.., value_parser = named::tag)]
    give_up: Vec<RefName>,
    /// Only say what --push would publish, and what --give-up would take away
    #[arg(long, short = 'n')]
    dry_run: bool,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Fetches, perhaps publishes, tells what changed.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let _hold = Hold::new();
    app.trust(&args.trusted);
    let mut desk = app.desk()?;
    let Some(remote) = desk.remote.clone() else {
        let failure = Failure::new(Exit::Usage, "sync: this repository has no remote");
        return Err(failure.help("add one: git remote add origin URL"));
    };
    let fetched = if args.refetch { desk.fetch_anew() } else { desk.fetch() };
    let fetched = fetched.map_err(|error| Failure::of_release(error, app))?.unwrap_or_default();
    if args.trusted.is_named() {
        let held = desk.read(release::Scope::All, |_| Ok(()));
        held.map_err(|error| Failure::of_release(error, app))?;
    }
    desk.dry_run = args.dry_run;
    let failed = |error| Failure::of_release(error, app);
    let given_up = match args.give_up.is_empty() {
        true => Vec::new(),
        false => release::give_up(&desk, &args.give_up).map_err(failed)?,
    };
    let pushed = match args.push {
        true => desk.publish_rest(&fetched.deleted).map_err(|error| Failure::of_release(error, app))?,
        false => Vec::new(),
    };
    let mut local = release::local_only(&desk, None).map_err(failed)?;
    // What came in from the remote after another under its name is not known only here.
    let came = |one: &LocalOnly| fetched.moved.iter().any(|moved| moved.name == one.tag && moved.now == one.object);
    local.retain(|one| !pushed.contains(&one.tag) && !given_up.iter().any(|gone| gone.tag == one.tag) && !came(one));
    let (unheard, elsewhere) = (release::unheard(&desk).map_err(failed)?, release::elsewhere(&desk).map_err(failed)?);
    let moved: Vec<_> = fetched.moved.iter().map(|moved| moved.name.clone()).collect();
    if args.shape.is_json() {
        let shape = json!({
            "remote": remote.name, "new": fetched.new, "moved": moved, "deleted": fetched.deleted,
            "shown": fetched.shown, "pushed": pushed, "given_up": given_up, "local": local, "unheard": unheard,
            "elsewhere": elsewhere,
        });
        app.terminal.value(&shape)?;
    } else {
        let (new, all) = (counted(fetched.new.len(), "new tag"), counted(fetched.shown, "tag"));
        app.terminal.tell(format!("{}: {new}, {all} in all\n", remote.name));
        let (gave, published) = if args.dry_run { ("would give", "would publish") } else { ("gave", "published") };
        for gone in &given_up {
            let is_here = desk.repo.kind(gone.object).is_ok();
            let back = format!("; to have it back: git update-ref refs/tags/{} {}", gone.tag, gone.object);
            app.terminal.tell(format!("{gave} up {}{}\n", gone.tag, if is_here { &back } else { "" }));
        }
        pushed.iter().for_each(|name| app.terminal.tell(format!("{published} {name}\n")));
    }
    for (word, names) in [("moved", &moved), ("deleted", &fetched.deleted)] {
        names.iter().for_each(|name| {
            app.terminal.warn(format!("{} {word} {name}; what it showed first still counts", remote.name))
        });
    }
    if let Some(command) = release::mend_command(&desk, &moved).filter(|_| !moved.is_empty()) {
        let why = "find out who moved it, then put back what was shown first, here and there";
        app.terminal.say(format!("  help: {why}: {}", terminal(&command)));
    }
    let stuck = tell_local(&local, &remote.name, app);
    for one in &elsewhere {
        let (tag, there) = (terminal(&one.tag), one.sync());
        app.terminal.say(format!(
            "note: {tag} was written without a remote in another clone, and this machine remembers it; to settle it there: {}",
            terminal(&there)
        ));
    }
    tell_unheard(&unheard, &remote.name, app);
    acting::tell_strays(&desk, app)?;
    // A tag that never was an entry may go: nothing rests on it.
    let gone = |name: &&String| name.parse::<ledger::RefName>().is_ok() && !pushed.contains(name);
    let gone = fetched.deleted.iter().filter(gone).count();
    if gone > 0 {
        app.terminal.say("  help: find out who deleted it, then give it back: promptuary sync --push");
    }
    Ok(match moved.is_empty() && gone == 0 {
        false => Exit::Refused,
        true if stuck => Exit::Race,
        true => Exit::Clean,
    })
}

/// What other remotes showed and what counts for nothing here, a line for each of them.
fn tell_unheard(unheard: &[Unheard], remote: &str, app: &App) {
    for of_one in unheard.chunk_by(|a, b| a.remote == b.remote) {
        let [first, ..] = of_one else { continue };
        let tags = counted(of_one.len(), "ledger tag");
        let such = if of_one.len() == 1 { ":" } else { ", such as" };
        let (other, tag, remote) = (terminal(&first.remote), terminal(&first.tag), terminal(remote));
        app.terminal.say(format!("note: left out for not fitting what {remote} shows: {tags} of {other}{such} {tag}"));
    }
}

/// What no remote holds: how many can be published, and each that no longer can, with the command that gives it up. Whether
/// there are such.
fn tell_local(local: &[LocalOnly], remote: &str, app: &App) -> bool {
    let first = release::give_up_first(local);
    for one in local {
        if let Some(refusal) = one.refusal.as_ref().filter(|_| first.contains(&one.tag.as_str())) {
            let why = format!("{}: {}", refusal.code, refusal.detail);
            let tag = terminal(&one.tag);
            app.terminal.warn(format!("{tag} as it is here cannot be published: {}", terminal(&why)));
        }
    }
    if !first.is_empty() {
        app.terminal.say(format!("  help: give it up, then do it again: {}", release::give_up_command(&first)));
        return true;
    }
    if !local.is_empty() {
        let lacks = format!("{} lacks {} that this clone has", terminal(remote), counted(local.len(), "ledger tag"));
        app.terminal.say(format!("note: {lacks}; to publish: promptuary sync --push"));
    }
    false
}
