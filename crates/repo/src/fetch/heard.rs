//! What other remotes showed, beside what the one in use shows: kept, and told apart. Which of it counts is for floors above
//! to say; they are asked whenever something was fetched, and what they took stands in a list of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Cache, LEDGERS, all};
use crate::files::{self, Lock};
use crate::refs::Refs;
use crate::{Oid, Remote, Repo, Result};

/// Ledger tags (object and full name) that a remote has not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacking {
    /// The clone's own.
    pub own: Vec<(Oid, String)>,
    /// Those that the clone has not either, by the other remotes that showed them.
    pub others: Vec<Vec<(Oid, String)>>,
}

impl Repo {
    /// Where the tags lie that count beside the clone's own; of two with one name the first counts. Once the remote in use was
    /// asked for its ledger, that is what it showed and what was heard of the others; else whatever any remote showed.
    pub(crate) fn sources(&self) -> Vec<PathBuf> {
        let mut all = all(self.common_dir());
        if all.len() < 2 {
            return all;
        }
        let in_use = self.in_use.get_or_init(|| Some(Cache::of(self, &self.default_remote().ok()??.name)));
        let Some(cache) = in_use else { return all };
        if cache.last_fetched().is_some() {
            return vec![cache.folder().to_owned(), cache.heard()];
        }
        all.sort_by_key(|folder| folder != cache.folder());
        all
    }

    /// What `remote` has not shown, and somebody else holds; of that alone whose name starts with one of `prefixes`, where
    /// only those were fetched.
    pub fn lacking(&self, remote: &Remote, prefixes: Option<&[String]>) -> Result<Lacking> {
        let mut lacking = Lacking::default();
        let cache = Cache::of(self, &remote.name);
        let mut others: Vec<_> = all(self.common_dir()).into_iter().filter(|folder| folder != cache.folder()).collect();
        if others.is_empty() {
            return Ok(lacking);
        }
        // A remote that is gone from the configuration has a say only where the one in use has none.
        if Refs::at(cache.folder()).find("refs/tags/policy@00000001")?.is_some() {
            let remotes = self.remotes()?;
            others.retain(|folder| remotes.iter().any(|other| Cache::of(self, &other.name).folder() == folder));
        }
        let (shown, own) = (list(&Refs::at(cache.folder()), prefixes)?, list(&self.refs, prefixes)?);
        let without = |refs: BTreeMap<String, Oid>, but: &[&BTreeMap<String, Oid>]| {
            refs.into_iter()
                .filter(|(name, _)| !but.iter().any(|known| known.contains_key(name)))
                .map(|(name, oid)| (oid, name))
                .collect::<Vec<_>>()
        };
        for folder in others {
            lacking.others.push(without(list(&Refs::at(&folder), prefixes)?, &[&shown, &own]));
        }
        lacking.own = without(own, &[&shown]);
        Ok(lacking)
    }

    /// Lets these tags (object and full name), which `remote` has not shown, count beside what it has; whatever else did under
    /// these `prefixes` counts no longer.
    pub fn hear(&self, remote: &Remote, prefixes: Option<&[String]>, tags: Vec<(Oid, String)>) -> Result<()> {
        let cache = Cache::of(self, &remote.name);
        if tags.is_empty() && !cache.heard().exists() {
            return Ok(());
        }
        let _held = Lock::wait(&cache.lock_file())?;
        let known = Refs::at(&cache.heard()).list("refs/tags/")?;
        let mut now = known.clone();
        now.retain(|name, _| {
            prefixes.is_some_and(|prefixes| {
                let short = name.trim_start_matches("refs/tags/");
                !prefixes.iter().any(|prefix| short.starts_with(prefix.as_str()))
            })
        });
        now.extend(tags.into_iter().map(|(oid, name)| (name, oid)));
        if now == known {
            return Ok(());
        }
        files::write(&cache.heard().join("packed-refs"), super::cache::packed(&now).as_bytes())
    }

    /// The ledger tags that remotes of this clone other than `remote` showed and that are not what counts here under their
    /// names: the remote, the object and the full name.
    pub fn unheard(&self, remote: &Remote) -> Result<Vec<(String, Oid, String)>> {
        let mut found = Vec::new();
        for other in self.remotes()?.into_iter().filter(|other| other.name != remote.name) {
            let refs = Refs::at(Cache::of(self, &other.name).folder());
            for prefix in LEDGERS {
                let shown = refs.list(&format!("refs/tags/{prefix}"))?;
                if shown.is_empty() {
                    continue;
                }
                let counts: BTreeMap<String, Oid> =
                    self.tags(prefix)?.into_iter().map(|tag| (format!("refs/tags/{}", tag.name), tag.oid)).collect();
                let differs = shown.into_iter().filter(|(name, oid)| counts.get(name) != Some(oid));
                found.extend(differs.map(|(name, oid)| (other.name.clone(), oid, name)));
            }
        }
        Ok(found)
    }
}

fn list(refs: &Refs, prefixes: Option<&[String]>) -> Result<BTreeMap<String, Oid>> {
    let all = LEDGERS.map(str::to_owned);
    let mut found = BTreeMap::new();
    for prefix in prefixes.unwrap_or(&all) {
        found.extend(refs.list(&format!("refs/tags/{prefix}"))?);
    }
    Ok(found)
}
