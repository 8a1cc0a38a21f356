//! What a branch changes and what that takes: findings by both policies, callers, reach, evals, cost, releasing.
//!
//! Two snapshots and the ledger in, one value out; the modules below say it to people and programs. Nothing is written,
//! no provider is asked, and what a branch says of policies or providers decides nothing about the branch.

mod changed;
mod evals;
mod findings;
mod form;
mod html;
mod json;
mod ledger;
mod markdown;
mod needs;
mod page;
mod policies;
mod terminal;

pub use changed::{Edited, Kind, LiveAt, Reviewed};
pub use check::Judged;
pub use evals::{Held, Suite};
pub use findings::Findings;
pub use html::html;
pub use json::json;
pub use ledger::{InEffect, Standing};
pub use markdown::{LIMIT, markdown, marker};
pub use needs::Needs;
pub use terminal::terminal;

use check::Contents;
use check::impact::impact;
use prompt::Catalog;
use source::{ObjectId, Snapshot};

use crate::desk::Desk;
use crate::error::{Class, Result};
use crate::suite_changes;

/// One side of a review.
#[derive(Debug)]
pub struct Side {
    /// As people call it: `origin/main`, `the worktree`.
    pub name: String,
    /// The commit; absent where files lie in a worktree.
    pub commit: Option<ObjectId>,
    /// The files.
    pub snapshot: Snapshot,
}

/// What a branch changes and what that takes.
#[derive(Debug)]
pub struct Review {
    /// What the branch started from, as the user named it.
    pub base: (String, Option<ObjectId>),
    /// What is reviewed.
    pub head: (String, Option<ObjectId>),
    /// The prompt root below the top of the repository; empty or `.` where they are the same.
    pub root: String,
    /// What is wrong, as far as this branch brings it.
    pub findings: Findings,
    /// Whether both sides hold the same files, byte for byte.
    pub identical: bool,
    /// The prompts that change, those that need attention first.
    pub prompts: Vec<Reviewed>,
    /// The blocks that change, with what they reach.
    pub blocks: Vec<Edited>,
    /// What `prompts/routes.yaml` says differently.
    pub routes: Vec<check::diff::Fact>,
    /// What `policies/` says differently; weaker demands first.
    pub policies: Vec<policy::diff::Change>,
    /// The suites of prompts that change, and those that change themselves.
    pub suites: Vec<Suite>,
    /// The suites that change themselves, with what they ask less, otherwise or more; those that are gone, too.
    pub changed_suites: Vec<suite_changes::Changed>,
    /// What the ledger says of releases, or why it says nothing.
    pub standing: Standing,
    /// Whose demands and prices count.
    pub ruling: Ruling,
}

/// Whose demands and prices count, whatever the branch says of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// The policy in effect.
    InEffect,
    /// The one that stands in the base, where none is in effect.
    Base,
    /// The branch's own, where the base has none.
    Head,
    /// Nobody's.
    Nobody,
}

/// What a review comes to. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Nothing differs.
    Unchanged,
    /// Nothing stands against it.
    Ready,
    /// Some comparison could not decide.
    Inconclusive,
    /// Answers are not on file.
    RecordingMissing,
    /// A grader failed.
    Error,
    /// Findings are errors, or a gate does not hold.
    Findings,
}

impl Conclusion {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Ready => "ready",
            Self::Inconclusive => "inconclusive",
            Self::RecordingMissing => "recording-missing",
            Self::Error => "error",
            Self::Findings => "findings",
        }
    }

    /// Which line of the table of exit codes it leads to; none for 0 and, under `--strict`, 3.
    pub const fn class(self) -> Option<Class> {
        match self {
            Self::Unchanged | Self::Ready | Self::Inconclusive => None,
            Self::RecordingMissing => Some(Class::Recording),
            Self::Error => Some(Class::Infrastructure),
            Self::Findings => Some(Class::Unmet),
        }
    }
}

/// Compares `head` with `base`, judges it, replays what it affects, and asks the ledger what releasing it needs.
pub fn review(desk: &Desk, base: &Side, head: &Side) -> Result<Review> {
    let catalogs = [Catalog::load(&base.snapshot), Catalog::load(&head.snapshot)];
    let (old, new) = (Contents::of(&catalogs[0]), Contents::of(&catalogs[1]));
    let loaded = [base, head].map(|side| policies::load(&side.snapshot));
    let [by_base, by_head] = loaded.each_ref().map(|loaded| loaded.as_ref().and_then(|l| l.policy.as_ref()));
    let impact = impact(&old, &new);
    let ids = changed::ids([base, head], &impact);
    let standing = ledger::standing(desk, &ids, |id| !head.snapshot.files.contains_key(&id.path()))?;
    // Whatever this branch says, demands and prices are those that hold without it.
    let (ruling, ruler) = match (standing.policy(), by_base, by_head) {
        (Some(policy), ..) => (Some(policy), Ruling::InEffect),
        (None, Some(policy), _) => (Some(policy), Ruling::Base),
        (None, None, Some(policy)) => (Some(policy), Ruling::Head),
        (None, None, None) => (None, Ruling::Nobody),
    };
    let sides = changed::Sides { contents: [&old, &new], snapshots: [&base.snapshot, &head.snapshot] };
    let keys = eval::Keys::default();
    let side = |at: usize| suite_changes::Side { snapshot: sides.snapshots[at], catalog: &catalogs[at], keys: &keys };
    let changed = suite_changes::changed(&side(0), &side(1));
    let suites = evals::run(desk, &sides, &ids, (&side(0), base.name.as_str()), &changed, [ruling, by_head])?;
    let mut of_suites = suite_changes::findings(&base.name, &changed);
    of_suites.extend(suites.iter().filter_map(|suite| suite.lifted.clone()));
    let history = findings::history(desk, base, [&old, &new], &standing)?;
    let (findings, honest) =
        findings::compare(desk.now, [base, head], [&old, &new], &loaded, of_suites, &history, &standing);
    let names = [base.name.as_str(), head.name.as_str()];
    let known = changed::Known { twins: check::renames::renames(old.catalog, new.catalog), honest };
    let reviewed = prompt::stack::for_each(&ids, |id| {
        let moved = impact.prompts.binary_search_by(|moved| moved.id.cmp(id)).ok().map(|at| &impact.prompts[at]);
        changed::reviewed(id, moved, &sides, names, ruling, &standing, &known)
    });
    let mut prompts: Vec<Reviewed> = reviewed.into_iter().flatten().collect();
    prompts.sort_by_cached_key(|prompt| changed::rank(prompt, &suites));
    let policies = policies::changes([base, head], [by_base, by_head]);
    let unmoved = ["prompts", "policies", "evals"];
    let identical = unmoved.iter().all(|folder| base.snapshot.is_same_below(folder, &head.snapshot));
    Ok(Review {
        base: (base.name.clone(), base.commit),
        head: (head.name.clone(), head.commit),
        root: desk.repo.root().to_owned(),
        findings,
        identical,
        prompts,
        blocks: changed::blocks(&sides, &impact),
        routes: changed::routes(&sides),
        policies,
        suites,
        changed_suites: changed,
        ruling: ruler,
        standing,
    })
}

impl Review {
    /// What it comes to: the worst of what was found.
    pub fn conclusion(&self) -> Conclusion {
        let suites = self.suites.iter().map(Suite::conclusion).max();
        let findings = if self.findings.fails() { Conclusion::Findings } else { Conclusion::Ready };
        let unchanged = self.identical
            && self.prompts.is_empty()
            && self.blocks.is_empty()
            && self.routes.is_empty()
            && self.policies.is_empty()
            && self.suites.is_empty()
            && self.changed_suites.is_empty()
            && self.findings.new.is_empty();
        if unchanged { Conclusion::Unchanged } else { suites.unwrap_or(Conclusion::Ready).max(findings) }
    }
}
