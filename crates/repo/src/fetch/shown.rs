//! What a remote shows against what is kept of it.

use std::collections::BTreeMap;

use super::{Fetched, Moved};
use crate::refs::Refs;
use crate::{Oid, Result};

/// Everything is under full names.
#[derive(Debug, Default)]
pub(super) struct Shown {
    count: usize,
    new: BTreeMap<String, Oid>,
    moved: BTreeMap<String, (Oid, Oid)>,
    deleted: Vec<String>,
}

impl Shown {
    /// Reads `git fetch --porcelain`: `<flag> <what is kept> <what the remote shows> <name>`; what is the same is not listed.
    pub(super) fn read(refs: &Refs, prefixes: &[String], report: &str) -> Result<Self> {
        let mut shown = Self { count: known(refs, prefixes)?.len(), ..Self::default() };
        for line in report.lines() {
            let Some((flag, rest)) = line.split_at_checked(2) else { continue };
            let fields: Vec<_> = rest.splitn(3, ' ').collect();
            let [kept, now, name] = fields[..] else { continue };
            let (Ok(kept), Ok(now)) = (kept.parse::<Oid>(), now.parse::<Oid>()) else { continue };
            match flag {
                "* " => drop(shown.new.insert(name.to_owned(), now)),
                "- " => shown.deleted.push(name.to_owned()),
                "= " => {}
                _ => drop(shown.moved.insert(name.to_owned(), (kept, now))),
            }
        }
        shown.count = (shown.count + shown.new.len()).saturating_sub(shown.deleted.len());
        shown.deleted.sort();
        Ok(shown)
    }

    /// The same from a list of what the remote shows.
    pub(super) fn compare(refs: &Refs, prefixes: &[String], listed: &BTreeMap<String, Oid>) -> Result<Self> {
        let known = known(refs, prefixes)?;
        let mut shown = Self { count: listed.len(), ..Self::default() };
        for (name, now) in listed {
            match known.get(name) {
                None => drop(shown.new.insert(name.clone(), *now)),
                Some(kept) if kept != now => drop(shown.moved.insert(name.clone(), (*kept, *now))),
                Some(_) => {}
            }
        }
        shown.deleted = known.into_keys().filter(|name| !listed.contains_key(name)).collect();
        Ok(shown)
    }

    /// Whether the remote shows what is kept, and nothing else.
    pub(super) fn is_as_known(&self) -> bool {
        self.new.is_empty() && self.moved.is_empty() && self.deleted.is_empty()
    }

    /// For callers, and the refs to keep from now on.
    pub(super) fn summary(self) -> (Fetched, BTreeMap<String, Oid>) {
        let short = |name: &String| name.strip_prefix("refs/tags/").unwrap_or(name).to_owned();
        let moved =
            |(name, (first, now)): (&String, &(Oid, Oid))| Moved { name: short(name), first: *first, now: *now };
        let fetched = Fetched {
            new: self.new.keys().map(short).collect(),
            moved: self.moved.iter().map(moved).collect(),
            deleted: self.deleted.iter().map(short).collect(),
            shown: self.count,
        };
        (fetched, self.new)
    }
}

fn known(refs: &Refs, prefixes: &[String]) -> Result<BTreeMap<String, Oid>> {
    let mut known = BTreeMap::new();
    for prefix in prefixes {
        known.extend(refs.list(&format!("refs/tags/{prefix}"))?);
    }
    Ok(known)
}
