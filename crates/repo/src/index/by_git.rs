//! The index as git itself reads it: for sparse and split ones, and later versions.

use std::collections::HashSet;
use std::path::Path;

use crate::backend::IndexEntry;
use crate::git::Reach;
use crate::{Error, Oid, Repo, Result};

impl Repo {
    /// The entries of an index file as git reads it.
    pub(super) fn index_by_git(&self, file: &Path) -> Result<Vec<IndexEntry>> {
        let listed = self.git_with_index(file, &["ls-files", "-t", "--stage", "-z", "--full-name"])?;
        let mut entries = listed
            .split(|&b| b == 0)
            .filter(|line| !line.is_empty())
            .map(|line| parse(line).ok_or_else(|| Error::read(file, &std::io::Error::other("git listed no entry"))))
            .collect::<Result<Vec<_>>>()?;
        // The list does not say which entries are only announced. They have the empty blob; git tells those apart
        // by listing them as added in the worktree.
        let empty = Self::name_of(crate::ObjectKind::Blob, b"");
        if entries.iter().any(|e| e.oid == empty) {
            let added = self.git_with_index(file, &["diff-files", "--name-only", "--diff-filter=A", "-z"])?;
            let added: HashSet<&[u8]> = added.split(|&b| b == 0).collect();
            for entry in &mut entries {
                entry.intended = entry.oid == empty && added.contains(entry.path.as_slice());
            }
        }
        Ok(entries)
    }

    fn git_with_index(&self, file: &Path, args: &[&str]) -> Result<Vec<u8>> {
        let git = self.git.with("GIT_INDEX_FILE", file.as_os_str());
        let ended = git.run(Reach::Local, args, None)?;
        if ended.success() { Ok(ended.stdout) } else { Err(ended.failure()) }
    }
}

/// `<tag> <mode> <oid> <stage> TAB <path>`, the tag `S` for what a sparse checkout leaves out.
fn parse(line: &[u8]) -> Option<IndexEntry> {
    let tab = line.iter().position(|&b| b == b'\t')?;
    let mut fields = std::str::from_utf8(&line[..tab]).ok()?.split(' ');
    let skipped = fields.next()? == "S";
    let mode = u32::from_str_radix(fields.next()?, 8).ok()?;
    let oid: Oid = fields.next()?.parse().ok()?;
    let stage = fields.next()?.parse().ok()?;
    Some(IndexEntry { path: line[tab + 1..].to_vec(), mode, oid, stage, intended: false, skipped })
}
