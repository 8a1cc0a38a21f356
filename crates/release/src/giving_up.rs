//! Giving up entries that were never published, where they can no longer be, or should not.
//!
//! What a remote holds is never given up: it stays for good. Nor what this machine has seen as part of the ledger, but for what
//! was written on it while there was no remote.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Code, RefName, Refusal};
use repo::Remote;
use source::Digest;

use crate::alone;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::local_only::LocalOnly;

/// Gives up entries that were never published, with everything of this clone that rests on them: their tags go, and this
/// machine no longer remembers them. Gives what went. Fetch first.
///
/// Refused where any remote of this clone holds one of them, and where this machine has seen one as part of the ledger
/// without having written it while there was no remote.
pub fn give_up(desk: &Desk, tags: &[RefName]) -> Result<Vec<LocalOnly>> {
    let Some(remote) = &desk.remote else { return Ok(Vec::new()) };
    let mut unpublished = alone::ghosts(desk, None)?;
    let here = desk.repo.unpublished(remote, None)?;
    let here = here.into_iter().filter(|(_, name)| RefName::from_full(name).is_ok());
    unpublished.extend(here.map(|(object, name)| LocalOnly::read(desk, object, &name)));
    for tag in tags.iter().map(ToString::to_string) {
        if !unpublished.iter().any(|one| one.tag == tag) {
            return Err(nothing_to_give_up(desk, &tag, remote)?);
        }
    }
    let gone = with_dependents(&unpublished, tags);
    refuse_held(desk, remote, &gone)?;
    let root = desk.trusted_root()?;
    if let Some(root) = &root {
        refuse_seen(desk, root, &gone)?;
    }
    if desk.dry_run {
        return Ok(gone);
    }
    // The memory first: whoever is interrupted then gives the same command again.
    if let Some(root) = &root {
        alone::forget(desk, root, &gone.iter().filter_map(|one| one.entry).collect())?;
    }
    desk.repo.drop_tags(&gone.iter().map(|one| (one.object, full(&one.tag))).collect::<Vec<_>>())?;
    Ok(gone)
}

/// Why a tag that is asked for is not one to give up.
fn nothing_to_give_up(desk: &Desk, tag: &str, remote: &Remote) -> Result<Error> {
    if desk.repo.tag(tag)?.is_some() {
        return Ok(published(tag, &remote.name));
    }
    let elsewhere = alone::elsewhere(desk)?.into_iter().find(|other| other.tag == tag);
    let what = format!("give up {tag}: there is no such tag");
    Ok(match elsewhere {
        Some(other) => Error::usage(what, format!("give it up where it was written: {} --give-up {tag}", other.sync())),
        None => Error::usage(what, "see what lies only here: promptuary sync"),
    })
}

/// Refuses what a remote holds. Junk may go, whoever holds it too; and what the remote in use showed first under a name is what
/// counts there, so another that came in from elsewhere may go.
fn refuse_held(desk: &Desk, remote: &Remote, gone: &[LocalOnly]) -> Result<()> {
    let shown = desk.repo.as_shown(remote);
    let mut first = Vec::new();
    for one in gone {
        if shown.object_of(&one.tag)?.is_none_or(|shown| shown == one.object) {
            first.push(one);
        }
    }
    let junk = desk.junk(remote, &first.iter().map(|one| one.tag.clone()).collect(), BTreeMap::new())?;
    let entries = first.iter().filter(|one| !junk.contains(&one.tag));
    let entries: Vec<_> = entries.map(|one| (one.object, full(&one.tag))).collect();
    if entries.is_empty() {
        return Ok(());
    }
    let held = desk.repo.held_by_a_remote(&entries).map_err(|error| match error {
        repo::Error::Unreachable { remote, why } => {
            let why = why.lines().next().unwrap_or_default().to_owned();
            Error::Unasked { what: format!("give up {}", first[0].tag), remote, why }
        }
        error => error.into(),
    })?;
    let Some((holder, name)) = held else { return Ok(()) };
    let tag = name.trim_start_matches("refs/tags/");
    Err(if holder == remote.name { published(tag, &holder) } else { held_elsewhere(tag, &holder) })
}

fn full(tag: &str) -> String {
    format!("refs/tags/{tag}")
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
    let (written, marks) = (alone::written(desk, root)?, desk.seen(root)?);
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
