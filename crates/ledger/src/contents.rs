//! What commits hold of prompts and of policy, compiled from raw blobs of mode 100644, never from a worktree.

use policy::Policy;
use policy::policy::{DigestError, documents_digest};
use prompt::stack::{self, Task};
use prompt::{CompileError, Compiled, Prompt};
use source::{Digest, Files, Objects, PromptId, ReadError, Risk, Snapshot, Version};

use crate::ObjectId;
use crate::record::Root;

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

impl std::fmt::Display for ContentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Missing(why) | Self::Unusable(why) | Self::Unreadable(why)) = self;
        f.write_str(why)
    }
}

impl PromptFacts {
    /// The facts of a compiled prompt.
    pub fn of(prompt: &Prompt, compiled: &Compiled) -> Self {
        let front = &prompt.front_matter;
        Self { content: compiled.digest(), version: front.version.clone(), risk: front.risk }
    }
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

    /// What [`Contents::policy`] says of each, at once; `None` for one that it refuses, or must be asked for by itself.
    fn policies(&self, wanted: &[(ObjectId, Root)]) -> Vec<Option<PolicyFacts>> {
        wanted.iter().map(|_| None).collect()
    }
}

/// The content of commits that a repository holds.
pub struct CommitContents<'a>(pub &'a dyn Objects);

impl CommitContents<'_> {
    /// The prompt `id` in `commit`, below `root`, compiled.
    pub fn compile(&self, commit: &ObjectId, root: &Root, id: &PromptId) -> Result<(Prompt, Compiled), ContentError> {
        let files = self.files(commit, root)?;
        prompt::compile_from(&*files, id).map_err(|e| match e {
            CompileError::Read(e) if e.missing => ContentError::Missing(e.to_string()),
            CompileError::Read(e) => ContentError::Unreadable(e.to_string()),
            other => ContentError::Unusable(other.to_string()),
        })
    }

    fn files(&self, commit: &ObjectId, root: &Root) -> Result<Box<dyn Files + '_>, ContentError> {
        match self.0.files(commit, root.folder()) {
            Ok(Some(files)) => Ok(files),
            Ok(None) => Err(ContentError::Missing(format!("commit {commit} or a folder of it"))),
            Err(e) => Err(ContentError::Unreadable(e.to_string())),
        }
    }
}

impl Contents for CommitContents<'_> {
    fn prompt(&self, commit: &ObjectId, root: &Root, id: &PromptId) -> Result<PromptFacts, ContentError> {
        let (prompt, compiled) = self.compile(commit, root, id)?;
        Ok(PromptFacts::of(&prompt, &compiled))
    }

    fn policy(&self, commit: &ObjectId, root: &Root) -> Result<PolicyFacts, ContentError> {
        policy_of(&*self.files(commit, root)?)
    }

    /// A repository belongs to one thread; the files that it gave are parsed on all of them.
    fn policies(&self, wanted: &[(ObjectId, Root)]) -> Vec<Option<PolicyFacts>> {
        let read = wanted.iter().map(|(commit, root)| whole(&*self.files(commit, root).ok()?).ok());
        let snapshots: Vec<Option<Snapshot>> = read.collect();
        let tasks: Vec<Task<'_, _>> =
            snapshots.iter().map(|files| Box::new(move || policy_of(files.as_ref()?).ok()) as Task<'_, _>).collect();
        stack::each(&tasks)
    }
}

fn policy_of(files: &dyn Files) -> Result<PolicyFacts, ContentError> {
    let documents = documents_digest(files).map_err(|e| match e {
        DigestError::Read(e) if e.missing => ContentError::Missing(e.to_string()),
        other => ContentError::Unusable(other.to_string()),
    })?;
    let loaded = Policy::load(files);
    match loaded.policy {
        Some(policy) => Ok(PolicyFacts { policy, documents }),
        None => Err(ContentError::Unusable(match loaded.findings.first() {
            Some(f) => format!("{}: {}", f.at.path(), f.message),
            None => "there is no policy".to_owned(),
        })),
    }
}

/// Every file below `policies/`, as a value.
fn whole(files: &dyn Files) -> Result<Snapshot, ReadError> {
    let mut snapshot = Snapshot::default();
    for path in files.paths_below("policies")? {
        if let Some(file) = files.file(&path)? {
            snapshot.files.insert(path, file);
        }
    }
    Ok(snapshot)
}
