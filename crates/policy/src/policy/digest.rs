//! The digest of the documents that a policy entry binds.

use source::{Digest, Files, Mode, ReadError};

/// Why `policies/` has no digest. Displays as a fragment that fits after "could not …".
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file is something else than a regular file of mode 100644.
    #[error("take `{0}` into policy: every file under policies/ must be a regular file of mode 100644")]
    Mode(String),
    /// There is nothing.
    #[error("find any file under policies/")]
    Empty,
}

/// SHA-256 over the lines `<size> <sha256> <path>\n`, sorted bytewise by path, of every file under `policies/`.
///
/// Paths are those below the prompt root: `policies/policy.yaml`.
pub fn documents_digest(files: &dyn Files) -> Result<Digest, DigestError> {
    let mut paths = files.paths_below("policies")?;
    paths.sort_by(|a, b| a.as_str().as_bytes().cmp(b.as_str().as_bytes()));
    let mut lines = String::new();
    for path in &paths {
        let missing =
            || ReadError { path: path.to_string(), why: "it is listed, but not there".to_owned(), missing: true };
        let file = files.file(path)?.ok_or_else(missing)?;
        if file.mode != Mode::Regular {
            return Err(DigestError::Mode(path.to_string()));
        }
        lines.push_str(&format!("{} {} {path}\n", file.bytes.len(), Digest::of(&file.bytes)));
    }
    if lines.is_empty() { Err(DigestError::Empty) } else { Ok(Digest::of(lines.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::{File, RepoPath, Snapshot};

    #[test]
    fn every_byte_name_and_mode_counts() {
        let one = Snapshot::of_texts("t", [("policies/b.yaml", "b"), ("policies/a/x.yaml", ""), ("prompts/p.md", "p")]);
        let expected = format!("0 {} policies/a/x.yaml\n1 {} policies/b.yaml\n", Digest::of(b""), Digest::of(b"b"));
        assert_eq!(documents_digest(&one).unwrap(), Digest::of(expected.as_bytes()));
        let mut other = one.clone();
        let path = RepoPath::new("policies/b.yaml").unwrap();
        other.files.insert(path, File { mode: Mode::Executable, bytes: b"b".as_slice().into() });
        assert!(matches!(documents_digest(&other), Err(DigestError::Mode(_))));
        assert!(matches!(documents_digest(&Snapshot::default()), Err(DigestError::Empty)));
    }
}
