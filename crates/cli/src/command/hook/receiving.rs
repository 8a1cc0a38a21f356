//! What the two hooks of a server have in common: their options, and how a refusal reads to whoever pushes.

use std::collections::BTreeMap;

use ledger::admission::Arrival;
use ledger::{Code, ObjectId, Refusal};
use release::Rules;
use repo::Repo;
use source::Digest;
use source::escape::{shell, terminal};
use source::render::counted;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;

/// What the owner of the server decides.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Let in this ledger and no other; without it the one that is pinned here, else the first that is pushed
    #[arg(long, value_name = "DIGEST", value_parser = named::digest)]
    root: Option<Digest>,
    /// Let in entries that were signed at most this long ago
    #[arg(long, value_name = "SPAN", value_parser = named::seconds, default_value = "15m")]
    late: u64,
}

/// A ref that a push would change; an id of zeros is none.
pub(crate) fn arrival(old: &str, new: &str, name: &str) -> Option<Arrival> {
    let id = |hex: &str| -> Option<Option<ObjectId>> {
        let none = hex.len() >= 40 && hex.bytes().all(|b| b == b'0');
        if none { Some(None) } else { hex.parse().ok().map(Some) }
    };
    Some(Arrival { name: name.to_owned(), old: id(old)?, new: id(new)? })
}

/// Judges a push. Where nothing concerns the ledger, the repository is not even opened.
pub(crate) fn judge(options: &Options, arrivals: &[Arrival], app: &App) -> Result<Exit, Failure> {
    if !arrivals.iter().any(Arrival::concerns) {
        return Ok(Exit::Clean);
    }
    let repo = Repo::open(app.dir(), &app.environment().clone().in_hook())?;
    let rules = Rules { root: options.root, late: options.late };
    let admission =
        release::receive(&repo, &rules, arrivals, app.now()).map_err(|error| Failure::of_release(error, app))?;
    if let Some(root) = admission.begins {
        app.terminal.say(format!("promptuary: this begins the ledger {}", root.tagged()));
    }
    tell(&admission.refusals, app);
    match admission.refusals.len() {
        0 => Ok(Exit::Clean),
        n => {
            let all = arrivals.len();
            if all > 1 {
                let refused = counted(n, "refusal");
                app.terminal.refuse("promptuary", format!("{refused}, so none of the {all} refs was accepted"));
            }
            Ok(Exit::Refused)
        }
    }
}

/// How many refusals for one reason are told one by one: somebody reads this while they push.
const SHOWN: usize = 3;

/// Every reason with the first tags that it keeps out, what to do about the first, and how many more there are.
fn tell(refusals: &[Refusal], app: &App) {
    let mut by_code: BTreeMap<Code, Vec<&Refusal>> = BTreeMap::new();
    let mut codes = Vec::new();
    for refusal in refusals {
        let alike = by_code.entry(refusal.code).or_default();
        if alike.is_empty() {
            codes.push(refusal.code);
        }
        alike.push(refusal);
    }
    for alike in codes.iter().filter_map(|code| by_code.get(code)) {
        for refusal in alike.iter().take(SHOWN) {
            let tag = refusal.tag.as_deref().unwrap_or("the push");
            app.terminal.refuse("promptuary", format!("refused {}", terminal(tag)));
            app.terminal.refuse("  why", format!("{}: {}", refusal.code, terminal(&refusal.detail)));
        }
        if let Some(first) = alike.first() {
            app.terminal.refuse("  help", terminal(&help(first)));
        }
        if let Some(more) = alike.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let code = alike[0].code;
            app.terminal.refuse("promptuary", format!("refused {} as well: {code}", counted(more, "more tag")));
        }
    }
}

/// What whoever pushes does about it: the tag is theirs, and is not here.
fn help(refusal: &Refusal) -> String {
    let tag = shell(refusal.tag.as_deref().unwrap_or("NAME"));
    match refusal.code {
        Code::StrayTag | Code::TagLightweight | Code::TagUnsigned => {
            format!("it is no entry; take it out of the push, or delete it where it was made: `git tag -d {tag}`")
        }
        Code::CommitElsewhere => "push the branch first, in a push of its own, then the tags again; where it is there \
                                  already, the commit lies on none that policy releases from: merge it, or release again"
            .to_owned(),
        _ => refusal.remedy(),
    }
}
