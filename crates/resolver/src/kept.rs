//! The content of commits, each prompt compiled once: a verdict on it and the answer are made from the same bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ledger::contents::{ContentError, PolicyFacts, PromptFacts};
use ledger::record::Root;
use ledger::{CommitContents, Contents, ObjectId};
use prompt::Compiled;
use repo::Repo;
use source::PromptId;

/// How many compiled prompts are kept: more than one process asks for, so that none grows without end.
const MOST: usize = 512;

/// What was compiled, by commit, prompt root and prompt. A commit's id is recomputed from its bytes when they are read,
/// and so is everything that it leads to, so what it holds cannot change.
#[derive(Default)]
pub(crate) struct Compilations(RefCell<BTreeMap<Where, (PromptFacts, Compiled)>>);

/// A prompt in a commit: the commit, its prompt root, the id.
type Where = (ObjectId, String, PromptId);

/// The contents of a repository's commits.
pub(crate) struct Kept<'a> {
    pub(crate) repo: &'a Repo,
    pub(crate) compilations: &'a Compilations,
}

impl Kept<'_> {
    /// The prompt as it was compiled for the verdict, or now.
    pub(crate) fn compiled(&self, commit: &ObjectId, root: &Root, id: &PromptId) -> Result<Compiled, ContentError> {
        self.look(commit, root, id).map(|(_, compiled)| compiled)
    }

    fn look(&self, commit: &ObjectId, root: &Root, id: &PromptId) -> Result<(PromptFacts, Compiled), ContentError> {
        let key = (*commit, root.to_string(), id.clone());
        if let Some(known) = self.compilations.0.borrow().get(&key) {
            return Ok(known.clone());
        }
        let (prompt, compiled) = CommitContents(self.repo).compile(commit, root, id)?;
        let found = (PromptFacts::of(&prompt, &compiled), compiled);
        let mut all = self.compilations.0.borrow_mut();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, found.clone());
        Ok(found)
    }
}

impl Contents for Kept<'_> {
    fn prompt(&self, commit: &ObjectId, root: &Root, id: &PromptId) -> Result<PromptFacts, ContentError> {
        self.look(commit, root, id).map(|(facts, _)| facts)
    }

    fn policy(&self, commit: &ObjectId, root: &Root) -> Result<PolicyFacts, ContentError> {
        CommitContents(self.repo).policy(commit, root)
    }

    fn policies(&self, wanted: &[(ObjectId, Root)]) -> Vec<Option<PolicyFacts>> {
        CommitContents(self.repo).policies(wanted)
    }
}
