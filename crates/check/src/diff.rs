//! Two versions of one prompt side by side, for people: what changed in meaning, then in words.
//!
//! A prompt that one side alone has is shown whole, as added or removed. Nothing is rendered or called here; renderings and
//! prices are handed in. Secrets are blotted out of all that is shown, as reports do.

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
use source::{PromptId, Timestamp, Veil, Version};

use crate::contract::{Bump, Change, Contract, Oracle, Terms, compare};
use crate::cost::Cost;
use crate::renames::Twin;

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

/// The commit that a side is read from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Origin {
    /// Its id in the short form.
    pub commit: String,
    /// When it was made.
    pub date: Option<Timestamp>,
}

/// What becomes of a prompt between two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// Both sides have it.
    Kept,
    /// Only the newer side has it.
    New,
    /// Only the older side has it.
    Removed,
}

/// Which way the reader looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From what was to what is, or will be.
    #[default]
    Forward,
    /// From what is to what was, as before a rollback.
    Back,
}

/// What changed between two versions of a prompt.
#[derive(Debug, Clone)]
pub struct Diff {
    /// The prompt.
    pub id: PromptId,
    /// The id that the older side has, where it is another one.
    pub was: Option<PromptId>,
    /// What one of the sides alone has may stand on the other under another id.
    pub twin: Option<Twin>,
    /// The two sides as the reader knows them.
    pub labels: [String; 2],
    /// Where they were read; none for files that are not committed.
    pub origins: [Option<Origin>; 2],
    /// Which way the reader looks.
    pub direction: Direction,
    /// Their versions; none where a side does not have the prompt.
    pub versions: [Option<Version>; 2],
    /// Front matter by meaning.
    pub facts: Vec<Fact>,
    /// Messages, in order.
    pub messages: Vec<Section>,
    /// Blocks that either side reaches; none where they are shown in place.
    pub blocks: Vec<Section>,
    /// What a model would see, by what differs: [`Diff::set_rendered`].
    pub rendered: Vec<Rendered>,
    /// What a call sends and costs.
    pub costs: [Option<Cost>; 2],
    /// What callers notice.
    pub contract: Contract,
}

/// Compares two versions.
pub fn diff(old: Side<'_>, new: Side<'_>, texts: Texts, oracle: Oracle<'_>) -> Diff {
    let id = &new.prompt.id;
    let was = (old.prompt.id != *id).then(|| old.prompt.id.clone());
    // The content digest holds the id; what callers notice beside another id is what is asked.
    let alike = was.as_ref().map(|_| Compiled { id: id.clone(), ..old.compiled.clone() });
    let terms = Terms::of(old.prompt, alike.as_ref().unwrap_or(old.compiled));
    Diff {
        was,
        facts: fact::facts(&sheet::of(old.prompt, old.compiled), &sheet::of(new.prompt, new.compiled)),
        contract: veiled(compare(&terms, &Terms::of(new.prompt, new.compiled), oracle)),
        ..of_sides(id, [Some(old), Some(new)], [old.label, new.label], texts)
    }
}

/// All of a prompt that the older side, known by `absent`, does not have.
pub fn new(absent: &str, side: Side<'_>, texts: Texts) -> Diff {
    Diff {
        facts: fact::stated(&sheet::of(side.prompt, side.compiled), "is"),
        contract: Contract::of_new(),
        ..of_sides(&side.prompt.id, [None, Some(side)], [absent, side.label], texts)
    }
}

/// All of a prompt that the newer side, known by `absent`, does not have any more.
pub fn removed(side: Side<'_>, absent: &str, texts: Texts) -> Diff {
    Diff {
        facts: fact::stated(&sheet::of(side.prompt, side.compiled), "was"),
        contract: Contract::of_removed(),
        ..of_sides(&side.prompt.id, [Some(side), None], [side.label, absent], texts)
    }
}

/// What does not depend on there being two sides.
fn of_sides(id: &PromptId, sides: [Option<Side<'_>>; 2], labels: [&str; 2], texts: Texts) -> Diff {
    let compiled = sides.map(|side| side.map(|side| side.compiled));
    Diff {
        id: id.clone(),
        was: None,
        twin: None,
        labels: labels.map(str::to_owned),
        origins: [None, None],
        direction: Direction::default(),
        versions: sides.map(|side| side.map(|side| side.prompt.front_matter.version.clone())),
        facts: Vec::new(),
        messages: messages::sections(compiled, texts),
        blocks: if texts == Texts::Apart { blocks(compiled) } else { Vec::new() },
        rendered: Vec::new(),
        costs: sides.map(|side| side.map(|side| Cost::of(side.compiled, side.price))),
        contract: Contract::default(),
    }
}

impl Diff {
    /// What becomes of the prompt.
    pub fn fate(&self) -> Fate {
        match &self.versions {
            [None, _] => Fate::New,
            [_, None] => Fate::Removed,
            _ => Fate::Kept,
        }
    }

    /// Whether the newer version says how much changed. One that is new has nothing to say; one that is gone cannot.
    pub fn is_announced(&self) -> bool {
        match &self.versions {
            [Some(old), Some(new)] if self.was.is_none() => self.contract.demanded().is_announced(old, new),
            _ => self.contract.demanded() == Bump::None,
        }
    }

    /// Whether the two versions differ in nothing that is shown.
    pub fn is_empty(&self) -> bool {
        let mut sections = self.messages.iter().chain(&self.blocks);
        self.facts.is_empty()
            && self.was.is_none()
            && sections.all(|s| s.state == State::Same)
            && self.contract.changes.is_empty()
    }
}

fn blocks(sides: [Option<&Compiled>; 2]) -> Vec<Section> {
    let names: BTreeSet<_> = sides.iter().flatten().flat_map(|compiled| compiled.blocks.keys()).collect();
    let section = |name: &source::BlockName| {
        let [old, new] = sides.map(|side| side.and_then(|of| of.blocks.get(name)).map(|text| text.to_string()));
        Section::compare(name.as_str(), old.as_deref(), new.as_deref())
    };
    names.into_iter().map(section).collect()
}

/// Without the secrets that values of front matter hold.
fn veiled(mut contract: Contract) -> Contract {
    let mut veil = Veil::default();
    for Change { name, message, example, .. } in &mut contract.changes {
        *message = veil.over(message).into_owned();
        *example = example.take().map(|value| veil.over_value(name.as_deref().unwrap_or_default(), &value));
    }
    contract
}
