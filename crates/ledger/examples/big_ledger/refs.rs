//! Refs as git keeps them: one sorted list, and files for the newest.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use ledger::ObjectId;

use crate::Outcome;

/// A tag of the ledger.
pub(crate) struct Named {
    /// Without `refs/tags/`.
    pub(crate) name: String,
    pub(crate) id: ObjectId,
    pub(crate) peeled: ObjectId,
}

/// Writes every tag into packed-refs, but those that `is_loose` picks into files of their own.
pub(crate) fn write(git_dir: &Path, mut named: Vec<Named>, is_loose: impl Fn(&str) -> bool) -> Outcome<()> {
    named.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
    let mut out = BufWriter::with_capacity(1 << 20, File::create(git_dir.join("packed-refs"))?);
    out.write_all(b"# pack-refs with: peeled fully-peeled sorted \n")?;
    for tag in &named {
        if is_loose(&tag.name) {
            let file = git_dir.join("refs/tags").join(&tag.name);
            std::fs::create_dir_all(file.parent().ok_or("a tag lies in a folder")?)?;
            std::fs::write(file, format!("{}\n", tag.id))?;
        } else {
            write!(out, "{} refs/tags/{}\n^{}\n", tag.id, tag.name, tag.peeled)?;
        }
    }
    out.flush()?;
    Ok(())
}
