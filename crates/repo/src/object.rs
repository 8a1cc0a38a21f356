//! Objects as raw bytes, and the two kinds that this program writes.

use source::ObjectKind;

use crate::{Error, Oid, RawObject, Repo, Result, backend};

/// The largest tag object accepted: a payload of 64 KiB, its armor and room to spare.
pub const TAG_CAP: u64 = 80 * 1024;

/// The largest blob accepted.
pub const OBJECT_CAP: u64 = 256 * 1024 * 1024;

/// The largest tree or commit accepted.
const NODE_CAP: u64 = 32 * 1024 * 1024;

/// How large an object of this kind may be.
pub(crate) fn cap(kind: ObjectKind) -> u64 {
    match kind {
        ObjectKind::Tag => TAG_CAP,
        ObjectKind::Blob => OBJECT_CAP,
        ObjectKind::Tree | ObjectKind::Commit => NODE_CAP,
    }
}

/// What a tag points at.
pub(crate) fn target(tag: &RawObject) -> Option<Oid> {
    let first = tag.bytes.split(|&b| b == b'\n').next()?;
    std::str::from_utf8(first).ok()?.strip_prefix("object ")?.parse().ok()
}

impl Repo {
    /// The object `oid`, at most [`TAG_CAP`] bytes of a tag, [`OBJECT_CAP`] of a blob and 32 MiB of anything else.
    ///
    /// Its name is recomputed from its bytes, wherever it is stored; replacements are never followed.
    pub fn object(&self, oid: Oid) -> Result<RawObject> {
        self.backend.object(oid, &cap)
    }

    /// The bytes of `oid`, which must be of `kind`.
    pub fn object_of(&self, oid: Oid, kind: ObjectKind) -> Result<Vec<u8>> {
        let object = self.object(oid)?;
        if object.kind != kind {
            return Err(Error::WrongKind { oid, wanted: kind.as_str(), found: object.kind.as_str() });
        }
        Ok(object.bytes)
    }

    /// What `oid` is, read from its header only: tells a lightweight tag from an annotated one.
    pub fn kind(&self, oid: Oid) -> Result<ObjectKind> {
        self.backend.header(oid).map(|(kind, _)| kind)
    }

    /// Stores a tag object, signature included, exactly as given. No ref leads to it yet.
    pub fn write_tag(&self, bytes: &[u8]) -> Result<Oid> {
        self.backend.write(ObjectKind::Tag, bytes)
    }

    /// Stores a blob. No ref leads to it yet.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<Oid> {
        self.backend.write(ObjectKind::Blob, bytes)
    }

    /// The name under which git would store these bytes; nothing is written.
    pub fn name_of(kind: ObjectKind, bytes: &[u8]) -> Oid {
        backend::name_of(kind, bytes)
    }
}
