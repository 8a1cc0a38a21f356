//! Objects as git packs them: one file, written once, indexed by git itself.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use ledger::ObjectId;

use crate::Outcome;

/// A tag object, ready to be packed.
pub(crate) struct Object {
    pub(crate) id: ObjectId,
    /// The commit that its target leads to in the end.
    pub(crate) peeled: ObjectId,
    packed: Vec<u8>,
}

/// git's number for annotated tags in a pack.
const TAG: u8 = 4;

impl Object {
    pub(crate) fn tag(bytes: &[u8], peeled: ObjectId) -> Outcome<Self> {
        let mut hasher = sha1dc::Hasher::new();
        hasher.update(format!("tag {}\0", bytes.len()).as_bytes());
        hasher.update(bytes);
        let id = ObjectId::from_bytes(hasher.finalize().map_err(|e| e.to_string())?.as_ref()).ok_or("20 bytes")?;
        let mut packed = header(bytes.len());
        let mut deflate = ZlibEncoder::new(&mut packed, Compression::fast());
        deflate.write_all(bytes)?;
        deflate.finish()?;
        Ok(Self { id, peeled, packed })
    }
}

/// Type and size of an object: four bits, then seven a byte.
fn header(mut size: usize) -> Vec<u8> {
    let mut bytes = vec![TAG << 4 | (size & 15) as u8];
    size >>= 4;
    while size > 0 {
        if let Some(last) = bytes.last_mut() {
            *last |= 0x80;
        }
        bytes.push((size & 127) as u8);
        size >>= 7;
    }
    bytes
}

/// A pack that is being written.
pub(crate) struct Pack {
    file: BufWriter<File>,
    path: PathBuf,
    folder: PathBuf,
    hasher: sha1dc::Hasher,
    left: usize,
}

impl Pack {
    /// A pack of exactly `count` objects for the repository in `folder`.
    pub(crate) fn begin(folder: &Path, count: usize) -> Outcome<Self> {
        let path = folder.join(".git/objects/pack/tmp_generated");
        let file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        let hasher = sha1dc::Hasher::new();
        let mut pack = Self { file, path, folder: folder.to_owned(), hasher, left: count };
        let mut head = b"PACK\0\0\0\x02".to_vec();
        head.extend_from_slice(&u32::try_from(count)?.to_be_bytes());
        pack.write(&head)?;
        Ok(pack)
    }

    pub(crate) fn add(&mut self, object: &Object) -> Outcome<()> {
        self.left = self.left.checked_sub(1).ok_or("more objects than were announced")?;
        self.write(&object.packed)
    }

    /// Closes the pack and has git index it.
    pub(crate) fn finish(mut self) -> Outcome<()> {
        if self.left > 0 {
            return Err(format!("{} objects fewer than were announced", self.left).into());
        }
        let digest = self.hasher.finalize_reset().map_err(|e| e.to_string())?;
        self.file.write_all(digest.as_ref())?;
        self.file.flush()?;
        let path = self.path.with_file_name(format!("pack-{digest}.pack"));
        std::fs::rename(&self.path, &path)?;
        let path = path.strip_prefix(&self.folder)?.display().to_string();
        crate::company::git(&self.folder, &["index-pack", &path], None)?;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Outcome<()> {
        self.hasher.update(bytes);
        Ok(self.file.write_all(bytes)?)
    }
}
