//! A folder of objects that holds what a push is about and nothing else.
//!
//! Before it packs anything, `git push` opens every object here that the remote has a ref for, tag after tag: of ten
//! thousand tags that is a third of the whole push. A pointer or an approval is one tag that points at a release's tag,
//! which the remote has. So git is shown a folder with that tag, the release's and its commit: what else the remote has
//! is not found there, and passed over. Where the remote lacks the release after all, git meets the commit's missing
//! parts before it has sent anything; the caller then pushes with everything at hand.

use std::collections::BTreeMap;
use std::path::Path;

use crate::object::target;
use crate::{ObjectKind, Oid, RawObject, Repo};

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
        for (oid, object) in &objects {
            write(folder.path(), *oid, object).ok()?;
        }
        Some(Self(folder))
    }

    pub(super) fn objects(&self) -> &Path {
        self.0.path()
    }
}

/// The refs that those releases had whose tags these tags point at, by what they say of themselves.
pub(super) fn releases(repo: &Repo, refs: &[(Oid, String)]) -> Vec<String> {
    let release = |oid: &Oid| {
        let object = repo.object(target(&repo.object(*oid).ok()?)?).ok()?;
        let line = object.bytes.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"tag "))?;
        (object.kind == ObjectKind::Tag).then(|| format!("refs/tags/{}", String::from_utf8_lossy(line)))
    };
    let mut found: Vec<String> = refs.iter().filter_map(|(oid, _)| release(oid)).collect();
    found.sort();
    found.dedup();
    found
}

/// Writes an object as git stores one by itself: in zlib's format, here without compressing it
/// (<https://www.rfc-editor.org/rfc/rfc1950>, <https://www.rfc-editor.org/rfc/rfc1951#page-11>).
fn write(folder: &Path, oid: Oid, object: &RawObject) -> std::io::Result<()> {
    let mut plain = format!("{} {}\0", object.kind.as_str(), object.bytes.len()).into_bytes();
    plain.extend_from_slice(&object.bytes);
    let mut stored = vec![0x78, 0x01];
    let mut blocks = plain.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stored.push(u8::from(blocks.peek().is_none()));
        stored.extend_from_slice(&length.to_le_bytes());
        stored.extend_from_slice(&(!length).to_le_bytes());
        stored.extend_from_slice(block);
    }
    stored.extend_from_slice(&adler32(&plain).to_be_bytes());
    let name = oid.to_string();
    let (first, rest) = name.split_at(2);
    let place = folder.join(first);
    std::fs::create_dir_all(&place)?;
    std::fs::write(place.join(rest), stored)
}

fn adler32(bytes: &[u8]) -> u32 {
    let step = |(a, b): (u32, u32), byte: &u8| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    };
    let (a, b) = bytes.iter().fold((1, 0), step);
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_reads_what_is_stored_here() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1, 65_000, 65_535, 65_536, 200_000] {
            let bytes: Vec<u8> = (0..length).map(|n: u32| u8::try_from(n % 251).unwrap()).collect();
            let object = RawObject { kind: ObjectKind::Blob, bytes };
            let oid = Repo::name_of(object.kind, &object.bytes);
            write(folder.path(), oid, &object).unwrap();
            let git = std::process::Command::new("git")
                .args(["cat-file", "blob", &oid.to_string()])
                .env("GIT_OBJECT_DIRECTORY", folder.path())
                .output()
                .unwrap();
            assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
            assert_eq!(git.stdout, object.bytes);
        }
    }
}
