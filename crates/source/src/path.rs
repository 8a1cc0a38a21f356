//! A file's place inside a prompt root; never absolute, never climbing.

use std::fmt;
use std::sync::Arc;

/// A relative path with `/` between its segments, as git spells it.
///
/// No segment is empty, `.` or `..`, and none holds a NUL or a backslash, so joining one to a root stays below the root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

/// Why a text is no [`RepoPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read `{0}` as a path inside the repository")]
pub struct PathError(pub String);

impl RepoPath {
    /// Reads `text`; refuses absolute paths, `.`, `..`, empty segments, NUL and backslashes.
    pub fn new(text: &str) -> Result<Self, PathError> {
        let sound = !text.is_empty()
            && text.split('/').all(|s| !s.is_empty() && s != "." && s != ".." && !s.contains(['\0', '\\']));
        if sound { Ok(Self(text.into())) } else { Err(PathError(text.to_owned())) }
    }

    /// The whole path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The part after `folder/`, where the path lies below that folder.
    pub fn below(&self, folder: &str) -> Option<&str> {
        self.0.strip_prefix(folder)?.strip_prefix('/')
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl std::borrow::Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for RepoPath {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn climbing_and_absolute_paths_are_refused() {
        for bad in ["", "/etc", "a//b", "a/../b", "./a", "a/", "a\\b", "a\0"] {
            assert!(RepoPath::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(RepoPath::new("prompts/a.md").unwrap().below("prompts"), Some("a.md"));
        assert_eq!(RepoPath::new("promptsx/a.md").unwrap().below("prompts"), None);
    }
}
