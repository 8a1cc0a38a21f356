//! Two versions of one prompt side by side, for people: what changed in meaning, then in words.
//!
//! Nothing is rendered or called here; renderings and prices are handed in.

pub mod fact;
pub mod html;
pub mod json;
pub mod markdown;
mod messages;
pub mod section;
mod sheet;
pub mod terminal;
pub mod texts;
mod words;

pub use fact::Fact;
pub use html::html;
pub use json::json;
pub use markdown::markdown;
pub use section::{Hunk, Line, Mark, Part, Section, State};
pub use terminal::terminal;
pub use texts::Texts;

use std::collections::BTreeSet;

use policy::Price;
use prompt::{Compiled, Message, Prompt};
use serde::Serialize;
use source::{PromptId, Version};

use crate::contract::{Contract, Oracle, Terms, compare};
use crate::tokens;

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
    /// Renderings of both sides from the same inputs.
    pub rendered: Vec<Rendered>,
    /// The fixed text in tokens.
    pub tokens: [u64; 2],
    /// US dollars for the fixed text of 1,000 calls.
    pub dollars: [Option<f64>; 2],
    /// What callers notice.
    pub contract: Contract,
}

/// What a model would see of one set of inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// The case.
    pub case: String,
    /// Its messages.
    pub messages: Vec<Section>,
}

/// Compares two versions.
pub fn diff(old: Side<'_>, new: Side<'_>, texts: Texts, oracle: Oracle<'_>) -> Diff {
    let tokens = [fixed_tokens(old.compiled), fixed_tokens(new.compiled)];
    let dollars = |side: Side<'_>, tokens: u64| side.price.map(|price| price.cost(tokens, 0) * 1_000.0);
    Diff {
        id: new.prompt.id.clone(),
        labels: [old.label.to_owned(), new.label.to_owned()],
        versions: [old, new].map(|side| side.prompt.front_matter.version.clone()),
        facts: fact::facts(&sheet::of(old.prompt, old.compiled), &sheet::of(new.prompt, new.compiled)),
        messages: messages::sections(old.compiled, new.compiled, texts),
        blocks: if texts == Texts::Apart { blocks(old.compiled, new.compiled) } else { Vec::new() },
        rendered: Vec::new(),
        tokens,
        dollars: [dollars(old, tokens[0]), dollars(new, tokens[1])],
        contract: compare(&Terms::of(old.prompt, old.compiled), &Terms::of(new.prompt, new.compiled), oracle),
    }
}

impl Diff {
    /// Adds what both sides render to for one case.
    pub fn add_rendered(&mut self, case: &str, old: &[Message], new: &[Message]) {
        let title = |m: &Message| format!("{} message", m.role);
        let count = old.len().max(new.len());
        let section = |i: usize| {
            let (a, b) = (old.get(i), new.get(i));
            let text = |m: Option<&Message>| m.map(|m| format!("{}\n", m.content));
            let title = b.or(a).map(title).unwrap_or_default();
            Section::compare(title, text(a).as_deref(), text(b).as_deref())
        };
        let messages = (0..count).map(section).collect();
        self.rendered.push(Rendered { case: case.to_owned(), messages });
    }

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

/// Tokens of all messages with their blocks in place, tags and all: close to what is sent before values come in.
fn fixed_tokens(compiled: &Compiled) -> u64 {
    compiled.messages.iter().map(|m| tokens::count(&Texts::Inlined.of(m, compiled))).sum()
}
