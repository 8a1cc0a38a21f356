//! What was written on this machine while there was no remote: a list of it, by the clone that wrote each.
//!
//! It vouches for nothing. It says which entries may be given up though this machine has seen them as part of the ledger,
//! and tells of those whose tags are gone while the machine remembers them.

use std::collections::BTreeSet;

use ledger::{Code, Mark, ObjectId, Refusal, SignedTag};
use repo::{Place, Trust};
use source::Digest;

use crate::desk::Desk;
use crate::error::Result;
use crate::local_only::LocalOnly;

/// A line of the list.
struct Line {
    entry: Digest,
    object: ObjectId,
    tag: String,
    /// Where the clone stood that wrote it; a line of an earlier version does not say.
    place: Option<String>,
}

/// Whose an entry on the list is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// This clone's.
    Ours,
    /// That of a clone which is gone from its place.
    Nobodys,
    /// Another clone's, which is there to be asked.
    Anothers,
}

/// An entry that another clone of this machine wrote without a remote, and that stands in the way here.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Elsewhere {
    /// Its tag.
    pub tag: String,
    /// The git folder of that clone.
    pub place: String,
}

impl Elsewhere {
    /// The command that tells in that clone what can be done about it.
    pub fn sync(&self) -> String {
        let folder = self.place.strip_suffix("/.git").unwrap_or(&self.place);
        format!("promptuary -C {} sync", source::escape::shell(folder))
    }
}

impl Line {
    /// Reads `<entry> <object> <tag>[ <place>]`.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        let entry = Digest::from_tagged(words.next()?).ok()?;
        let object = words.next()?.parse().ok()?;
        Some(Self { entry, object, tag: words.next()?.to_owned(), place: words.next().map(str::to_owned) })
    }

    fn of(entry: &SignedTag, place: Option<&str>) -> String {
        let object = repo::Repo::name_of(repo::ObjectKind::Tag, &entry.bytes());
        let line = format!("{} {object} {}", entry.digest().tagged(), entry.name());
        place.map_or(line.clone(), |place| format!("{line} {place}"))
    }

    fn whose(&self, desk: &Desk) -> Result<Whose> {
        let stands = self.place.as_deref().map(|place| desk.repo.stands_at(place));
        let is_known = || Ok::<_, crate::Error>(self.is_here(desk)? || desk.repo.kind(self.object).is_ok());
        Ok(match stands {
            Some(Place::Here) => Whose::Ours,
            Some(Place::Elsewhere) => Whose::Anothers,
            Some(Place::Gone) => {
                if is_known()? {
                    Whose::Ours
                } else {
                    Whose::Nobodys
                }
            }
            None => {
                if is_known()? {
                    Whose::Ours
                } else {
                    Whose::Anothers
                }
            }
        })
    }

    /// Whether its tag is here, naming it.
    fn is_here(&self, desk: &Desk) -> Result<bool> {
        let tag = desk.repo.tag(&self.tag)?;
        Ok(tag.is_some_and(|tag| tag.oid == self.object || tag.rival == Some(self.object)))
    }
}

/// The list, as far as this ledger goes.
fn lines(trust: &Trust, root: &Digest) -> Result<Vec<Line>> {
    Ok(trust.local(root)?.iter().filter_map(|line| Line::read(line)).collect())
}

/// Notes entries that were written while there was no remote: they alone may be given up once this machine has seen them.
pub(crate) fn note(desk: &Desk, entries: &[SignedTag]) {
    let root = entries.first().map(|entry| entry.record().repository.unwrap_or_else(|| entry.digest()));
    let place = desk.repo.git_folder();
    let new: Vec<String> = entries.iter().map(|entry| Line::of(entry, place.as_deref())).collect();
    // What cannot be noted cannot be remembered either, which is told there.
    if let (Some(root), Ok(trust)) = (root, desk.repo.trust()) {
        let _ = trust.set_local(&root, |known| known.into_iter().chain(new).collect());
    }
}

/// Takes what the remote has shown off the list, and what nothing is left of; another clone's stays.
pub(crate) fn settle(desk: &Desk) -> Result<()> {
    let (Some(remote), Some(root)) = (&desk.remote, desk.trusted_root()?) else { return Ok(()) };
    let trust = desk.repo.trust()?;
    let shown = desk.repo.as_shown(remote);
    let mut settled = BTreeSet::new();
    let list = lines(&trust, &root)?;
    let marks = if list.is_empty() { Vec::new() } else { desk.seen(&root)? };
    for line in list {
        let is_left = || Ok::<_, crate::Error>(line.is_here(desk)? || remembers(&marks, &line.entry));
        if line.whose(desk)? == Whose::Ours && (shown.object_of(&line.tag)? == Some(line.object) || !is_left()?) {
            settled.insert(line.entry);
        }
    }
    take_off(&trust, &root, &settled)
}

/// Whether an entry is on the list, whichever clone wrote it.
pub(crate) fn written(desk: &Desk, root: &Digest) -> Result<BTreeSet<Digest>> {
    Ok(lines(&desk.repo.trust()?, root)?.into_iter().map(|line| line.entry).collect())
}

/// Entries whose tags somebody deleted here, or with the clone that wrote them: only the memory of them is left, and stands in
/// the way; of those alone whose tag starts with one of `prefixes`, where only those were fetched.
pub(crate) fn ghosts(desk: &Desk, prefixes: Option<&[String]>) -> Result<Vec<LocalOnly>> {
    let mut found = Vec::new();
    for (line, whose) in in_the_way(desk)? {
        let asked = prefixes.is_none_or(|prefixes| prefixes.iter().any(|prefix| line.tag.starts_with(prefix.as_str())));
        let gone = match whose {
            Whose::Ours => "its tag is gone".to_owned(),
            Whose::Nobodys => format!("{}, where it was written, is gone", line.place.as_deref().unwrap_or_default()),
            Whose::Anothers => continue,
        };
        if asked {
            let why =
                format!("it was written without a remote and never published, and {gone}; this machine remembers it");
            let refusal = Refusal::new(Code::Stale, why);
            let read = LocalOnly::read(desk, line.object, &line.tag);
            found.push(LocalOnly { refusal: Some(refusal), entry: Some(line.entry), ..read });
        }
    }
    Ok(found)
}

/// Entries that other clones of this machine wrote without a remote and have yet to publish or to give up, where this machine
/// has seen them and this clone has not.
pub fn elsewhere(desk: &Desk) -> Result<Vec<Elsewhere>> {
    let others = in_the_way(desk)?.into_iter().filter(|(_, whose)| *whose == Whose::Anothers);
    Ok(others.filter_map(|(line, _)| Some(Elsewhere { tag: line.tag, place: line.place? })).collect())
}

/// What is on the list and remembered, and not here.
fn in_the_way(desk: &Desk) -> Result<Vec<(Line, Whose)>> {
    let Some(root) = desk.trusted_root()? else { return Ok(Vec::new()) };
    let mut lines = lines(&desk.repo.trust()?, &root)?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let marks = desk.seen(&root)?;
    lines.retain(|line| remembers(&marks, &line.entry));
    let mut found = Vec::new();
    for line in lines {
        if !line.is_here(desk)? {
            let whose = line.whose(desk)?;
            found.push((line, whose));
        }
    }
    Ok(found)
}

/// Makes this machine forget entries, and takes this clone's off the list.
pub(crate) fn forget(desk: &Desk, root: &Digest, gone: &BTreeSet<Digest>) -> Result<()> {
    let trust = desk.repo.trust()?;
    let without = |line: &str, newest| Mark::from_line(line)?.without(gone, newest);
    let policy = trust.mark(root, "policy")?;
    let of_policy =
        policy.as_ref().and_then(|line| Mark::from_line(line)).filter(|mark| gone.iter().any(|d| mark.remembers(d)));
    let newest = of_policy.and_then(|mark| mark.without(gone, None)).map(|mark| mark.tip().sequence);
    for (chain, _) in trust.marks(root, None)? {
        trust.rewrite_mark(root, &chain, |line| without(line, newest).map(|mark| mark.to_line()))?;
    }
    let mut ours = BTreeSet::new();
    for line in lines(&trust, root)?.into_iter().filter(|line| gone.contains(&line.entry)) {
        if line.whose(desk)? == Whose::Ours {
            ours.insert(line.entry);
        }
    }
    take_off(&trust, root, &ours)
}

/// What is no line goes with them.
fn take_off(trust: &Trust, root: &Digest, entries: &BTreeSet<Digest>) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let stays = |line: &String| Line::read(line).is_some_and(|line| !entries.contains(&line.entry));
    Ok(trust.set_local(root, |known| known.into_iter().filter(stays).collect())?)
}

fn remembers(marks: &[Mark], entry: &Digest) -> bool {
    marks.iter().any(|mark| mark.remembers(entry))
}
