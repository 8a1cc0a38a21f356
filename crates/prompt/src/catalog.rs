//! The prompts, blocks and routes of one snapshot, parsed and composed.

use std::collections::BTreeMap;

use source::{BlockName, Files, Finding, PromptId, ReadError, Snapshot, Span, Text};

use crate::{Compiled, FrontMatter, Routes};

/// A prompt file as parsed.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Its id.
    pub id: PromptId,
    /// The whole file.
    pub text: Text,
    /// What its front matter says.
    pub front_matter: FrontMatter,
}

impl Prompt {
    /// Where the front matter's value at `path` stands, or its key where `key` is asked for.
    pub fn value_span(&self, path: &[&str]) -> Option<Span> {
        let _ = path;
        unimplemented!()
    }

    /// Where the key at the end of `path` stands.
    pub fn key_span(&self, path: &[&str]) -> Option<Span> {
        let _ = path;
        unimplemented!()
    }
}

/// A block file as parsed.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its name.
    pub name: BlockName,
    /// The whole file.
    pub text: Text,
}

/// Everything under `prompts/` in one snapshot.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    prompts: BTreeMap<PromptId, Prompt>,
    blocks: BTreeMap<BlockName, Block>,
    routes: Routes,
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

impl Catalog {
    /// Parses and composes everything under `prompts/`, on several threads.
    pub fn load(snapshot: &Snapshot) -> Self {
        let _ = snapshot;
        unimplemented!()
    }

    /// The prompts whose front matter and structure could be read, by id.
    pub fn prompts(&self) -> impl Iterator<Item = &Prompt> {
        self.prompts.values()
    }

    /// One prompt.
    pub fn prompt(&self, id: &PromptId) -> Option<&Prompt> {
        self.prompts.get(id)
    }

    /// The blocks, by name.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.values()
    }

    /// One block.
    pub fn block(&self, name: &BlockName) -> Option<&Block> {
        self.blocks.get(name)
    }

    /// The routes.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Everything wrong in these files, by the rules of [`crate::rules`] and of the YAML reader.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The blocks that `id` reaches, each with the includes that lead to it.
    pub fn reach(&self, id: &PromptId) -> BTreeMap<BlockName, Vec<BlockName>> {
        let _ = id;
        unimplemented!()
    }

    /// Compiles one prompt; refuses where it or a block it reaches has an error.
    pub fn compile(&self, id: &PromptId) -> Result<Compiled, Vec<Finding>> {
        let _ = id;
        unimplemented!()
    }

    /// Compiles every prompt, on several threads, by id.
    pub fn compile_all(&self) -> Vec<(PromptId, Result<Compiled, Vec<Finding>>)> {
        unimplemented!()
    }
}

/// Parses one prompt file on its own: what can be said without blocks and routes.
pub fn parse(id: &PromptId, text: &Text) -> (Option<Prompt>, Vec<Finding>) {
    let _ = (id, text);
    unimplemented!()
}

/// Compiles one prompt and reads only what it needs, with its front matter for whoever binds version and risk.
pub fn compile_from(files: &dyn Files, id: &PromptId) -> Result<(Prompt, Compiled), CompileError> {
    let _ = (files, id);
    unimplemented!()
}
