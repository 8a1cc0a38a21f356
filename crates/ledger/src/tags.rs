//! What the ledger reads of a repository: refs by prefix, objects by id, the content of commits.

use policy::Policy;
use source::{Digest, PromptId, Risk, Version};

use crate::record::Root;
use crate::{ObjectId, ObjectKind};

/// A raw object.
#[derive(Debug, Clone)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its bytes, without git's own header.
    pub bytes: Vec<u8>,
}

/// Why the repository could not be read at all. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read the repository: {0}")]
pub struct Unreadable(pub String);

/// The repository's refs and objects.
///
/// Implementations read raw: no replacement objects, no grafts, no lazy fetching.
pub trait Tags {
    /// Every ref whose whole name starts with `prefix`, with the id it holds, sorted by name.
    fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, Unreadable>;

    /// The object `id`, of at most `limit` bytes; `None` where it is not here.
    ///
    /// A larger object is returned cut after `limit` + 1 bytes, so that the caller sees that it is too large.
    fn object(&self, id: &ObjectId, limit: usize) -> Result<Option<Object>, Unreadable>;

    /// Whether the refs are known to be all that the remote has (just fetched), or there is no remote.
    ///
    /// Then an entry that cites a policy nobody has is forged; otherwise it may just not be here.
    fn is_complete(&self) -> bool;
}

/// Why what a commit holds cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentError {
    /// An object is not here: a shallow or partial clone.
    Missing(String),
    /// Everything is here, and it is no usable prompt or policy.
    Unusable(String),
    /// The repository could not be read.
    Unreadable(String),
}

/// What a commit holds of one prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptFacts {
    /// The content digest, compiled from raw blobs.
    pub content: Digest,
    /// The version in the front matter.
    pub version: Version,
    /// The risk in the front matter.
    pub risk: Risk,
}

/// What a commit holds of policy.
#[derive(Debug, Clone)]
pub struct PolicyFacts {
    /// The documents, parsed and validated.
    pub policy: Policy,
    /// The digest over every file below `policies/`.
    pub documents: Digest,
}

/// The content of commits, always from raw blobs of mode 100644, never from a worktree.
pub trait Contents {
    /// The prompt `id` in `commit`, below `root`.
    fn prompt(&self, commit: &ObjectId, root: &Root, id: &PromptId) -> Result<PromptFacts, ContentError>;

    /// The policy in `commit`, below `root`.
    fn policy(&self, commit: &ObjectId, root: &Root) -> Result<PolicyFacts, ContentError>;
}
