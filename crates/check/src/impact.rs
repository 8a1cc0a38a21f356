//! Which prompts a change reaches: those whose content digest moves, each with the path that carries the change there.

pub mod dot;
pub mod tree;

use std::collections::{BTreeMap, BTreeSet};

use prompt::body::Part;
use prompt::{Catalog, ModelChoice, Prompt, Role};
use source::{BlockName, Digest, PromptId, RepoPath, Risk};

use crate::contents::{Content, Contents};

/// What moved between two catalogs. Its JSON shape is stable.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Impact {
    /// The prompts whose digest differs, by id.
    pub prompts: Vec<Moved>,
}

/// A prompt whose content is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    /// The prompt.
    pub id: PromptId,
    /// What became of it.
    pub state: State,
    /// Before; `None` where it is new or could not be compiled.
    pub before: Option<Digest>,
    /// After; `None` where it is gone, cannot be compiled or was not edited yet.
    pub after: Option<Digest>,
    /// Why, as far as files tell.
    pub causes: Vec<Cause>,
}

/// What became of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
    /// It can be compiled no longer.
    Broken,
    /// It can be compiled again.
    Mended,
    /// It has another content.
    Changed,
    /// It would have another content if what carries the change to it were edited.
    Reached,
}

/// What carried a change to a prompt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Cause {
    /// Its own file.
    Itself,
    /// A block that it reaches.
    Block {
        /// From the prompt's own include down to the changed block, which is last.
        path: Vec<BlockName>,
    },
    /// The route it takes, which means another model now.
    Route {
        /// The route.
        name: String,
    },
}

/// Compares two catalogs.
pub fn impact(before: &Contents<'_>, after: &Contents<'_>) -> Impact {
    let ids: BTreeSet<&PromptId> = before.catalog.prompts().chain(after.catalog.prompts()).map(|p| &p.id).collect();
    let moved = ids.into_iter().filter_map(|id| moved(id, before, after));
    Impact { prompts: moved.collect() }
}

/// What an edit of any of `files` would reach: their own prompts, and those that include the blocks or take the routes among
/// them.
pub fn reach(contents: &Contents<'_>, files: &BTreeSet<RepoPath>) -> Impact {
    let routes = files.iter().any(|file| file.as_str() == prompt::routes::PATH);
    let reached = |prompt: &Prompt| {
        let mut causes = Vec::new();
        if files.contains(&prompt.id.path()) {
            causes.push(Cause::Itself);
        }
        let blocks = contents.catalog.reach(&prompt.id).into_iter();
        causes.extend(
            blocks.filter(|(name, _)| files.contains(&name.path())).map(|(_, at)| Cause::Block { path: at.way }),
        );
        if routes && let Some(name) = route(prompt, contents.catalog) {
            causes.push(Cause::Route { name });
        }
        let before = contents.get(&prompt.id).map(|content| content.digest);
        let id = prompt.id.clone();
        (!causes.is_empty()).then_some(Moved { id, state: State::Reached, before, after: None, causes })
    };
    Impact { prompts: contents.catalog.prompts().filter_map(reached).collect() }
}

fn moved(id: &PromptId, before: &Contents<'_>, after: &Contents<'_>) -> Option<Moved> {
    let (old, new) = (before.get(id), after.get(id));
    let digest = |content: Option<&Content>| content.map(|c| c.digest);
    if old.is_some() && digest(old) == digest(new) {
        return None;
    }
    let files = (before.catalog.prompt(id), after.catalog.prompt(id));
    if old.is_none() && new.is_none() && files.0.map(|p| p.text.as_str()) == files.1.map(|p| p.text.as_str()) {
        return None;
    }
    let state = match (old, new) {
        _ if !before.catalog.holds(id) => State::New,
        _ if !after.catalog.holds(id) => State::Gone,
        (_, None) => State::Broken,
        (None, _) => State::Mended,
        _ => State::Changed,
    };
    Some(Moved {
        id: id.clone(),
        state,
        before: digest(old),
        after: digest(new),
        causes: causes(id, before, after, (old, new)),
    })
}

fn causes(
    id: &PromptId,
    before: &Contents<'_>,
    after: &Contents<'_>,
    (old, new): (Option<&Content>, Option<&Content>),
) -> Vec<Cause> {
    let mut causes = Vec::new();
    let files = (before.catalog.prompt(id), after.catalog.prompt(id));
    if by_itself(files, (old, new)) {
        causes.push(Cause::Itself);
    }
    let reach: BTreeMap<_, _> = before.catalog.reach(id).into_iter().chain(after.catalog.reach(id)).collect();
    for (name, reached) in reach {
        let source = |catalog: &Catalog| catalog.block(&name).map(|block| block.template.source().clone());
        if source(before.catalog) != source(after.catalog) {
            causes.push(Cause::Block { path: reached.way });
        }
    }
    if let ((Some(a), Some(b)), (Some(old), Some(new))) = (files, (old, new))
        && old.compiled.model != new.compiled.model
        && choice(a) == choice(b)
        && let (Some(from), Some(to)) = (route(a, before.catalog), route(b, after.catalog))
    {
        causes.push(Cause::Route { name: if from == to { to } else { format!("{from} to {to}") } });
    }
    causes
}

/// Whether a prompt's own file asks for another content. A line that no digest holds, such as the version, does not.
fn by_itself(files: (Option<&Prompt>, Option<&Prompt>), contents: (Option<&Content>, Option<&Content>)) -> bool {
    let (Some(a), Some(b)) = files else { return true };
    let (old, new) = (&a.front_matter, &b.front_matter);
    let model = match contents {
        (Some(old), Some(new)) => old.compiled.model != new.compiled.model,
        _ => true,
    };
    (&old.parameters, &old.inputs, &old.output, &old.tools) != (&new.parameters, &new.inputs, &new.output, &new.tools)
        || a.body.prelude != b.body.prelude
        || !a.body.messages.iter().map(says).eq(b.body.messages.iter().map(says))
        || (model && choice(a) != choice(b))
}

/// A message's role and text, or the input that is a transcript.
fn says(part: &Part) -> (Option<Role>, &str) {
    match part {
        Part::Role { role, source, .. } => (Some(*role), source),
        Part::Turns { input, .. } => (None, input),
    }
}

/// What of a prompt's own file decides about its model: its `model`, or its risk where that picks the default route.
fn choice(prompt: &Prompt) -> (Option<&ModelChoice>, Option<Risk>) {
    let front = &prompt.front_matter;
    (front.model.as_ref(), front.model.is_none().then_some(front.risk))
}

/// The route that a prompt takes; `None` where it names its model itself.
fn route(prompt: &Prompt, catalog: &Catalog) -> Option<String> {
    match &prompt.front_matter.model {
        Some(ModelChoice::Route(name)) => Some(name.clone()),
        Some(ModelChoice::Model(_)) => None,
        None => catalog.routes().defaults.get(&prompt.front_matter.risk).cloned(),
    }
}
