//! What one snapshot may hold: a hostile one ends in a refusal that names the folder, whatever it would have cost to read.
//!
//! A tree names folders and files by what they hold, and may name one of them any number of times, at any depth: a pull
//! request of a few kilobytes can mean more files than fit on any disk. So whoever walks or reads counts here first.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::worktree::FOLDERS;
use crate::{Error, Result};

/// Files and folders below each of `prompts/`, `policies/` and `evals/`.
const ENTRIES: u64 = 500_000;

/// A path is as long as an operating system opens.
const PATH_BYTES: usize = 4_096;

/// What people write, below each of the folders: prompts, blocks, policies, suites.
const DOCUMENTS: u64 = 256 << 20;

/// Rows of data and recordings, all of them.
const ROWS: u64 = 2 << 30;

/// A document that is longer is cut here: more than any rule accepts, so that it is refused for its size.
const DOCUMENT: usize = (4 << 20) + 1;

/// The same for rows of data and recordings.
const ROW_FILE: usize = (256 << 20) + 1;

/// What was counted of one snapshot so far.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    entries: [AtomicU64; FOLDERS.len()],
    documents: [AtomicU64; FOLDERS.len()],
    rows: AtomicU64,
}

impl Bounds {
    /// Counts the file or folder at `path`, which is below the prompt root.
    pub(crate) fn entry(&self, path: &str) -> Result<()> {
        if path.len() > PATH_BYTES {
            let start: String = path.chars().take(60).collect();
            return Err(too_much(&format!("{start}…"), format!("its path has more than {PATH_BYTES} bytes")));
        }
        let (at, folder) = folder(path);
        if add(&self.entries[at], 1) > ENTRIES {
            return Err(too_much(folder, format!("it holds more than {ENTRIES} files and folders")));
        }
        Ok(())
    }

    /// Counts the bytes of the file at `path`.
    pub(crate) fn bytes(&self, path: &str, bytes: usize) -> Result<()> {
        let (at, folder) = folder(path);
        if holds_rows(path) {
            if add(&self.rows, bytes as u64) > ROWS {
                return Err(too_much(folder, format!("its data and recordings have more than {ROWS} bytes together")));
            }
        } else if add(&self.documents[at], bytes as u64) > DOCUMENTS {
            return Err(too_much(folder, format!("its files have more than {DOCUMENTS} bytes together")));
        }
        Ok(())
    }
}

/// How much of the file at `path` is read.
pub(crate) fn cap(path: &str) -> usize {
    if holds_rows(path) { ROW_FILE } else { DOCUMENT }
}

/// Whether the file at `path` can be used without being held: rows, one a line or nearly so.
pub(crate) fn is_read_by_line(path: &str) -> bool {
    holds_rows(path) && !path.ends_with(".json")
}

fn holds_rows(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or("");
    path.starts_with("evals/") && ["jsonl", "ndjson", "json", "csv"].contains(&ending)
}

fn folder(path: &str) -> (usize, &str) {
    let top = path.split('/').next().unwrap_or(path);
    (FOLDERS.iter().position(|folder| *folder == top).unwrap_or(0), top)
}

fn add(count: &AtomicU64, more: u64) -> u64 {
    count.fetch_add(more, Ordering::Relaxed).saturating_add(more)
}

fn too_much(place: &str, why: String) -> Error {
    Error::TooMuch { place: place.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_counts_for_itself() {
        let bounds = Bounds::default();
        for _ in 0..ENTRIES {
            bounds.entry("prompts/a.md").unwrap();
        }
        bounds.entry("evals/a.yaml").unwrap();
        let refused = bounds.entry("prompts/b/c.md").unwrap_err();
        assert_eq!(refused.to_string(), "read prompts: it holds more than 500000 files and folders");
        assert!(refused.remedy().is_some());
    }

    #[test]
    fn rows_may_be_longer_than_what_people_write() {
        let bounds = Bounds::default();
        bounds.bytes("evals/rows.jsonl", 1 << 30).unwrap();
        bounds.bytes("evals/suite.yaml", 1 << 20).unwrap();
        assert!(bounds.bytes("evals/suite.yaml", 1 << 30).is_err());
        assert!(bounds.bytes("evals/rows.csv", 2 << 30).is_err());
        assert!(cap("evals/rows.csv") > cap("prompts/rows.csv"));
    }

    #[test]
    fn a_path_that_no_system_opens_is_refused() {
        assert!(Bounds::default().entry(&"prompts/a".repeat(500)).is_err());
    }
}
