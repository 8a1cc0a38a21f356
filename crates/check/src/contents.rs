//! A catalog with everything in it composed: what each prompt compiles to, and the digest that is its identity.

use std::collections::HashMap;
use std::sync::OnceLock;

use prompt::extent::{Library, Size};
use prompt::{Catalog, Compiled, stack};
use source::{Digest, PromptId};

/// A catalog and what its prompts compile to. Made once, then only read.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// By id.
    all: Vec<(PromptId, Content)>,
    /// Where each stands there: every rule asks for every prompt, and a tree takes a dozen comparisons to answer.
    places: HashMap<PromptId, usize>,
    /// The blocks as syntax trees, parsed when they are first asked for.
    library: OnceLock<Library<'a>>,
}

/// A prompt that could be compiled.
#[derive(Debug)]
pub struct Content {
    /// The self-contained prompt.
    pub compiled: Compiled,
    /// Its digest.
    pub digest: Digest,
    extent: OnceLock<Size>,
}

impl<'a> Contents<'a> {
    /// Composes every prompt of `catalog`, on several threads.
    pub fn of(catalog: &'a Catalog) -> Self {
        let compiled: Vec<_> =
            catalog.compile_all().into_iter().filter_map(|(id, compiled)| Some((id, compiled.ok()?))).collect();
        let digests = stack::for_each(&compiled, |(_, compiled)| compiled.digest());
        let with_digest = |((id, compiled), digest)| (id, Content { compiled, digest, extent: OnceLock::new() });
        let all: Vec<_> = compiled.into_iter().zip(digests).map(with_digest).collect();
        let places = all.iter().enumerate().map(|(at, (id, _))| (id.clone(), at)).collect();
        Self { catalog, all, places, library: OnceLock::new() }
    }

    /// How much `content`, one of these, can send; found out when it is first asked for.
    pub fn extent<'c>(&self, content: &'c Content) -> &'c Size {
        let library = || self.library.get_or_init(|| Library::of_catalog(self.catalog));
        content.extent.get_or_init(|| match self.catalog.prompt(&content.compiled.id) {
            Some(prompt) => library().extent_of(prompt, &content.compiled),
            None => library().extent(&content.compiled),
        })
    }

    /// What `id` compiles to, where it does.
    pub fn get(&self, id: &PromptId) -> Option<&Content> {
        self.places.get(id).map(|&at| &self.all[at].1)
    }

    /// Every prompt that compiles, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&PromptId, &Content)> {
        self.all.iter().map(|(id, content)| (id, content))
    }
}
