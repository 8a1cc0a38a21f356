//! What is judged, with everything that rules may ask about it.

use std::collections::BTreeMap;

use policy::Policy;
use prompt::schema::Validator;
use prompt::{Catalog, Prompt, stack};
use serde_json::Value;
use source::{Finding, Place, PromptId, Snapshot, Timestamp};

use crate::contents::{Content, Contents};
use crate::contract::{Contract, Terms, compare};
use crate::history::{Base, History};

/// One snapshot with the policy, the history and the day it is judged by. Composed once, then only read.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The files.
    pub snapshot: &'a Snapshot,
    /// Its prompts, blocks and routes, composed.
    pub contents: &'a Contents<'a>,
    /// The policy; `None` where its documents cannot be used.
    pub policy: Option<&'a Policy>,
    /// What was released.
    pub history: &'a History,
    /// The moment of judging.
    pub now: Timestamp,
    /// What other readers found (policies, suites), to be levelled with the rest.
    pub found: Vec<Finding>,
    compared: BTreeMap<PromptId, Compared<'a>>,
}

/// A prompt held against its base.
#[derive(Debug)]
pub struct Compared<'a> {
    /// The base.
    pub base: &'a Base,
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
            let base = history.base(id)?;
            let contract = compare(&base.terms, &Terms::of_content(prompt, content), &validator);
            Some(((*id).clone(), Compared { base, contract }))
        });
        let compared = compared.into_iter().flatten().collect();
        Self { snapshot, contents, policy, history, now, found: Vec::new(), compared }
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
}

/// Whether `schema` accepts `value`, says the validator that judges inputs and answers at run time.
pub fn validator(schema: &Value, value: &Value) -> Option<bool> {
    Validator::new(schema).ok().map(|validator| validator.accepts(value))
}

/// Where the value at `keys` stands in the front matter; the start of the file where there is none.
pub(crate) fn at(prompt: &Prompt, keys: &[&str]) -> Place {
    prompt.value_place(keys).unwrap_or_else(|| Place::whole(&prompt.text))
}
