//! A folder of objects that holds what a push is about and nothing else.
//!
//! Before it packs anything, `git push` opens every object here that the remote has a ref for, tag after tag: of ten
//! thousand tags that is a third of the whole push. A pointer or an approval is one tag that points at a release's tag,
//! which the remote has. So git is shown a folder with that tag, the release's and its commit: what else the remote has
//! is not found there, and passed over. Where the remote lacks the release after all, git meets the commit's missing
//! parts before it has sent anything; the caller then pushes with everything at hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::{ObjectKind, Oid, RawObject, Repo, backend};

/// Such a folder; gone when it is dropped.
pub(super) struct Outbox(tempfile::TempDir);

impl Outbox {
    /// Holds these objects with what they point at; `None` where one of them is no tag of a tag of a commit, and where the
    /// folder cannot be made: the way without it is only longer.
    pub(super) fn of(repo: &Repo, refs: &[(Oid, String)]) -> Option<Self> {
        let mut objects = BTreeMap::new();
        for (oid, _) in refs {
            let mut next = *oid;
            for kind in [ObjectKind::Tag, ObjectKind::Tag, ObjectKind::Commit] {
                let object = repo.object(next).ok().filter(|object| object.kind == kind)?;
                if kind == ObjectKind::Tag {
                    next = target(&object)?;
                }
                objects.insert(Repo::name_of(kind, &object.bytes), object);
            }
        }
        let folder = tempfile::tempdir().ok()?;
        backend::fill(folder.path(), objects.values()).ok()?;
        Some(Self(folder))
    }

    pub(super) fn objects(&self) -> PathBuf {
        self.0.path().join("objects")
    }
}

/// What a tag points at.
fn target(object: &RawObject) -> Option<Oid> {
    let first = object.bytes.split(|&b| b == b'\n').next()?;
    std::str::from_utf8(first).ok()?.strip_prefix("object ")?.parse().ok()
}
