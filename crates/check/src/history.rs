//! What was released and what is live, as plain data; this crate never looks into a repository.

use std::collections::BTreeMap;

use prompt::{FrontMatter, stack};
use source::{Digest, EnvName, PromptId, Risk, Version};

use crate::contract::Terms;
use crate::{Content, Contents};

/// What the ledger, or the base of a comparison, says of every prompt.
#[derive(Debug, Clone, Default)]
pub struct History {
    releases: BTreeMap<PromptId, Vec<Released>>,
    bases: BTreeMap<PromptId, Vec<Base>>,
    /// What the front matter promises of prompts whose template is broken in the revision.
    broken: BTreeMap<PromptId, FrontMatter>,
    /// The prompts of the revision of which nothing can be read, so that nothing is compared with them.
    pub unread: Vec<PromptId>,
    /// The revision that stands in for releases, as a user would name it.
    revision: Option<String>,
    /// The versions that it has.
    floors: BTreeMap<PromptId, Version>,
    /// What applications get at this moment.
    pub live: Vec<Live>,
}

/// One valid release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// Its version.
    pub version: Version,
    /// Its content digest.
    pub content: Digest,
    /// The risk it was released under.
    pub risk: Risk,
}

impl Released {
    /// Whether a prompt that follows this release differs from what it binds, or goes below it.
    pub(crate) fn is_left_by(&self, content: &Content, front: &FrontMatter) -> bool {
        self.differs_from(content, front) || front.version < self.version
    }

    /// Whether a prompt is not what this release binds.
    pub(crate) fn differs_from(&self, content: &Content, front: &FrontMatter) -> bool {
        self.content != content.digest || self.risk != front.risk
    }
}

/// The version a prompt is compared with, read in full.
#[derive(Debug, Clone)]
pub struct Base {
    /// Its version.
    pub version: Version,
    /// What it promises.
    pub terms: Terms,
}

/// A release that is live somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Live {
    /// The prompt.
    pub prompt: PromptId,
    /// Where.
    pub env: EnvName,
    /// Which version.
    pub version: Version,
    /// The prompt that has this content now under an id of its own, where it was renamed.
    pub renamed: Option<PromptId>,
}

impl History {
    /// A history of these releases, in any order.
    pub fn new(releases: impl IntoIterator<Item = (PromptId, Released)>, live: Vec<Live>) -> Self {
        let mut by_id: BTreeMap<PromptId, Vec<Released>> = BTreeMap::new();
        for (id, released) in releases {
            by_id.entry(id).or_default().push(released);
        }
        by_id.values_mut().for_each(|all| all.sort_by(|a, b| a.version.cmp(&b.version)));
        Self { releases: by_id, live, ..Self::default() }
    }

    /// The releases of `id`, the lowest version first.
    pub fn releases(&self, id: &PromptId) -> &[Released] {
        self.releases.get(id).map_or(&[], Vec::as_slice)
    }

    /// What `version` of `id` is compared with: the release of this very version, else the highest one below.
    ///
    /// A pre-release promises nothing, so one is only the base where nothing else was released below. A version below every
    /// release follows the highest all the same, and is too low.
    pub fn base_of(&self, id: &PromptId, version: &Version) -> Option<&Released> {
        base_among(self.releases(id), version)
    }

    /// The version of `id` in the revision that stands in for releases: nothing may go below it.
    pub(crate) fn floor(&self, id: &PromptId) -> Option<&Version> {
        self.floors.get(id)
    }

    /// The releases that must be handed in with [`History::add_base`], because a prompt is not what they hold: its base, the
    /// stable ones above, which the version it should have may be held against, and below a pre-release the last stable one.
    pub fn wanted(&self, contents: &Contents<'_>) -> Vec<(PromptId, Version)> {
        let mut wanted = Vec::new();
        for (id, content) in contents.iter() {
            let Some(front) = contents.catalog.prompt(id).map(|prompt| &prompt.front_matter) else { continue };
            let Some(base) = self.base_of(id, &front.version).filter(|base| base.is_left_by(content, front)) else {
                continue;
            };
            let stable = || self.releases(id).iter().filter(|released| !released.version.is_pre_release());
            let below = stable().rfind(|r| base.version.is_pre_release() && r.version < base.version);
            let above = stable().filter(|released| released.version > base.version);
            wanted.extend([base].into_iter().chain(below).chain(above).map(|r| (id.clone(), r.version.clone())));
        }
        wanted
    }

    /// A history in which every prompt of `contents`, which are those of `revision`, was released as it stands: the base of
    /// `check --base`.
    pub fn of_revision(contents: &Contents<'_>, revision: impl Into<String>) -> Self {
        let catalog = contents.catalog;
        let broken = catalog.prompts().filter(|prompt| contents.get(&prompt.id).is_none());
        let broken = broken.map(|prompt| (prompt.id.clone(), prompt.front_matter.clone())).collect();
        let unread = catalog.unread().cloned().collect();
        let floors = catalog.prompts().map(|prompt| (prompt.id.clone(), prompt.front_matter.version.clone())).collect();
        Self { revision: Some(revision.into()), broken, unread, floors, ..Self::of_contents(contents) }
    }

    /// The same, of contents that no user could name.
    pub(crate) fn of_contents(contents: &Contents<'_>) -> Self {
        let released = contents.iter().filter_map(|(id, content)| {
            let front = &contents.catalog.prompt(id)?.front_matter;
            let released = Released { version: front.version.clone(), content: content.digest, risk: front.risk };
            Some((id.clone(), released))
        });
        let mut history = Self::new(released, Vec::new());
        let all: Vec<_> = contents.iter().collect();
        let bases = stack::for_each(&all, |(id, content)| {
            let prompt = contents.catalog.prompt(id)?;
            let terms = Terms::of_content(prompt, content);
            Some(((*id).clone(), Base { version: prompt.front_matter.version.clone(), terms }))
        });
        bases.into_iter().flatten().for_each(|(id, base)| history.add_base(id, base));
        history
    }

    /// When it was that a prompt of `version` was as it was: a clause that starts with "since".
    pub(crate) fn since(&self, version: &Version) -> String {
        match &self.revision {
            Some(revision) => format!("since `{revision}`, where it is {version} too"),
            None => format!("since {version} was released"),
        }
    }

    /// The revision that stands in for releases, and how many prompts it holds.
    pub(crate) fn prompts_of_base(&self) -> Option<(&str, usize)> {
        Some((self.revision.as_deref()?, self.releases.len() + self.broken.len() + self.unread.len()))
    }

    /// The command that writes the honest version into `id`.
    pub(crate) fn bump_command(&self, id: &PromptId) -> String {
        match &self.revision {
            Some(revision) => format!("promptuary bump {id} --base {revision}"),
            None => format!("promptuary bump {id}"),
        }
    }

    /// The prompts of `contents` whose base, as a revision holds it, is a pre-release that they left: such a base promises
    /// nothing, so the last stable version is wanted beside it; with the version that it lies below.
    pub fn without_stable(&self, contents: &Contents<'_>) -> Vec<(PromptId, Version)> {
        let wanted = contents.iter().filter_map(|(id, content)| {
            let front = &contents.catalog.prompt(id)?.front_matter;
            let base = self.base_of(id, &front.version)?;
            let leads = base.version != front.version || base.is_left_by(content, front);
            let leads = leads && base.version.is_pre_release();
            (self.revision.is_some() && leads).then(|| (id.clone(), base.version.clone()))
        });
        wanted.collect()
    }

    /// Adds one release.
    pub fn add_release(&mut self, id: &PromptId, released: Released) {
        let all = self.releases.entry(id.clone()).or_default();
        let at = all.partition_point(|known| known.version < released.version);
        all.insert(at, released);
    }

    /// Hands in, read in full, a version that `id` may be compared with.
    pub fn add_base(&mut self, id: PromptId, base: Base) {
        self.bases.entry(id).or_default().push(base);
    }

    /// The version that `version` of `id` is compared with, where it was handed in.
    pub fn base(&self, id: &PromptId, version: &Version) -> Option<&Base> {
        self.read(id, &self.base_of(id, version)?.version)
    }

    /// This very version of `id`, where it was handed in.
    pub(crate) fn read(&self, id: &PromptId, version: &Version) -> Option<&Base> {
        self.bases.get(id)?.iter().find(|base| base.version == *version)
    }

    /// What `id` promised where its template could not be read.
    pub(crate) fn broken_base(&self, id: &PromptId) -> Option<&FrontMatter> {
        self.broken.get(id)
    }
}

/// Which of `releases`, the lowest first, `version` follows: see [`History::base_of`].
pub(crate) fn base_among<'r>(releases: &'r [Released], version: &Version) -> Option<&'r Released> {
    let stable = |r: &&Released| !r.version.is_pre_release();
    let below = || releases.iter().rev().filter(|released| released.version < *version);
    let same = releases.iter().find(|released| released.version == *version);
    let lower = || below().find(stable).or_else(|| below().next());
    same.or_else(lower).or_else(|| releases.iter().rev().find(stable)).or_else(|| releases.last())
}
