//! What every command that writes to the ledger has in common: its options, its desk, its demands, its tags.

use std::fmt::Write as _;

use ledger::demand::Demand;
use ledger::record::Reason;
use release::{Desk, Needs, Written};
use source::escape::terminal;
use source::render::counted;

use crate::app::App;
use crate::exit::Failure;
use crate::interrupt::Hold;
use crate::named;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// The options of every command that writes to the ledger.
#[derive(Debug, clap::Args)]
pub(crate) struct Acting {
    /// Why, in one line; it stands in the record for good
    #[arg(long, short = 'm', value_parser = named::reason)]
    pub(crate) reason: Option<Reason>,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

/// The same for commands whose reason has a rule of its own.
#[derive(Debug, clap::Args)]
pub(crate) struct Trial {
    /// Only say what would be written, and how every demand of policy stands
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
    /// Write past forked entries for good: they were looked at, and count for nothing
    #[arg(long)]
    pub(crate) over_conflicts: bool,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

impl Trial {
    /// A desk to act at, with what the remote has of what is needed.
    pub(crate) fn desk_for(&self, needs: Needs<'_>, app: &App) -> Result<(Desk, Hold), Failure> {
        let hold = Hold::new();
        app.trust(&self.trusted);
        let mut desk = app.desk()?;
        (desk.dry_run, desk.over_conflicts) = (self.dry_run, self.over_conflicts);
        if let Some(fetched) = desk.fetch_for(needs).map_err(|error| Failure::of_release(error, app))? {
            let new = counted(fetched.new.len(), "new ledger tag");
            app.terminal.detail(format!("fetched the ledger: {new}, {} shown", fetched.shown));
        }
        Ok((desk, hold))
    }
}

/// A newly pinned root is told, once; and what this machine could not remember.
pub(crate) fn tell_pin(desk: &Desk, app: &App) {
    let forgotten = desk.forgotten();
    if let Some(root) = desk.newly_pinned() {
        let root = root.tagged();
        app.terminal.say(match forgotten {
            None => format!(
                "note: this machine trusts the ledger {root} from now on, as first seen; compare it with what a colleague \
                 has (promptuary trust show)"
            ),
            Some(_) => format!(
                "note: the ledger {root} was taken at its word, this once: this machine cannot remember it. Name the one to \
                 trust with --root, or commit a lock file (promptuary trust lock)"
            ),
        });
    }
    if let Some(why) = forgotten {
        tell_forgotten(&why, app);
    }
}

/// How long what was fetched is as good as new to a reader, in seconds.
const FRESH: u64 = 600;

/// Says where others may have written what this clone has not seen: nobody takes a part of a ledger for all of it.
pub(crate) fn tell_age(desk: &Desk, app: &App) {
    let Some(remote) = &desk.remote else { return };
    let since = |at: std::time::SystemTime| at.duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let now = u64::try_from(app.now().0).unwrap_or(0);
    let name = terminal(&remote.name);
    let why = match desk.repo.last_fetched(remote).map(since) {
        None => format!("the ledger of {name} was never fetched here as a whole"),
        Some(_) if !desk.repo.is_fetched_whole(remote) => {
            format!("only parts of the ledger of {name} were fetched lately")
        }
        Some(at) if at.saturating_add(FRESH) < now => {
            let ago = policy::Duration((now - at) / 60 * 60);
            format!("the ledger of {name} was fetched {ago} ago")
        }
        Some(_) => return,
    };
    app.terminal.say(format!("note: {why}, so what others wrote may be missing (promptuary sync)"));
}

/// What this machine could not remember: nothing is undone by it, and later somebody would miss it.
pub(crate) fn tell_forgotten(why: &dyn std::error::Error, app: &App) {
    app.terminal.warn(format!(
        "not-remembered: could not {}; what was seen now counts, and will not be missed here if it is taken back later",
        terminal(&why.to_string())
    ));
}

/// Junk among the entries, each with the command that takes it away.
pub(crate) fn tell_strays(desk: &Desk, app: &App) -> Result<(), Failure> {
    for stray in release::strays(desk).map_err(|error| Failure::of_release(error, app))? {
        app.terminal.warn(format!(
            "stray-tag: {} lies where only entries may: {}\n  help: {}",
            terminal(&stray.tag),
            terminal(&stray.why),
            terminal(&stray.remedy)
        ));
    }
    Ok(())
}

/// One line a demand, those that are not met with their reason, who could help, when, and what to type.
pub(crate) fn demands(demands: &[Demand], app: &App) -> String {
    demands.iter().fold(String::new(), |mut text, one| {
        text += &demand(one, app);
        text
    })
}

/// The same of those that are not met.
pub(crate) fn unmet(demands: &[Demand], app: &App) -> String {
    let unmet: Vec<Demand> = demands.iter().filter(|demand| !demand.is_met()).cloned().collect();
    self::demands(&unmet, app)
}

/// Which attested runs met what was asked, after the deed; nothing where somebody asked for quiet.
pub(crate) fn met_by(demands: &[Demand], app: &App) -> String {
    let met = demands.iter().filter(|demand| demand.wants_runs && demand.is_met() && !app.terminal.quiet());
    met.fold(String::new(), |text, one| text + &demand(one, app))
}

fn demand(demand: &Demand, app: &App) -> String {
    let mut text = String::new();
    let title = terminal(&demand.title);
    let Some(refusal) = &demand.refusal else {
        return match demand.detail.as_str() {
            "" => format!("  ok     {title}\n"),
            detail => format!("  ok     {title}: {}\n", terminal(detail)),
        };
    };
    let _ = writeln!(text, "  UNMET  {title}: {} [{}]", terminal(&refusal.detail), refusal.code);
    if !demand.who.is_empty() {
        let count = demand.missing.filter(|missing| *missing > 1).map_or(String::new(), |n| format!("{n} of "));
        let _ = writeln!(text, "         could be met by {count}{}", terminal(&demand.who.join(", ")));
    }
    if let Some(opens) = demand.opens {
        let _ = writeln!(text, "         from {}", app.when(opens));
    }
    match &demand.help {
        Some(help) => drop(writeln!(text, "         help: {}", terminal(help))),
        // Where neither people nor time are named, the code's own remedy is better than none.
        None if demand.who.is_empty() && demand.opens.is_none() => {
            let _ = writeln!(text, "         help: {}", terminal(&refusal.remedy()));
        }
        None => {}
    }
    for note in &demand.notes {
        let _ = writeln!(text, "         {}", terminal(note));
    }
    if let Some(place) = &demand.at {
        let _ = writeln!(text, "         asked for in {}:{}", place.path(), place.start().line);
    }
    text
}

/// One line a tag: where it is and what it is known by.
pub(crate) fn written(written: &[Written]) -> String {
    let mut text = String::new();
    for entry in written {
        let place =
            entry.remote.as_ref().map_or_else(|| "local only".to_owned(), |remote| format!("on {}", terminal(remote)));
        let _ = writeln!(text, "  {}  {place}  {}", entry.tag, entry.entry.tagged());
    }
    text
}
