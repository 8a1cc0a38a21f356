//! What other remotes showed counts where the one in use shows nothing and would take it: so a mirror stands in for a hub that is
//! down, and a new server gets all of it. Whatever does not fit there has no say, however many may create tags elsewhere.

use ledger::admission::{Arrival, Server, fitting};
use ledger::judge::Judge;
use ledger::{CommitContents, ObjectId};
use repo::{Fetched, Remote};

use crate::desk::Desk;
use crate::error::Result;
use crate::giving_way::may_ever_count;
use crate::local_only::judged;

/// An entry that another remote showed and that counts for nothing here.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Unheard {
    /// The remote that showed it.
    pub remote: String,
    /// Its tag.
    pub tag: String,
}

impl Desk {
    /// Takes in what was fetched: what starts with `prefixes`, or everything.
    pub(crate) fn take_in(&self, fetched: Fetched, prefixes: Option<Vec<String>>) -> Result<Fetched> {
        *self.fetched.borrow_mut() = prefixes;
        let fetched = self.give_way(fetched)?;
        if let Some(remote) = &self.remote {
            self.hear(remote)?;
        }
        Ok(fetched)
    }

    fn hear(&self, remote: &Remote) -> Result<()> {
        let prefixes = self.fetched.borrow().clone();
        let lacking = self.repo.lacking(remote, prefixes.as_deref())?;
        if lacking.others.is_empty() {
            return Ok(self.repo.hear(remote, prefixes.as_deref(), Vec::new())?);
        }
        let root = self.trusted_root()?;
        let arrival = |(object, name): (ObjectId, String)| Arrival { name, old: None, new: Some(object) };
        let is_entry = |(object, name): &(ObjectId, String)| {
            may_ever_count(&self.repo, name.trim_start_matches("refs/tags/"), *object, root.as_ref())
        };
        let of_ours = |tags: Vec<_>| tags.into_iter().filter(is_entry).map(arrival).collect::<Vec<_>>();
        let own = of_ours(lacking.own);
        let shown = self.repo.as_shown(remote);
        let contents = CommitContents(&self.repo);
        let judge = Judge { tags: &shown, contents: &contents, external: &self.repo, now: self.now };
        let mut heard: Vec<Arrival> = Vec::new();
        for others in lacking.others {
            let mut more = of_ours(others);
            more.retain(|one| !heard.iter().any(|known| known.name == one.name));
            let all: Vec<Arrival> = own.iter().chain(&heard).cloned().collect();
            heard.extend(judged(judge, root.as_ref(), |server: &Server<'_>| fitting(server, &all, more)));
        }
        let heard = heard.into_iter().filter_map(|one| Some((one.new?, one.name))).collect();
        Ok(self.repo.hear(remote, prefixes.as_deref(), heard)?)
    }
}

/// The entries of this ledger that other remotes showed and that do not go on from what the one in use shows, or stand beside it.
pub fn unheard(desk: &Desk) -> Result<Vec<Unheard>> {
    let Some(remote) = &desk.remote else { return Ok(Vec::new()) };
    let root = desk.trusted_root()?;
    let mut found = Vec::new();
    for (remote, object, name) in desk.repo.unheard(remote)? {
        let tag = name.trim_start_matches("refs/tags/");
        if may_ever_count(&desk.repo, tag, object, root.as_ref()) {
            found.push(Unheard { remote, tag: tag.to_owned() });
        }
    }
    Ok(found)
}
