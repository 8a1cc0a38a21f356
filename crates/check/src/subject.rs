//! What is judged, with everything that rules may ask about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::Policy;
use prompt::schema::Validator;
use prompt::{Catalog, Prompt, stack};
use serde_json::Value;
use source::{Finding, Place, PromptId, Snapshot, Timestamp, Version};

use crate::contents::{Content, Contents};
use crate::contract::{Contract, Terms, compare};
use crate::history::History;

/// One snapshot with the policy, the history and the day it is judged by. Composed once, then only read.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The files.
    pub snapshot: &'a Snapshot,
    /// Its prompts, blocks and routes, composed.
    pub contents: &'a Contents<'a>,
    /// The policy; `None` where its documents cannot be used.
    pub policy: Option<&'a Policy>,
    /// The policy of the base, where it is another one: it judges too.
    pub base: Option<BasePolicy<'a>>,
    /// What was released.
    pub history: &'a History,
    /// The moment of judging.
    pub now: Timestamp,
    /// What other readers found (policies, suites), to be levelled with the rest.
    pub found: Vec<Finding>,
    compared: Arc<BTreeMap<PromptId, Compared<'a>>>,
}

/// A policy that judges beside the snapshot's own, so that a branch cannot talk itself clean.
#[derive(Debug, Clone)]
pub struct BasePolicy<'a> {
    /// The revision it stands in, as a user would name it.
    pub name: String,
    /// It; `None` where its documents cannot be used, so that every rule keeps its default.
    pub policy: Option<&'a Policy>,
}

/// A prompt held against its base.
#[derive(Debug)]
pub struct Compared<'a> {
    /// The version of its base.
    pub version: &'a Version,
    /// What changed since.
    pub contract: Contract,
}

impl<'a> Subject<'a> {
    /// Gathers what is judged, and compares every prompt whose base `history` holds.
    pub fn new(
        snapshot: &'a Snapshot,
        contents: &'a Contents<'a>,
        policy: Option<&'a Policy>,
        history: &'a History,
        now: Timestamp,
    ) -> Self {
        let all: Vec<(&PromptId, &Content)> = contents.iter().collect();
        let compared = stack::for_each(&all, |(id, content)| {
            let prompt = contents.catalog.prompt(id)?;
            let terms = Terms::of_content(prompt, content);
            if let Some(base) = history.base(id, &prompt.front_matter.version) {
                let contract = compare(&base.terms, &terms, &validator);
                return Some(((*id).clone(), Compared { version: &base.version, contract }));
            }
            // What it sent when its template could not be read, nobody can tell; what callers were promised is there.
            let front = history.broken_base(id)?;
            let contract = compare(&Terms::promised(front, &terms), &terms, &validator);
            Some(((*id).clone(), Compared { version: &front.version, contract }))
        });
        let compared = Arc::new(compared.into_iter().flatten().collect());
        Self { snapshot, contents, policy, base: None, history, now, found: Vec::new(), compared }
    }

    /// Judged by the policy of a base as well.
    #[must_use]
    pub fn with_base(mut self, base: Option<BasePolicy<'a>>) -> Self {
        self.base = base;
        self
    }

    /// The same, judged by `policy` and no other.
    #[must_use]
    pub fn with_policy(&self, policy: Option<&'a Policy>) -> Self {
        let (found, compared) = (self.found.clone(), Arc::clone(&self.compared));
        Self { policy, base: None, found, compared, ..*self }
    }

    /// With what other readers found in the same snapshot.
    #[must_use]
    pub fn with_findings(mut self, found: impl IntoIterator<Item = Finding>) -> Self {
        self.found.extend(found);
        self
    }

    /// The catalog.
    pub fn catalog(&self) -> &'a Catalog {
        self.contents.catalog
    }

    /// What `prompt` compiles to, where it does.
    pub fn content(&self, prompt: &Prompt) -> Option<&'a Content> {
        self.contents.get(&prompt.id)
    }

    /// `prompt` held against its base; `None` where there is none or it was not handed in.
    pub fn compared(&self, prompt: &Prompt) -> Option<&Compared<'a>> {
        self.compared.get(&prompt.id)
    }

    /// `prompt` held against another version that was handed in.
    pub(crate) fn against(&self, prompt: &Prompt, content: &Content, version: &Version) -> Option<Contract> {
        let base = self.history.read(&prompt.id, version)?;
        Some(compare(&base.terms, &Terms::of_content(prompt, content), &validator))
    }
}

/// Whether `schema` accepts `value`, says the validator that judges inputs and answers at run time.
pub fn validator(schema: &Value, value: &Value) -> Option<bool> {
    Validator::new(schema).ok().map(|validator| validator.accepts(value))
}

/// Where the value at `keys` stands in the front matter; the start of the file where there is none.
pub(crate) fn at(prompt: &Prompt, keys: &[&str]) -> Place {
    prompt.value_place(keys).unwrap_or_else(|| Place::whole(&prompt.text))
}
