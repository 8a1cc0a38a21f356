//! Trees as git stores them.

use source::Mode;

use crate::{Error, Oid, Result};

/// One line of a tree.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    pub(crate) oid: Oid,
}

/// What a line of a tree leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Folder,
    File(Mode),
}

/// Reads a tree object: lines of `<mode> <name> NUL <20 bytes>`.
pub(crate) fn parse(oid: Oid, mut bytes: &[u8]) -> Result<Vec<Entry>> {
    let broken = |why: &str| Error::CorruptObject { oid, why: why.to_owned() };
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|&b| b == b' ').ok_or_else(|| broken("a line of the tree has no mode"))?;
        let nul = bytes.iter().position(|&b| b == 0).ok_or_else(|| broken("a line of the tree has no end"))?;
        if nul < space || bytes.len() < nul + 21 {
            return Err(broken("a line of the tree is cut short"));
        }
        let kind = kind(&bytes[..space]).ok_or_else(|| broken("a line of the tree has an unknown mode"))?;
        let oid = Oid::from_bytes(&bytes[nul + 1..nul + 21]).expect("21 bytes were counted");
        entries.push(Entry { name: String::from_utf8_lossy(&bytes[space + 1..nul]).into_owned(), kind, oid });
        bytes = &bytes[nul + 21..];
    }
    Ok(entries)
}

fn kind(mode: &[u8]) -> Option<EntryKind> {
    let text = std::str::from_utf8(mode).ok()?;
    match u32::from_str_radix(text, 8).ok()? {
        0o040_000 => Some(EntryKind::Folder),
        mode => file_mode(mode).map(EntryKind::File),
    }
}

/// git's number for a file as a [`Mode`].
pub(crate) fn file_mode(mode: u32) -> Option<Mode> {
    match mode {
        // Old tools wrote group-writable files as 100664; git itself reads them as 100644.
        0o100_644 | 0o100_664 => Some(Mode::Regular),
        0o100_755 => Some(Mode::Executable),
        0o120_000 => Some(Mode::Symlink),
        0o160_000 => Some(Mode::Submodule),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_tree_is_too_strange(bytes: Vec<u8>) {
            let oid = Oid::from_bytes(&[0; 20]).unwrap();
            let _ = parse(oid, &bytes);
        }

        #[test]
        fn lines_read_back(names in proptest::collection::vec("[a-zA-Z0-9._-]{1,12}", 0..8)) {
            let oid = Oid::from_bytes(&[7; 20]).unwrap();
            let line = |name: &String| [b"100644 ", name.as_bytes(), b"\0", &[7; 20]].concat();
            let bytes: Vec<u8> = names.iter().flat_map(line).collect();
            let read: Vec<_> = parse(oid, &bytes).unwrap().into_iter().map(|e| e.name).collect();
            proptest::prop_assert_eq!(read, names);
        }
    }
}
