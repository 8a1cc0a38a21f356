//! Entries that no remote holds: whether they can still be published, and giving up those that cannot.
//!
//! They were written while there was no remote. What others published meanwhile may have taken their numbers, or put a
//! policy in effect that they do not cite. An entry that a remote holds is never given up: it stays for good.

use std::collections::{BTreeMap, BTreeSet};

use ledger::admission::{Arrival, Server, admit};
use ledger::judge::Judge;
use ledger::{Code, CommitContents, Mark, ObjectId, RefName, Refusal, SignedTag};
use repo::Remote;
use source::{Digest, Objects as _};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::inherited::is_foreign;

/// An entry that no remote holds.
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
    entry: Option<Digest>,
    /// What it rests on.
    #[serde(skip)]
    cites: Vec<Digest>,
    /// Whether its tag is gone already.
    #[serde(skip)]
    is_ghost: bool,
}

/// The entries of this clone that the remote has not shown, sorted by name; of those alone whose name starts with one of
/// `prefixes`, where only those were fetched. Each is judged as the remote's own hook would: by what the remote showed.
pub fn local_only(desk: &Desk, prefixes: Option<&[String]>) -> Result<Vec<LocalOnly>> {
    let Some(remote) = &desk.remote else { return Ok(Vec::new()) };
    let root = desk.trusted_root()?;
    let shown = desk.repo.as_shown(remote);
    let mut found = Vec::new();
    let mut arrivals = Vec::new();
    for (object, name) in desk.repo.unpublished(remote, prefixes)? {
        let listed = shown.list(&name).map_err(|e| Refusal::new(Code::Unreadable, e.to_string()))?;
        let old = listed.into_iter().find(|(full, _)| *full == name).map(|(_, id)| id);
        // What a fork inherited is not its to publish, and junk nobody's.
        if RefName::from_full(&name).is_err()
            || (old.is_none() && root.is_some_and(|root| is_foreign(desk, &name, &root)))
        {
            continue;
        }
        found.push(read(desk, object, &name));
        arrivals.push(Arrival { name, old, new: Some(object) });
    }
    if arrivals.is_empty() {
        return ghosts(desk);
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
    found.extend(ghosts(desk)?);
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

/// Gives up entries that were never published, with everything of this clone that rests on them: their tags go, and this
/// machine no longer remembers them. Gives what went. Fetch first.
///
/// Refused where any remote of this clone holds one of them, and where this machine has seen one as part of the ledger
/// without having written it while there was no remote.
pub fn give_up(desk: &Desk, tags: &[RefName]) -> Result<Vec<LocalOnly>> {
    let Some(remote) = &desk.remote else { return Ok(Vec::new()) };
    let mut unpublished = ghosts(desk)?;
    let here = desk.repo.unpublished(remote, None)?;
    let here = here.into_iter().filter(|(_, name)| RefName::from_full(name).is_ok());
    unpublished.extend(here.map(|(object, name)| read(desk, object, &name)));
    for tag in tags {
        let name = tag.to_string();
        if !unpublished.iter().any(|one| one.tag == name) {
            return Err(match desk.repo.tag(&name)? {
                Some(_) => published(&name, &remote.name),
                None => Error::usage(
                    format!("give up {name}: there is no such tag"),
                    "see what lies only here: promptuary sync",
                ),
            });
        }
    }
    let gone = with_dependents(&unpublished, tags);
    let refs: Vec<_> = gone.iter().map(|one| (one.object, format!("refs/tags/{}", one.tag))).collect();
    // What the remote showed first under a name is what counts there: another that came in from it later may go.
    let shown = desk.repo.as_shown(remote);
    let mut first = Vec::new();
    for (object, name) in &refs {
        if shown.object_of(name.trim_start_matches("refs/tags/"))?.is_none_or(|shown| shown == *object) {
            first.push((*object, name.clone()));
        }
    }
    // Junk may go, whoever holds it too.
    let short = |(_, name): &(ObjectId, String)| name.trim_start_matches("refs/tags/").to_owned();
    let junk = desk.junk(remote, &first.iter().map(short).collect(), BTreeMap::new())?;
    first.retain(|tag| !junk.contains(&short(tag)));
    if let Some((holder, name)) = desk.repo.held_by_a_remote(&first)? {
        let tag = name.trim_start_matches("refs/tags/");
        return Err(if holder == remote.name { published(tag, &holder) } else { held_elsewhere(tag, &holder) });
    }
    let digests: BTreeSet<Digest> = gone.iter().filter_map(|one| one.entry).collect();
    let root = desk.trusted_root()?;
    if let Some(root) = &root {
        refuse_seen(desk, root, &gone)?;
    }
    if desk.dry_run {
        return Ok(gone);
    }
    // The memory first: whoever is interrupted then gives the same command again.
    if let Some(root) = &root {
        forget(desk, root, &digests)?;
    }
    let there: Vec<_> = gone.iter().zip(refs).filter(|(one, _)| !one.is_ghost).map(|(_, tag)| tag).collect();
    desk.repo.drop_tags(&there)?;
    Ok(gone)
}

/// Notes entries that were written while there was no remote: they alone may be given up once this machine has seen them.
pub(crate) fn note(desk: &Desk, entries: &[SignedTag]) {
    let root = entries.first().map(|entry| entry.record().repository.unwrap_or_else(|| entry.digest()));
    let line = |entry: &SignedTag| {
        let object = repo::Repo::name_of(repo::ObjectKind::Tag, &entry.bytes());
        format!("{} {object} {}", entry.digest().tagged(), entry.name())
    };
    let lines: Vec<String> = entries.iter().map(line).collect();
    // What cannot be noted cannot be remembered either, which is told there.
    if let (Some(root), Ok(trust)) = (root, desk.repo.trust()) {
        let _ = trust.set_local(&root, |known| known.into_iter().chain(lines).collect());
    }
}

/// Takes what a remote has shown off the list of what was never published.
pub(crate) fn settle(desk: &Desk) -> Result<()> {
    let (Some(remote), Some(root)) = (&desk.remote, desk.trusted_root()?) else { return Ok(()) };
    let trust = desk.repo.trust()?;
    if trust.local(&root)?.is_empty() {
        return Ok(());
    }
    let shown = desk.repo.as_shown(remote);
    let is_shown = |line: &String| {
        let Some((_, object, tag)) = noted(line) else { return true };
        shown.list(&format!("refs/tags/{tag}")).is_ok_and(|found| found.iter().any(|(_, id)| *id == object))
    };
    Ok(trust.set_local(&root, |known| known.into_iter().filter(|line| !is_shown(line)).collect())?)
}

/// What a line of the list says: the entry, its tag's object and name.
fn noted(line: &str) -> Option<(Digest, ObjectId, &str)> {
    let (digest, rest) = line.split_once(' ')?;
    let (object, tag) = rest.split_once(' ')?;
    Some((Digest::from_tagged(digest).ok()?, object.parse().ok()?, tag))
}

/// Entries that were written here while there was no remote, and whose tags somebody deleted: only the memory of them is
/// left, and stands in the way.
fn ghosts(desk: &Desk) -> Result<Vec<LocalOnly>> {
    let Some(root) = desk.trusted_root()? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for line in desk.repo.trust()?.local(&root)? {
        let Some((entry, object, tag)) = noted(&line) else { continue };
        let is_here = desk.repo.tag(tag)?.is_some_and(|tag| tag.rival.unwrap_or(tag.oid) == object);
        if !is_here && desk.repo.rev_parse(&format!("refs/tags/{tag}")).map_or(true, |here| here != object) {
            found.push(LocalOnly {
                tag: tag.to_owned(),
                refusal: Some(Refusal::new(
                    Code::Stale,
                    "it never was, and its tag is gone; this machine remembers it",
                )),
                object,
                entry: Some(entry),
                cites: read(desk, object, tag).cites,
                is_ghost: true,
            });
        }
    }
    Ok(found)
}

fn read(desk: &Desk, object: ObjectId, name: &str) -> LocalOnly {
    let bytes = desk.repo.object(object).ok().map(|object| object.bytes);
    let entry = bytes.and_then(|bytes| SignedTag::parse(&bytes).ok());
    LocalOnly {
        tag: name.trim_start_matches("refs/tags/").to_owned(),
        refusal: None,
        object,
        entry: entry.as_ref().map(SignedTag::digest),
        cites: entry.map(|entry| entry.record().cites()).unwrap_or_default(),
        is_ghost: false,
    }
}

/// The named ones, and of the others whatever rests on them.
fn with_dependents(unpublished: &[LocalOnly], tags: &[RefName]) -> Vec<LocalOnly> {
    let names: BTreeSet<String> = tags.iter().map(ToString::to_string).collect();
    let mut gone: BTreeSet<usize> = (0..unpublished.len()).filter(|i| names.contains(&unpublished[*i].tag)).collect();
    loop {
        let digests: BTreeSet<Digest> = gone.iter().filter_map(|i| unpublished[*i].entry).collect();
        let rests = |i: &usize| unpublished[*i].cites.iter().any(|cited| digests.contains(cited));
        let more: Vec<usize> = (0..unpublished.len()).filter(|i| !gone.contains(i) && rests(i)).collect();
        if more.is_empty() {
            return gone.into_iter().map(|i| unpublished[i].clone()).collect();
        }
        gone.extend(more);
    }
}

/// Refuses what this machine has seen as part of the ledger and did not write itself without a remote.
fn refuse_seen(desk: &Desk, root: &Digest, gone: &[LocalOnly]) -> Result<()> {
    let trust = desk.repo.trust()?;
    let written: Vec<Digest> = trust.local(root)?.iter().filter_map(|line| Some(noted(line)?.0)).collect();
    let marks: Vec<Mark> = trust.marks(root, None)?.iter().filter_map(|(_, line)| Mark::from_line(line)).collect();
    for one in gone {
        let Some(entry) = one.entry.filter(|entry| !written.contains(entry)) else { continue };
        if marks.iter().any(|mark| mark.remembers(&entry)) {
            return Err(Error::Denied {
                what: format!("give up {}", one.tag),
                refusal: Refusal::new(
                    Code::RolledBack,
                    "this machine has seen it as part of the ledger, and did not write it while there was no remote",
                ),
            });
        }
    }
    Ok(())
}

fn forget(desk: &Desk, root: &Digest, gone: &BTreeSet<Digest>) -> Result<()> {
    let trust = desk.repo.trust()?;
    let without = |line: &str, newest| Mark::from_line(line)?.without(gone, newest);
    let policy = trust.mark(root, "policy")?;
    let of_policy =
        policy.as_ref().and_then(|line| Mark::from_line(line)).filter(|mark| gone.iter().any(|d| mark.remembers(d)));
    let newest = of_policy.and_then(|mark| mark.without(gone, None)).map(|mark| mark.tip().sequence);
    for (chain, _) in trust.marks(root, None)? {
        trust.rewrite_mark(root, &chain, |line| without(line, newest).map(|mark| mark.to_line()))?;
    }
    let is_gone = |line: &String| noted(line).is_none_or(|(entry, ..)| gone.contains(&entry));
    Ok(trust.set_local(root, |known| known.into_iter().filter(|line| !is_gone(line)).collect())?)
}

fn published(tag: &str, remote: &str) -> Error {
    Error::demand(
        format!("give up {tag}: `{remote}` holds it, and what was published stays for good"),
        "write the entry that takes it back: promptuary rollback, hold or retire, or policy publish",
    )
}

fn held_elsewhere(tag: &str, holder: &str) -> Error {
    Error::demand(
        format!("give up {tag}: `{holder}` holds it, and what was published stays for good"),
        format!("publish it here too: promptuary sync --push; or go on there: git config remote.pushDefault {holder}"),
    )
}

/// Whether the remote's hook says no to what was written long ago: then it can only be given up.
pub(crate) fn refused_there(error: Error, remote: &Remote, local: &[LocalOnly]) -> Error {
    let Error::Rejected { rejection, .. } = &error else { return error };
    let Some(refusal) = rejection.refusals.first() else { return error };
    let tags: Vec<&str> = local.iter().map(|one| one.tag.as_str()).collect();
    let Some(tag) = refusal.tag.as_deref().filter(|tag| tags.contains(tag)) else { return error };
    Error::Outrun {
        what: format!("publish {tag}: the hook of `{}` refuses it", remote.name),
        refusal: Refusal { tag: None, ..refusal.clone() },
        remedy: format!(
            "give it up, then do it again: {} (or, where it is only old, ask whoever keeps the server for `--late`)",
            command(&[tag])
        ),
    }
}
