//! Refs: read by name and by prefix without reading the others, created but never moved.

mod create;
mod list;
mod loose;
mod stamp;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::backend::Locations;
use crate::{Error, Head, Oid, Result};

pub(crate) use create::create;
pub use stamp::RefStamp;

/// A ref below `refs/tags/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// Its name without `refs/tags/`.
    pub name: String,
    /// What it names: a tag object, or anything else where it is lightweight ([`Repo::kind`] tells).
    pub oid: Oid,
    /// Another object under the same name: this clone's, where `oid` is what the remote showed first.
    pub rival: Option<Oid>,
}

/// The refs of one repository on disk. A clone shares what was mapped.
#[derive(Debug, Clone)]
pub(crate) struct Refs {
    git_dir: PathBuf,
    common_dir: PathBuf,
    packed: list::Packed,
}

impl Refs {
    pub(crate) fn new(locations: &Locations) -> Self {
        Self {
            git_dir: locations.git_dir.clone(),
            common_dir: locations.common_dir.clone(),
            packed: list::Packed::of(&locations.common_dir),
        }
    }

    /// The refs of a bare repository.
    pub(crate) fn at(git_dir: &Path) -> Self {
        Self { git_dir: git_dir.to_owned(), common_dir: git_dir.to_owned(), packed: list::Packed::of(git_dir) }
    }

    pub(crate) fn head(&self) -> Result<Head> {
        let file = self.git_dir.join("HEAD");
        let text = std::fs::read_to_string(&file).map_err(|e| Error::read(&file, &e))?;
        let broken = |why: &str| Error::BrokenRef { name: "HEAD".to_owned(), why: why.to_owned() };
        match loose::parse("HEAD", text.as_bytes())? {
            loose::Target::Object(oid) => Ok(Head::Detached(oid)),
            loose::Target::Symbolic(name) => {
                let short = name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned();
                if !name.starts_with("refs/") {
                    return Err(broken("it points outside refs/"));
                }
                Ok(self.find(&name)?.map_or(Head::Unborn(short.clone()), |oid| Head::Branch(short, oid)))
            }
        }
    }

    /// What the ref with this full name names, following symbolic refs.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Oid>> {
        let mut name = name.to_owned();
        for _ in 0..5 {
            // The loose file first: a concurrent `git pack-refs` writes packed-refs before it removes the file.
            match loose::read(&self.common_dir, &name)? {
                Some(loose::Target::Object(oid)) => return Ok(Some(oid)),
                Some(loose::Target::Symbolic(next)) => name = next,
                None => return self.find_packed(&name),
            }
        }
        Err(Error::BrokenRef { name, why: "symbolic refs lead in a circle".to_owned() })
    }

    /// The ref that the symbolic ref `name` names.
    pub(crate) fn symbolic(&self, name: &str) -> Option<String> {
        match loose::read(&self.common_dir, name).ok()?? {
            loose::Target::Symbolic(to) => Some(to),
            loose::Target::Object(_) => None,
        }
    }

    /// Creates a ref in a repository that only this process writes to now; refuses one that has a file, and one that git
    /// would not create beside those that are there.
    pub(crate) fn create_alone(&self, name: &str, oid: &Oid) -> Result<()> {
        let shorter =
            name.match_indices('/').map(|(at, _)| &name[..at]).filter(|above| above.starts_with("refs/tags/"));
        let taken = shorter.map(|above| self.find(above)).find(|found| !matches!(found, Ok(None)));
        if taken.is_some() || self.find(name)?.is_some() || !self.list(&format!("{name}/"))?.is_empty() {
            return Err(Error::RefExists { name: name.to_owned() });
        }
        loose::create(&self.common_dir, name, oid)
    }

    /// Every ref whose full name starts with `prefix`, sorted by name.
    pub(crate) fn list(&self, prefix: &str) -> Result<BTreeMap<String, Oid>> {
        // Loose before packed, for the reason above; where both hold a name, the loose one counts.
        let loose = loose::list(&self.common_dir, prefix)?;
        let mut found = BTreeMap::new();
        if let Some(buffer) = self.packed.get()? {
            let entries = buffer.iter_prefixed(prefix.into()).map_err(|e| list::error(&e))?;
            for entry in entries {
                let entry = entry.map_err(|e| list::error(&e))?;
                let Ok(name) = std::str::from_utf8(entry.name.as_bstr()) else { continue };
                let oid = Oid::from_bytes(entry.target().as_bytes()).ok_or_else(|| list::error(&"an id"))?;
                found.insert(name.to_owned(), oid);
            }
        }
        found.extend(loose);
        Ok(found)
    }

    /// The first part of every tag's name, as git's folder of tags would show it; nothing is read of the tags themselves.
    pub(crate) fn tops_of_tags(&self) -> Result<BTreeSet<String>> {
        let mut tops = loose::names(&self.common_dir, "refs/tags")?;
        if let Some(buffer) = self.packed.get()? {
            let mut last = String::new();
            for entry in buffer.iter_prefixed("refs/tags/".into()).map_err(|e| list::error(&e))? {
                let entry = entry.map_err(|e| list::error(&e))?;
                let name = String::from_utf8_lossy(entry.name.as_bstr());
                let top = name.trim_start_matches("refs/tags/").split('/').next().unwrap_or_default();
                if top != last {
                    top.clone_into(&mut last);
                    tops.insert(last.clone());
                }
            }
        }
        Ok(tops)
    }

    fn find_packed(&self, name: &str) -> Result<Option<Oid>> {
        let Some(buffer) = self.packed.get()? else { return Ok(None) };
        let Ok(full) = gix_ref::FullName::try_from(name) else { return Ok(None) };
        let found = buffer.try_find(full.as_ref().as_partial_name()).map_err(|e| list::error(&e))?;
        Ok(found.and_then(|r| Oid::from_bytes(r.target().as_bytes())))
    }
}
