//! Two versions of one prompt side by side, for people: what changed in meaning, then in words.
//!
//! Nothing is rendered or called here; renderings and prices are handed in.

pub mod fact;
pub mod html;
pub mod json;
mod lines;
pub mod markdown;
mod messages;
pub mod rendered;
pub mod section;
mod sheet;
pub mod terminal;
pub mod texts;
mod words;

pub use fact::Fact;
pub use html::html;
pub use json::json;
pub use markdown::markdown;
pub use rendered::{Pair, Rendered};
pub use section::{Hunk, Line, Mark, Part, Section, State};
pub use terminal::{Look, terminal};
pub use texts::Texts;

use std::collections::BTreeSet;

use policy::Price;
use prompt::{Compiled, Prompt};
use source::{PromptId, Version};

use crate::contract::{Contract, Oracle, Terms, compare};
use crate::cost::Cost;

/// One version of a prompt.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// How the reader asked for it: `v:2.1.0`, `env:prod`, `the worktree`.
    pub label: &'a str,
    /// The file.
    pub prompt: &'a Prompt,
    /// What it compiles to.
    pub compiled: &'a Compiled,
    /// What its model costs, where policy says so.
    pub price: Option<&'a Price>,
}

/// What changed between two versions of a prompt.
#[derive(Debug, Clone)]
pub struct Diff {
    /// The prompt.
    pub id: PromptId,
    /// The two sides as the reader knows them.
    pub labels: [String; 2],
    /// Their versions.
    pub versions: [Version; 2],
    /// Front matter by meaning.
    pub facts: Vec<Fact>,
    /// Messages, in order.
    pub messages: Vec<Section>,
    /// Blocks that either side reaches; none where they are shown in place.
    pub blocks: Vec<Section>,
    /// What a model would see, by what differs: [`Diff::set_rendered`].
    pub rendered: Vec<Rendered>,
    /// What a call sends and costs.
    pub costs: [Cost; 2],
    /// What callers notice.
    pub contract: Contract,
}

/// Compares two versions.
pub fn diff(old: Side<'_>, new: Side<'_>, texts: Texts, oracle: Oracle<'_>) -> Diff {
    Diff {
        id: new.prompt.id.clone(),
        labels: [old.label.to_owned(), new.label.to_owned()],
        versions: [old, new].map(|side| side.prompt.front_matter.version.clone()),
        facts: fact::facts(&sheet::of(old.prompt, old.compiled), &sheet::of(new.prompt, new.compiled)),
        messages: messages::sections(old.compiled, new.compiled, texts),
        blocks: if texts == Texts::Apart { blocks(old.compiled, new.compiled) } else { Vec::new() },
        rendered: Vec::new(),
        costs: [old, new].map(|side| Cost::of(side.compiled, side.price)),
        contract: compare(&Terms::of(old.prompt, old.compiled), &Terms::of(new.prompt, new.compiled), oracle),
    }
}

impl Diff {
    /// Whether the two versions differ in nothing that is shown.
    pub fn is_empty(&self) -> bool {
        let mut sections = self.messages.iter().chain(&self.blocks);
        self.facts.is_empty() && sections.all(|s| s.state == State::Same) && self.contract.changes.is_empty()
    }
}

fn blocks(old: &Compiled, new: &Compiled) -> Vec<Section> {
    let names: BTreeSet<_> = old.blocks.keys().chain(new.blocks.keys()).collect();
    let section = |name: &source::BlockName| {
        let text = |of: &Compiled| of.blocks.get(name).map(|text| text.to_string());
        Section::compare(name.as_str(), text(old).as_deref(), text(new).as_deref())
    };
    names.into_iter().map(section).collect()
}
