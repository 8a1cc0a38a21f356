//! Entries that count here and that the remote in use lacks: whether they can be published, and what to do about those that
//! cannot.
//!
//! Most were written while there was no remote. What others published meanwhile may have taken their numbers, or put a policy in
//! effect that they do not cite.

use std::collections::BTreeSet;

use ledger::admission::{Arrival, Server, admit};
use ledger::judge::Judge;
use ledger::{Code, CommitContents, ObjectId, RefName, Refusal, SignedTag};
use repo::Remote;
use source::Digest;

use crate::alone;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::inherited::is_foreign;

/// An entry that the remote in use lacks.
#[derive(Debug, Clone, serde::Serialize)]
pub struct LocalOnly {
    /// Its tag.
    pub tag: String,
    /// Why nobody would take it any more; `None` where it can be published.
    pub refusal: Option<Refusal>,
    /// The tag's object.
    pub object: ObjectId,
    /// Its identity, where it can be read as an entry.
    #[serde(skip)]
    pub(crate) entry: Option<Digest>,
    /// What it rests on.
    #[serde(skip)]
    pub(crate) cites: Vec<Digest>,
}

impl LocalOnly {
    /// What the tag of this full name says.
    pub(crate) fn read(desk: &Desk, object: ObjectId, name: &str) -> Self {
        let bytes = desk.repo.object(object).ok().map(|object| object.bytes);
        let entry = bytes.and_then(|bytes| SignedTag::parse(&bytes).ok());
        Self {
            tag: name.trim_start_matches("refs/tags/").to_owned(),
            refusal: None,
            object,
            entry: entry.as_ref().map(SignedTag::digest),
            cites: entry.map(|entry| entry.record().cites()).unwrap_or_default(),
        }
    }
}

/// The entries that count here and that the remote has not shown, sorted by name; of those alone whose name starts with one of
/// `prefixes`, where only those were fetched. Each is judged as the remote's own hook would: by what the remote showed.
pub fn local_only(desk: &Desk, prefixes: Option<&[String]>) -> Result<Vec<LocalOnly>> {
    let Some(remote) = &desk.remote else { return Ok(Vec::new()) };
    let root = desk.trusted_root()?;
    let shown = desk.repo.as_shown(remote);
    let mut found = Vec::new();
    let mut arrivals = Vec::new();
    for (object, name) in desk.repo.unpublished(remote, prefixes)? {
        let old = shown.object_of(name.trim_start_matches("refs/tags/"))?;
        // What a fork inherited is not its to publish, and junk nobody's.
        if RefName::from_full(&name).is_err()
            || (old.is_none() && root.is_some_and(|root| is_foreign(desk, &name, &root)))
        {
            continue;
        }
        found.push(LocalOnly::read(desk, object, &name));
        arrivals.push(Arrival { name, old, new: Some(object) });
    }
    if arrivals.is_empty() {
        return alone::ghosts(desk, prefixes);
    }
    let contents = CommitContents(&desk.repo);
    let judge = Judge { tags: &shown, contents: &contents, external: &desk.repo, now: desk.now };
    for refusal in judged(judge, root.as_ref(), |server| admit(server, &arrivals)).refusals {
        if let Some(one) = found.iter_mut().find(|one| refusal.tag.as_ref() == Some(&one.tag)) {
            one.refusal.get_or_insert_with(|| match refusal.code {
                Code::EntryReplaced => {
                    let detail = format!("`{}` showed another one under its name first", remote.name);
                    Refusal::new(refusal.code, detail).about(&one.tag)
                }
                _ => refusal,
            });
        }
    }
    found.extend(alone::ghosts(desk, prefixes)?);
    Ok(found)
}

/// Asks as the remote's own hook would, but for what only the server knows: its branches, and how late is too late.
pub(crate) fn judged<T>(judge: Judge<'_>, pin: Option<&Digest>, ask: impl FnOnce(&Server<'_>) -> T) -> T {
    let reachable = |_: &ObjectId, _: Option<&str>| Ok(None);
    let late = u64::try_from(i64::MAX).unwrap_or(u64::MAX);
    ask(&Server { judge, pin, late, reachable: &reachable })
}

/// The failure to publish `what`, where one of these can no longer be published.
pub(crate) fn outrun(what: &str, local: &[LocalOnly]) -> Option<Error> {
    let stuck = give_up_first(local);
    let first = local.iter().find(|one| stuck.first() == Some(&one.tag.as_str()))?;
    let refusal = first.refusal.clone()?;
    let what = format!("{what}: {} as it is here cannot be published", first.tag);
    let refusal = Refusal { tag: None, ..refusal };
    Some(Error::Outrun { what, refusal, remedy: format!("give it up, then do it again: {}", command(&stuck)) })
}

/// The tags that must be given up, but for those that rest on another of them.
pub fn give_up_first(local: &[LocalOnly]) -> Vec<&str> {
    let stuck = || local.iter().filter(|one| one.refusal.is_some());
    let digests: BTreeSet<Digest> = stuck().filter_map(|one| one.entry).collect();
    let first = stuck().filter(|one| one.cites.iter().all(|cited| !digests.contains(cited)));
    first.map(|one| one.tag.as_str()).collect()
}

/// The command that gives these tags up.
pub fn command(tags: &[&str]) -> String {
    format!("promptuary sync --give-up {}", tags.join(" "))
}

/// Whether the remote's hook says no to what was written long ago, or elsewhere.
pub(crate) fn refused_there(desk: &Desk, error: Error, remote: &Remote, local: &[LocalOnly]) -> Error {
    let Error::Rejected { rejection, .. } = &error else { return error };
    let Some(refusal) = rejection.refusals.first() else { return error };
    let Some(one) = local.iter().find(|one| refusal.tag.as_ref() == Some(&one.tag)) else { return error };
    let other = desk.repo.shown_by(&[(one.object, format!("refs/tags/{}", one.tag))]).ok().flatten();
    let or = format!("(or, where it is only old, ask whoever keeps `{}` for `--late`)", remote.name);
    let remedy = match other {
        Some((other, _)) => format!("go on without what only {other} showed: git remote remove {other} {or}"),
        None => format!("give it up, then do it again: {} {or}", command(&[&one.tag])),
    };
    let what = format!("publish {}: the hook of `{}` refuses it", one.tag, remote.name);
    Error::Outrun { what, refusal: Refusal { tag: None, ..refusal.clone() }, remedy }
}
