//! The prompts, blocks and routes of one snapshot, parsed and composed.

mod block;
mod load;
mod prompt;
mod usage;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use source::{BlockName, Files, Finding, Place, PromptId, ReadError, RepoPath, Severity, Snapshot};

pub use block::Block;
pub use prompt::{Prompt, parse};

use crate::compose::{Blocks, Library};
use crate::{Compiled, Routes, routes, stack};

/// Everything under `prompts/` in one snapshot, or as much of it as was asked for.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    prompts: BTreeMap<PromptId, Entry>,
    library: Library,
    composed: Blocks,
    routes: Routes,
    /// Findings of block files, before composition.
    block_findings: BTreeMap<BlockName, Vec<Finding>>,
    /// Findings of other files: routes, strays, bad names.
    other_findings: Vec<Finding>,
    /// All of them together.
    findings: Vec<Finding>,
}

/// A prompt file: what could be made of it, and what is wrong with it.
#[derive(Debug, Clone, Default)]
struct Entry {
    prompt: Option<Prompt>,
    /// What could be made of a file whose front matter has faults: for finding more of them, never for compiling.
    draft: Option<Prompt>,
    findings: Vec<Finding>,
}

/// Why a prompt could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The files have faults.
    #[error("compile the prompt: {} in its files", count(.0.len()))]
    Findings(Vec<Finding>),
}

fn count(n: usize) -> String {
    if n == 1 { "1 finding".to_owned() } else { format!("{n} findings") }
}

/// A block that a prompt reaches.
#[derive(Debug, Clone)]
pub struct Reached {
    /// The blocks on a shortest way there, the block itself last.
    pub way: Vec<BlockName>,
    /// The include or import in the prompt where that way starts.
    pub from: Place,
}

impl Catalog {
    /// Parses and composes everything under `prompts/`, on several threads.
    pub fn load(snapshot: &Snapshot) -> Self {
        load::all(snapshot)
    }

    /// Parses and composes these prompts, the blocks they reach and the routes; reads nothing else.
    ///
    /// A prompt that is not there yields the finding `prompt-missing`.
    pub fn load_only<'a>(files: &dyn Files, ids: impl IntoIterator<Item = &'a PromptId>) -> Result<Self, ReadError> {
        load::only(files, ids.into_iter().collect())
    }

    /// The prompts in `snapshot` whose files or reached blocks are among `changed`, found without parsing every file.
    pub fn affected(snapshot: &Snapshot, changed: &BTreeSet<source::RepoPath>) -> Vec<PromptId> {
        load::affected(snapshot, changed)
    }

    /// The prompts whose front matter and structure could be read, by id.
    pub fn prompts(&self) -> impl Iterator<Item = &Prompt> {
        self.prompts.values().filter_map(|e| e.prompt.as_ref())
    }

    /// The prompts of which not even the front matter could be read, by id.
    pub fn unread(&self) -> impl Iterator<Item = &PromptId> {
        self.prompts.iter().filter(|(_, entry)| entry.prompt.is_none()).map(|(id, _)| id)
    }

    /// The prompts whose front matter has faults, as far as it could be read: only single values of theirs mean anything.
    pub fn drafts(&self) -> impl Iterator<Item = &Prompt> {
        self.prompts.values().filter_map(|e| e.draft.as_ref())
    }

    /// One prompt.
    pub fn prompt(&self, id: &PromptId) -> Option<&Prompt> {
        self.prompts.get(id)?.prompt.as_ref()
    }

    /// Whether there is a file for `id`, readable or not.
    pub fn holds(&self, id: &PromptId) -> bool {
        self.prompts.contains_key(id)
    }

    /// The blocks that could be read, by name.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.library.values().flatten()
    }

    /// One block.
    pub fn block(&self, name: &BlockName) -> Option<&Block> {
        self.library.get(name)?.as_ref()
    }

    /// The routes.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Everything wrong in these files, by the rules of [`crate::rules`] and of the YAML reader.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The blocks that `id` reaches by includes and imports, however many lie between.
    pub fn reach(&self, id: &PromptId) -> BTreeMap<BlockName, Reached> {
        let mut reached: BTreeMap<BlockName, Reached> = BTreeMap::new();
        let mut next = VecDeque::new();
        for template in self.prompt(id).into_iter().flat_map(Prompt::templates) {
            for used in &template.facts.uses {
                if self.library.contains_key(&used.block) && !reached.contains_key(&used.block) {
                    let first = Reached { way: vec![used.block.clone()], from: template.place(&used.at) };
                    reached.insert(used.block.clone(), first);
                    next.push_back(used.block.clone());
                }
            }
        }
        while let Some(name) = next.pop_front() {
            let (Some(block), Some(here)) = (self.block(&name), reached.get(&name).cloned()) else { continue };
            for used in &block.template.facts.uses {
                if self.library.contains_key(&used.block) && !reached.contains_key(&used.block) {
                    let way = here.way.iter().chain([&used.block]).cloned().collect();
                    reached.insert(used.block.clone(), Reached { way, from: here.from.clone() });
                    next.push_back(used.block.clone());
                }
            }
        }
        reached
    }

    /// The files of the prompts and blocks that reach any of `blocks`, which need not be there (any more), by includes and
    /// imports, however many lie between.
    pub fn users_of(&self, blocks: &BTreeSet<BlockName>) -> BTreeSet<RepoPath> {
        let mut reached: BTreeSet<&BlockName> = blocks.iter().collect();
        let mut users = BTreeSet::new();
        loop {
            let uses = |block: &&Block| block.template.facts.uses.iter().any(|used| reached.contains(&used.block));
            let more: Vec<_> = self.blocks().filter(|b| !users.contains(&b.name.path())).filter(uses).collect();
            if more.is_empty() {
                break;
            }
            users.extend(more.iter().map(|block| block.name.path()));
            reached.extend(more.iter().map(|block| &block.name));
        }
        let uses = |prompt: &&Prompt| prompt.block_names().any(|name| reached.contains(name));
        users.extend(self.prompts().filter(uses).map(|prompt| prompt.id.path()));
        users
    }

    /// Compiles one prompt; refuses with the errors where it or a block it reaches has any.
    pub fn compile(&self, id: &PromptId) -> Result<Compiled, Vec<Finding>> {
        let Some(entry) = self.prompts.get(id) else { return Err(vec![load::missing(id, self.prompts.keys())]) };
        let blocks = self.reached_names(entry.prompt.as_ref());
        let of_blocks = |findings: &BTreeMap<BlockName, Vec<Finding>>| {
            blocks.iter().filter_map(|b| findings.get(b)).flatten().cloned().collect::<Vec<_>>()
        };
        let mut errors = entry.findings.clone();
        errors.extend(of_blocks(&self.block_findings));
        errors.extend(of_blocks(&self.composed.findings));
        errors.retain(|f| f.severity == Severity::Error);
        match &entry.prompt {
            Some(prompt) if errors.is_empty() => {
                let model = prompt.model(&self.routes).map_err(|finding| match self.routes.are_unreadable() {
                    true => self.other_findings.iter().filter(|f| f.at.path() == &routes::path()).cloned().collect(),
                    false => vec![*finding],
                })?;
                let source = |name: BlockName| {
                    let source = Arc::clone(&self.library.get(&name)?.as_ref()?.template.source);
                    Some((name, source))
                };
                Ok(Compiled::new(prompt, model, blocks.into_iter().filter_map(source).collect()))
            }
            _ => Err(errors),
        }
    }

    /// Compiles every prompt that could be read, on several threads, by id.
    pub fn compile_all(&self) -> Vec<(PromptId, Result<Compiled, Vec<Finding>>)> {
        let ids: Vec<&PromptId> = self.prompts.keys().collect();
        stack::for_each(&ids, |id| ((*id).clone(), self.compile(id)))
    }

    /// Does `work` for every prompt that could be read, on several threads; the results are by id.
    pub fn map<T: Send>(&self, work: impl Fn(&Prompt) -> T + Sync) -> Vec<T> {
        let prompts: Vec<&Prompt> = self.prompts().collect();
        stack::for_each(&prompts, |p| work(p))
    }

    fn reached_names(&self, prompt: Option<&Prompt>) -> BTreeSet<BlockName> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&BlockName> = prompt.into_iter().flat_map(Prompt::block_names).collect();
        while let Some(name) = next.pop() {
            if let Some((name, block)) = self.library.get_key_value(name)
                && reached.insert(name.clone())
            {
                next.extend(block.iter().flat_map(|b| b.template.facts.uses.iter().map(|u| &u.block)));
            }
        }
        reached
    }
}

/// Compiles one prompt and reads only what it needs, with its front matter for whoever binds version and risk.
pub fn compile_from(files: &dyn Files, id: &PromptId) -> Result<(Prompt, Compiled), CompileError> {
    let catalog = Catalog::load_only(files, [id])?;
    let compiled = catalog.compile(id).map_err(CompileError::Findings)?;
    match catalog.prompt(id) {
        Some(prompt) => Ok((prompt.clone(), compiled)),
        None => Err(CompileError::Findings(vec![load::missing(id, [])])),
    }
}

#[cfg(test)]
mod tests;
