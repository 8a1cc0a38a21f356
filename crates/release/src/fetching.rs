//! Fetching what a command needs of the remote's ledger, and no more, however much the remote has.

use std::collections::BTreeSet;

use ledger::RefName;
use repo::{Fetched, Wanted};
use source::{Digest, PromptId};

use crate::desk::Desk;
use crate::error::Result;
use crate::policies;
use crate::reading::{Scope, environments};

/// What a command reads of the ledger.
#[derive(Debug, Clone, Copy)]
pub enum Needs<'a> {
    /// All of it.
    Everything,
    /// Policy, and what was written about these prompts.
    Prompts(&'a [PromptId]),
    /// The same, with every attested run: which content will be released is not known yet.
    Releasing(&'a [PromptId]),
    /// Policy, and what was said about the next one; all of it where this revision's documents (HEAD's where absent) revoke
    /// a key, because whatever is live may rest on that.
    Publishing(Option<&'a str>),
    /// Policy, and the attested runs of these contents.
    Attesting(&'a [Digest]),
}

impl Desk {
    /// Fetches what `needs` names, so that what is read next is complete. Tags that the remote moved or deleted are
    /// returned; what it showed first still counts.
    ///
    /// A remote whose ledger was never fetched as a whole is, this once; and whenever policy has moved, because policy
    /// says which environments there are.
    pub fn fetch_for(&mut self, needs: Needs<'_>) -> Result<Option<Fetched>> {
        let Some(remote) = self.remote.clone() else { return Ok(None) };
        let known = self.repo.last_fetched(&remote).is_some();
        let (ids, all_evidence) = match needs {
            Needs::Everything => return self.fetch(),
            Needs::Publishing(rev) => return if known { self.fetch_for_publishing(rev) } else { self.fetch() },
            Needs::Attesting(contents) => {
                let runs = contents.iter().map(|content| RefName::evidence(content).replacen("refs/tags/", "", 1));
                return if known { self.fetch_policy(runs.collect()) } else { self.fetch() };
            }
            Needs::Prompts(ids) => (ids, false),
            Needs::Releasing(ids) => (ids, true),
        };
        let Some((mut prefixes, contents)) = known.then(|| self.prefixes(ids).ok()).flatten() else {
            return self.fetch();
        };
        match all_evidence {
            true => drop(prefixes.insert("evidence/".to_owned())),
            false => prefixes.extend(contents),
        }
        let mut prefixes: Vec<String> = prefixes.into_iter().collect();
        let mut fetched = self.repo.fetch_ledger(&remote, &Wanted::Prefixes(prefixes.clone()))?;
        if fetched.new.iter().any(|name| name.starts_with("policy@")) {
            return self.fetch();
        }
        if !all_evidence && fetched.new.iter().any(|name| name.starts_with("prompt/")) {
            let (_, contents) = self.prefixes(ids)?;
            let runs: Vec<String> = contents.into_iter().filter(|c| !prefixes.contains(c)).collect();
            if !runs.is_empty() {
                let more = self.repo.fetch_ledger(&remote, &Wanted::Prefixes(runs.clone()))?;
                fetched.new.extend(more.new);
                fetched.moved.extend(more.moved);
                fetched.deleted.extend(more.deleted);
                fetched.shown += more.shown;
                prefixes.extend(runs);
            }
        }
        self.take_in(fetched, Some(prefixes)).map(Some)
    }

    /// Fetches policy; everything where the documents to publish revoke a key. What cannot be told here is told by the
    /// command itself, with everything at hand.
    fn fetch_for_publishing(&mut self, rev: Option<&str>) -> Result<Option<Fetched>> {
        let fetched = self.fetch_policy(Vec::new())?;
        if policies::revokes(self, rev).unwrap_or(true) { self.fetch() } else { Ok(fetched) }
    }

    /// Fetches policy and what starts with `more`.
    fn fetch_policy(&mut self, more: Vec<String>) -> Result<Option<Fetched>> {
        let Some(remote) = self.remote.clone() else { return Ok(None) };
        let prefixes: Vec<String> =
            ["approval/policy@", "policy@"].map(str::to_owned).into_iter().chain(more).collect();
        let fetched = self.repo.fetch_ledger(&remote, &Wanted::Prefixes(prefixes.clone()))?;
        self.take_in(fetched, Some(prefixes)).map(Some)
    }

    /// What tags that concern these prompts start with, and what those of runs of their released contents do.
    fn prefixes(&self, ids: &[PromptId]) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
        self.look(Scope::Policy, |ledger| {
            let mut prefixes: BTreeSet<String> = ["policy@", "approval/policy@"].map(str::to_owned).into();
            let mut contents = BTreeSet::new();
            for id in ids {
                prefixes.insert(format!("prompt/{id}@"));
                for env in environments(ledger)? {
                    prefixes.extend([format!("env/{env}/{id}@"), format!("approval/{env}/{id}@")]);
                }
                for release in ledger.releases(id)?.into_values().flatten() {
                    contents.insert(RefName::evidence(&release.body().content).replacen("refs/tags/", "", 1));
                }
            }
            Ok((prefixes, contents))
        })
    }
}
