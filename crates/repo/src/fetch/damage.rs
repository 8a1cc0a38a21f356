//! When git dies of an object of ours that it cannot read: that is not the remote's doing, nor mended by asking it again.

use std::path::Path;

use super::LEDGERS;
use crate::{Error, Oid, Repo};

/// What git's words hold where it could not read an object that lies here.
const SIGNS: [&str; 6] =
    ["inflate:", "bad object", "is corrupt", "delta", "unpack-objects failed", "all necessary objects"];

impl Repo {
    /// The damage here that a fetch died of with these words; `None` where there is none, so that the remote is to blame.
    pub(super) fn damage(&self, words: &str) -> Option<Error> {
        let own: Vec<&str> = words.lines().filter(|line| !line.starts_with("remote:")).collect();
        // git names a file of its own: `…is corrupt` with `(stored in FILE)`, or `…base object … from FILE`.
        let stored = |line: &str| line.split_once("(stored in ")?.1.split_once(')').map(|(path, _)| path.to_owned());
        let from =
            |line: &str| line.split_once(" base object ")?.1.split_once(" from ").map(|(_, path)| path.to_owned());
        let file = own.iter().find_map(|line| stored(line).or_else(|| from(line)));
        if let Some(path) = file.filter(|path| Path::new(path).exists()) {
            return Some(Error::Damaged(path.into()));
        }
        let is_sign = |line: &&str| SIGNS.iter().any(|sign| line.contains(sign));
        if !own.is_empty() && !own.iter().any(is_sign) {
            return None;
        }
        let tags = LEDGERS.iter().filter_map(|prefix| self.tags(prefix).ok()).flatten();
        let damaged =
            tags.filter_map(|tag| self.object(tag.oid).err()).find(|e| matches!(e, Error::CorruptObject { .. }));
        damaged.map(|error| match &error {
            Error::CorruptObject { oid, .. } => self.loose(*oid).map_or(error, Error::Damaged),
            _ => error,
        })
    }

    /// The file of its own that holds an object.
    fn loose(&self, oid: Oid) -> Option<std::path::PathBuf> {
        let (folder, name) = (oid.to_string()[..2].to_owned(), oid.to_string()[2..].to_owned());
        let places = super::all(self.common_dir()).into_iter().chain([self.common_dir().to_owned()]);
        places.map(|place| place.join("objects").join(&folder).join(&name)).find(|path| path.is_file())
    }
}
