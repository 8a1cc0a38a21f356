//! The prompts, blocks and routes that a branch changes.

use std::collections::{BTreeMap, BTreeSet};

use check::contract::Bump;
use check::cost::Cost;
use check::diff::{self, Diff, Fact, Section, Texts};
use check::impact::{Cause, Impact, Moved, State};
use check::renames::Twin;
use check::subject::validator;
use check::{Contents, bump};
use policy::Policy;
use prompt::Catalog;
use source::{BlockName, EnvName, PromptId, Risk, Snapshot, Version};

use super::evals::Suite;
use super::needs::{self, Needs};
use super::{Side, Standing};

/// Both sides as they are compared, the older one first.
pub(super) struct Sides<'a> {
    pub(super) contents: [&'a Contents<'a>; 2],
    pub(super) snapshots: [&'a Snapshot; 2],
}

/// What comparing all prompts told of single ones.
pub(super) struct Known {
    /// Prompts that are gone and new ones that are probably the same.
    pub(super) twins: BTreeMap<PromptId, Twin>,
    /// The versions that say what changed, where the prompts' own do not.
    pub(super) honest: BTreeMap<PromptId, Version>,
}

impl Sides<'_> {
    /// Whether the content of `id` is not what it was.
    pub(super) fn moved(&self, id: &PromptId) -> bool {
        let [old, new] = self.contents.map(|contents| contents.get(id).map(|content| content.digest));
        old != new
    }
}

/// A prompt that changes.
#[derive(Debug)]
pub struct Reviewed {
    /// The prompt.
    pub id: PromptId,
    /// What becomes of it.
    pub kind: Kind,
    /// What carries the change there; empty where no digest moves.
    pub causes: Vec<Cause>,
    /// Its versions before and after.
    pub versions: [Option<Version>; 2],
    /// What its files say of its risk, before and after.
    pub risks: [Option<Risk>; 2],
    /// The comparison, where both sides compile, or the one that has it.
    pub diff: Option<Diff>,
    /// The file itself, where there is nothing to compare by meaning: one side does not compile.
    pub file: Option<Section>,
    /// What a call costs where only the newer side compiles; that of others is in the comparison.
    pub cost: Option<Cost>,
    /// The version that it must have, where its own does not announce what changed or was released already.
    pub honest: Option<Version>,
    /// Whether its own version was released already, with another content or risk.
    pub taken: bool,
    /// Where it is live.
    pub live: Vec<LiveAt>,
    /// What releasing and promoting it needs; absent for what goes.
    pub needs: Option<Needs>,
}

/// What becomes of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It compiles no longer.
    Broken,
    /// It is there no longer.
    Gone,
    /// Its own file changes it.
    Edited,
    /// It is new.
    New,
    /// It compiles again.
    Mended,
    /// Blocks or routes alone change it.
    Reached,
    /// What callers and models see stays as it is.
    Relabelled,
}

/// A release that is live somewhere.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LiveAt {
    /// Where.
    pub environment: EnvName,
    /// Which version.
    pub version: Version,
    /// The risk it was released under.
    pub risk: Risk,
}

/// A block that changes.
#[derive(Debug)]
pub struct Edited {
    /// The block.
    pub name: BlockName,
    /// Its text.
    pub section: Section,
    /// The prompts it changes, each with the way from the prompt to the block.
    pub reaches: Vec<(PromptId, Vec<BlockName>)>,
}

/// The prompts whose digest moves or whose file differs.
pub(super) fn ids(sides: [&Side; 2], impact: &Impact) -> Vec<PromptId> {
    let mut ids: BTreeSet<PromptId> = impact.prompts.iter().map(|moved| moved.id.clone()).collect();
    let files = |side: &'_ Side| {
        let below = side.snapshot.below("prompts");
        below.map(|(path, file)| (path.clone(), file.bytes.clone())).collect::<BTreeMap<_, _>>()
    };
    let [old, new] = sides.map(files);
    let differ = old.keys().chain(new.keys()).filter(|path| old.get(*path) != new.get(*path));
    ids.extend(differ.filter_map(|path| PromptId::of_path(path)?.ok()));
    ids.into_iter().collect()
}

/// All that there is to say of one prompt; `None` where its files say the same.
pub(super) fn reviewed(
    id: &PromptId,
    moved: Option<&Moved>,
    sides: &Sides<'_>,
    names: [&str; 2],
    ruling: Option<&Policy>,
    standing: &Standing,
    known: &Known,
) -> Option<Reviewed> {
    let files = sides.contents.map(|contents| contents.catalog.prompt(id));
    let compiled = sides.contents.map(|contents| contents.get(id).map(|content| &content.compiled));
    let price = |at: usize| ruling.and_then(|p| p.price(&compiled[at]?.model)).map(|price| price.value);
    let side = |at: usize| {
        Some(diff::Side { label: names[at], prompt: files[at]?, compiled: compiled[at]?, price: price(at) })
    };
    let kind = kind(moved, sides, id)?;
    let mut diff = match (kind, side(0), side(1)) {
        (_, Some(old), Some(new)) => Some(diff::diff(old, new, Texts::Apart, &validator)),
        (Kind::New, _, Some(new)) => Some(diff::new(names[0], new, Texts::Apart)),
        (Kind::Gone, Some(old), _) => Some(diff::removed(old, names[1], Texts::Apart)),
        _ => None,
    };
    if let Some(diff) = &mut diff {
        diff.twin = known.twins.get(id).cloned();
    }
    let live = standing.live(id).to_vec();
    let raw = sides.snapshots.map(|snapshot| text(snapshot, id));
    let file = match kind {
        _ if diff.is_some() => None,
        Kind::New | Kind::Gone | Kind::Broken | Kind::Mended => {
            Some(Section::compare(id.path().as_str(), raw[0].as_deref(), raw[1].as_deref()))
        }
        _ => None,
    };
    let needs = files[1].zip(ruling).map(|(prompt, policy)| needs::of(prompt, policy, &live));
    Some(Reviewed {
        id: id.clone(),
        kind,
        causes: moved.map_or_else(Vec::new, |moved| moved.causes.clone()),
        versions: files.map(|file| file.map(|f| f.front_matter.version.clone())),
        risks: files.map(|file| file.map(|f| f.front_matter.risk)),
        honest: honest(id, known, sides, standing),
        taken: taken(id, sides, standing),
        cost: if diff.is_none() { compiled[1].map(|c| Cost::of(c, price(1))) } else { None },
        diff,
        file,
        live,
        needs,
    })
}

fn kind(moved: Option<&Moved>, sides: &Sides<'_>, id: &PromptId) -> Option<Kind> {
    let [before, after] = sides.snapshots.map(|snapshot| snapshot.files.contains_key(&id.path()));
    Some(match moved.map(|moved| (moved.state, moved.causes.contains(&Cause::Itself))) {
        _ if !before => Kind::New,
        _ if !after => Kind::Gone,
        Some((State::Broken, _)) => Kind::Broken,
        Some((State::Mended, _)) => Kind::Mended,
        Some((_, true)) => Kind::Edited,
        Some((_, false)) => Kind::Reached,
        // It compiles on neither side, or says the same on both.
        None if sides.contents[1].get(id).is_none() => Kind::Broken,
        None => Kind::Relabelled,
    })
}

fn text(snapshot: &Snapshot, id: &PromptId) -> Option<String> {
    let file = snapshot.files.get(&id.path())?;
    Some(String::from_utf8_lossy(&file.bytes).into_owned())
}

/// The version that announces what changed since the base and was not released with another content.
fn honest(id: &PromptId, known: &Known, sides: &Sides<'_>, standing: &Standing) -> Option<Version> {
    let front = || sides.contents[1].catalog.prompt(id).map(|prompt| prompt.front_matter.version.clone());
    match known.honest.get(id) {
        Some(due) => Some(due.clone()),
        None if taken(id, sides, standing) => Some(bump::free(standing.releases(id), front()?)),
        None => None,
    }
}

/// Whether the version of `id` was released already, with another content or risk.
fn taken(id: &PromptId, sides: &Sides<'_>, standing: &Standing) -> bool {
    let new = sides.contents[1];
    let (Some(prompt), Some(content)) = (new.catalog.prompt(id), new.get(id)) else { return false };
    let front = &prompt.front_matter;
    let other = |r: &check::Released| r.content != content.digest || r.risk != front.risk;
    standing.releases(id).iter().any(|r| r.version == front.version && other(r))
}

/// The blocks that differ, and which prompts each changes.
pub(super) fn blocks(sides: &Sides<'_>, impact: &Impact) -> Vec<Edited> {
    let source = |catalog: &Catalog, name: &BlockName| catalog.block(name).map(|b| b.template.source().to_string());
    let [old, new] = sides.contents.map(|contents| contents.catalog);
    let names: BTreeSet<&BlockName> = old.blocks().chain(new.blocks()).map(|block| &block.name).collect();
    let edited = names.into_iter().filter_map(|name| {
        let section = Section::compare(name.as_str(), source(old, name).as_deref(), source(new, name).as_deref());
        if section.state == diff::State::Same {
            return None;
        }
        let ways = impact.prompts.iter().flat_map(|moved| moved.causes.iter().map(|cause| (&moved.id, cause)));
        let reaches = ways.filter_map(|(id, cause)| match cause {
            Cause::Block { path } if path.last() == Some(name) => Some((id.clone(), path.clone())),
            _ => None,
        });
        Some(Edited { name: name.clone(), section, reaches: reaches.collect() })
    });
    edited.collect()
}

/// What the routes say differently.
pub(super) fn routes(sides: &Sides<'_>) -> Vec<Fact> {
    let [old, new] = sides.contents.map(|contents| contents.catalog.routes());
    let mut facts = Vec::new();
    let mut say = |key: String, before: Option<String>, after: Option<String>| {
        let says = match (before, after) {
            (Some(a), Some(b)) if a != b => format!("went from `{a}` to `{b}`"),
            (None, Some(b)) => format!("is new: `{b}`"),
            (Some(a), None) => format!("is gone; it was `{a}`"),
            _ => return,
        };
        facts.push(Fact { key, says });
    };
    let names: BTreeSet<&String> = old.routes.keys().chain(new.routes.keys()).collect();
    for name in names {
        let model = |of: &prompt::Routes| of.routes.get(name).map(ToString::to_string);
        say(format!("routes.{name}"), model(old), model(new));
    }
    for risk in [Risk::Low, Risk::Medium, Risk::High] {
        let route = |of: &prompt::Routes| of.defaults.get(&risk).cloned();
        say(format!("defaults.{risk}"), route(old), route(new));
    }
    facts
}

impl Reviewed {
    /// The bump that the change asks for.
    pub fn bump(&self) -> Bump {
        self.diff.as_ref().map_or(Bump::None, |diff| diff.contract.bump())
    }

    /// Whether it is handled less carefully from now on.
    pub fn risk_lowered(&self) -> bool {
        matches!(self.risks, [Some(old), Some(new)] if new < old)
    }

    /// What a call costs before and after, as far as it compiles.
    pub fn costs(&self) -> [Option<&Cost>; 2] {
        match &self.diff {
            Some(diff) => diff.costs.each_ref().map(Option::as_ref),
            None => [None, self.cost.as_ref()],
        }
    }
}

/// What needs attention first: what breaks callers or fails, then by what becomes of it and by risk.
pub(super) fn rank(prompt: &Reviewed, suites: &[Suite]) -> impl Ord + use<> {
    let fails = suites.iter().any(|suite| suite.prompt == prompt.id && suite.fails());
    let gone_live = prompt.kind == Kind::Gone && !prompt.live.is_empty();
    let breaks = prompt.bump() == Bump::Major;
    let urgency = match prompt.kind {
        Kind::Broken => 0,
        _ if gone_live => 1,
        _ if breaks && prompt.honest.is_some() => 2,
        _ if fails => 3,
        _ if prompt.risk_lowered() => 4,
        _ if breaks => 5,
        _ => 6,
    };
    let risk = prompt.risks[1].or(prompt.risks[0]);
    (urgency, prompt.kind, std::cmp::Reverse(risk), prompt.live.is_empty(), prompt.id.clone())
}
