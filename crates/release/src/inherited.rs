//! A fork's own ledger: what it inherited is listed, left as it is, and counts for nothing.

use std::collections::BTreeMap;

use ledger::record::{Body, Reason};
use ledger::{CommitContents, Ledger, Marks, RefName, SignedTag};
use policy::Action;
use source::Digest;

use crate::desk::{Desk, Hand};
use crate::error::{Error, Result};
use crate::policies::{Published, begin, committed};

/// The folders of ledgers, as tags' names start.
const FOLDERS: [&str; 5] = ["policy@", "prompt/", "env/", "approval/", "evidence/"];

/// The tags of one ledger that were here before.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Inherited {
    /// Its root.
    pub root: String,
    /// How many policies.
    pub policies: usize,
    /// How many releases.
    pub releases: usize,
    /// How many pointers.
    pub pointers: usize,
    /// How many approvals and rejections.
    pub approvals: usize,
    /// How many attested runs.
    pub evidence: usize,
    /// Who signed them, sorted.
    pub by: Vec<String>,
}

/// A ledger that was begun beside another, or would be.
#[derive(Debug)]
pub struct Began {
    /// What was here before, by ledger.
    pub inherited: Vec<Inherited>,
    /// Tags in the folders of ledgers that are no entries of any.
    pub junk: usize,
    /// The first policy of the new ledger.
    pub published: Published,
}

/// What ledgers this clone holds, and how many tags of theirs are no entries.
pub fn inherited(desk: &Desk) -> Result<(Vec<Inherited>, usize)> {
    let mut ledgers: BTreeMap<Digest, Inherited> = BTreeMap::new();
    let mut junk = 0;
    for folder in FOLDERS {
        for tag in desk.repo.tags(folder)? {
            let object = desk.repo.object(tag.rival.unwrap_or(tag.oid));
            let read = object.ok().and_then(|object| SignedTag::parse(&object.bytes).ok());
            let Some(entry) = read.filter(|entry| entry.name().to_string() == tag.name) else {
                junk += 1;
                continue;
            };
            let root = entry.record().repository.unwrap_or_else(|| entry.digest());
            let ledger = ledgers.entry(root).or_default();
            ledger.root = root.tagged();
            let count = match entry.record().body {
                Body::Policy(_) => &mut ledger.policies,
                Body::Release(_) => &mut ledger.releases,
                Body::Pointer(_) => &mut ledger.pointers,
                Body::Approval(_) | Body::PolicyApproval(_) => &mut ledger.approvals,
                Body::Evidence(_) => &mut ledger.evidence,
            };
            *count += 1;
            let by = entry.record().by.principal.to_string();
            if let Err(at) = ledger.by.binary_search(&by) {
                ledger.by.insert(at, by);
            }
        }
    }
    Ok((ledgers.into_values().collect(), junk))
}

/// Begins another ledger behind the tags of the one that is here, from the documents that HEAD holds. Nothing that was here
/// is changed, extended or deleted.
pub fn begin_anew(desk: &Desk, reason: Option<Reason>) -> Result<Began> {
    let what = "begin another ledger";
    let (inherited, junk) = inherited(desk)?;
    if inherited.is_empty() {
        return Err(Error::usage(
            format!("{what}: none was inherited here"),
            "begin the first: promptuary policy publish",
        ));
    }
    let hand = desk.hand()?;
    if maintains(desk, &hand)? {
        return Err(Error::demand(
            format!("{what}: with your key {} you can extend the one that is here", hand.key),
            "publish its next policy: promptuary policy publish",
        ));
    }
    let (commit, root) = committed(desk, None)?;
    let published = begin(desk, &hand, commit, &root, reason)?;
    Ok(Began { inherited, junk, published })
}

/// Whether this key may extend the ledger that is trusted here, or else the first one. Nothing is pinned by asking.
fn maintains(desk: &Desk, hand: &Hand) -> Result<bool> {
    let contents = CommitContents(&desk.repo);
    let pin = desk.trusted_root()?;
    let Ok(ledger) = Ledger::open(desk.judge(&contents), pin.as_ref(), Marks::default()) else { return Ok(false) };
    let Ok(policy) = ledger.policy() else { return Ok(false) };
    let known = policy.principal_of(&hand.key).filter(|(_, key)| key.state == policy::KeyState::Active);
    Ok(known.is_some_and(|(p, _)| p.may(Action::PublishPolicy, None, None)))
}

/// Whether a tag of this clone is no entry at all, or one of another ledger than `root`: nothing of ours rests on it.
pub(crate) fn is_foreign(desk: &Desk, name: &str, root: &Digest) -> bool {
    let Ok(name) = RefName::from_full(name) else { return true };
    let Ok(Some(tag)) = desk.repo.tag(&name.to_string()) else { return false };
    let object = source::Objects::object(&desk.repo, &tag.rival.unwrap_or(tag.oid), 80 * 1024);
    let entry = object.ok().flatten().and_then(|object| SignedTag::parse(&object.bytes).ok());
    entry.is_some_and(|entry| entry.record().repository.unwrap_or_else(|| entry.digest()) != *root)
}
