//! Refs that have a file of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::{Error, Oid, Result};

/// What a ref file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Object(Oid),
    Symbolic(String),
}

/// The ref with this full name, where it has a file.
pub(super) fn read(common_dir: &Path, name: &str) -> Result<Option<Target>> {
    sound(name)?;
    let file = common_dir.join(name);
    match std::fs::read(&file) {
        Ok(bytes) => parse(name, &bytes).map(Some),
        // A folder of that name holds other refs; a file where a folder should be holds a shorter ref.
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(e) => Err(Error::read(&file, &e)),
    }
}

/// Creates the file of a ref as git does: under the name of its lock, flushed to the disk, then renamed. For a repository
/// that nobody else writes to meanwhile.
pub(super) fn create(common_dir: &Path, name: &str, oid: &Oid) -> Result<()> {
    sound(name)?;
    let (file, lock) = (common_dir.join(name), common_dir.join(format!("{name}.lock")));
    let make = || {
        std::fs::create_dir_all(file.parent().unwrap_or(common_dir))?;
        let mut made = std::fs::OpenOptions::new().write(true).create_new(true).open(&lock)?;
        made.write_all(format!("{oid}\n").as_bytes())?;
        made.sync_all()?;
        std::fs::rename(&lock, &file)
    };
    // A lock that is left behind is found, and broken, by whoever comes next.
    make().map_err(|e| Error::write(&file, &e))
}

/// Every loose ref whose full name starts with `prefix`. Only folders that can hold one are read.
pub(super) fn list(common_dir: &Path, prefix: &str) -> Result<BTreeMap<String, Oid>> {
    let (folder, leaf) = prefix.rsplit_once('/').unwrap_or(("refs", ""));
    sound(folder)?;
    let mut found = BTreeMap::new();
    walk(common_dir, folder, leaf, &mut found)?;
    Ok(found)
}

/// What stands in a folder of refs, by name.
pub(super) fn names(common_dir: &Path, folder: &str) -> Result<BTreeSet<String>> {
    let path = common_dir.join(folder);
    let entries = match std::fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(BTreeSet::new()),
        Err(e) => return Err(Error::read(&path, &e)),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let names: std::io::Result<BTreeSet<String>> = names.collect();
    names.map_err(|e| Error::read(&path, &e))
}

fn walk(common_dir: &Path, folder: &str, leaf: &str, found: &mut BTreeMap<String, Oid>) -> Result<()> {
    let path = common_dir.join(folder);
    let entries = match std::fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        Err(e) => return Err(Error::read(&path, &e)),
    };
    for entry in entries {
        let entry = entry.map_err(|e| Error::read(&path, &e))?;
        let file_name = entry.file_name();
        let file_name = file_name.to_string_lossy();
        // A lock left behind by a process that died is no ref.
        if !file_name.starts_with(leaf) || file_name.ends_with(".lock") {
            continue;
        }
        let name = format!("{folder}/{file_name}");
        let kind = entry.file_type().map_err(|e| Error::read(&entry.path(), &e))?;
        if kind.is_dir() {
            walk(common_dir, &name, "", found)?;
        } else if let Some(target) = read(common_dir, &name)? {
            match target {
                Target::Object(oid) => drop(found.insert(name, oid)),
                // Among branches another name for one of them, as `refs/remotes/origin/HEAD` in every clone; among tags a fault.
                Target::Symbolic(_) if !name.starts_with("refs/tags/") => {}
                Target::Symbolic(to) => {
                    return Err(Error::BrokenRef { name, why: format!("it is symbolic, for {to}") });
                }
            }
        }
    }
    Ok(())
}

/// Reads what a ref file holds.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Target> {
    let broken = |why: &str| Error::BrokenRef { name: name.to_owned(), why: why.to_owned() };
    let text = std::str::from_utf8(bytes).map_err(|_| broken("it is not text"))?;
    if let Some(target) = text.strip_prefix("ref:") {
        return Ok(Target::Symbolic(target.trim().to_owned()));
    }
    match text.trim_end() {
        "" => Err(broken("its file is empty")),
        hex => hex.parse().map(Target::Object).map_err(|_| broken("it holds no object name")),
    }
}

/// A ref's name never climbs out of the folder of refs.
fn sound(name: &str) -> Result<()> {
    let climbs = name.split('/').any(|s| s.is_empty() || s == "." || s == "..") || name.contains(['\\', '\0']);
    if climbs || !(name == "refs" || name.starts_with("refs/")) {
        return Err(Error::BrokenRef { name: name.to_owned(), why: "it is no ref's name".to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_file_holds_a_name_or_another_ref() {
        let oid = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(parse("r", format!("{oid}\n").as_bytes()).unwrap(), Target::Object(oid.parse().unwrap()));
        assert_eq!(parse("r", b"ref: refs/heads/main\n").unwrap(), Target::Symbolic("refs/heads/main".to_owned()));
        for bad in ["", "\n", "4b825dc6", "\u{fffd}"] {
            assert!(parse("r", bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_stay_below_refs() {
        for bad in ["", "HEAD", "refs/../config", "refs//x", "refs/tags/./x", "/etc/passwd"] {
            assert!(sound(bad).is_err(), "{bad}");
        }
        assert!(sound("refs/tags/policy@00000001").is_ok());
    }
}
