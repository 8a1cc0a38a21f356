//! What the ledger says of the prompts under review: the policy in effect, what was released, what is live.

use std::collections::BTreeMap;

use check::{Live, Released};
use ledger::{Ledger, Sequence};
use policy::Policy;
use source::{EnvName, PromptId};

use super::LiveAt;
use crate::absence::{Absence, Absent};
use crate::desk::Desk;
use crate::error::Result;
use crate::history::live_without_file;
use crate::reading::{Scope, environments};

/// What is known of releases.
#[derive(Debug)]
pub enum Standing {
    /// The ledger was read.
    InEffect(Box<InEffect>),
    /// Nothing was published yet.
    Nothing,
    /// It is not here, though there is one or may be one.
    Unknown {
        /// Why, as a clause.
        why: &'static str,
        /// The command that helps.
        remedy: &'static str,
    },
}

/// What the ledger says.
#[derive(Debug)]
pub struct InEffect {
    /// The number of the policy in effect.
    pub sequence: Sequence,
    /// That policy.
    pub policy: Policy,
    /// Its environments, in its order.
    pub environments: Vec<EnvName>,
    /// What is live of the prompts under review, in the order of the environments.
    pub live: BTreeMap<PromptId, Vec<LiveAt>>,
    /// What was released of them, the lowest version first.
    pub releases: BTreeMap<PromptId, Vec<Released>>,
    /// What is live of prompts that have no file any more.
    pub gone: Vec<Live>,
}

impl Standing {
    /// The policy in effect.
    pub fn policy(&self) -> Option<&Policy> {
        self.in_effect().map(|known| &known.policy)
    }

    /// What the ledger says, where it was read.
    pub fn in_effect(&self) -> Option<&InEffect> {
        if let Self::InEffect(known) = self { Some(known) } else { None }
    }

    /// What was released of `id`.
    pub(super) fn releases(&self, id: &PromptId) -> &[Released] {
        self.in_effect().and_then(|known| known.releases.get(id)).map_or(&[], Vec::as_slice)
    }

    /// Where `id` is live.
    pub(super) fn live(&self, id: &PromptId) -> &[LiveAt] {
        self.in_effect().and_then(|known| known.live.get(id)).map_or(&[], Vec::as_slice)
    }
}

/// Asks the ledger about `ids`, and which prompts are live that `gone` tells to have no file. One that is here and does not
/// hold is an error: a report by other demands would be no report.
pub(super) fn standing(desk: &Desk, ids: &[PromptId], gone: impl Fn(&PromptId) -> bool) -> Result<Standing> {
    Ok(match desk.look_if_here(Scope::All, |ledger| read(ledger, ids, gone))? {
        Ok(known) => Standing::InEffect(Box::new(known)),
        Err(Absent { absence: Absence::NoneBegun, .. }) => Standing::Nothing,
        Err(_) => Standing::Unknown {
            why: "this clone has no ledger, so what was released and what is live is not known",
            remedy: "promptuary sync",
        },
    })
}

fn read(ledger: &Ledger<'_>, ids: &[PromptId], gone: impl Fn(&PromptId) -> bool) -> Result<InEffect> {
    let environments = environments(ledger)?;
    let (mut live, mut releases) = (BTreeMap::new(), BTreeMap::new());
    for id in ids {
        let found: Vec<Released> = ledger.releases(id)?.into_values().flatten().map(|r| released(&r)).collect();
        if found.is_empty() {
            continue;
        }
        releases.insert(id.clone(), found);
        let mut places = Vec::new();
        for env in &environments {
            if let Some(now) = ledger.chain(env, id)?.live() {
                places.push(LiveAt { environment: env.clone(), version: now.version.clone(), risk: now.risk });
            }
        }
        live.insert(id.clone(), places);
    }
    Ok(InEffect {
        sequence: ledger.policies().current().link().sequence,
        policy: ledger.policy()?.clone(),
        environments,
        live,
        releases,
        gone: live_without_file(ledger, gone)?,
    })
}

fn released(release: &ledger::Release) -> Released {
    let body = release.body();
    Released { version: body.version.clone(), content: body.content, risk: body.risk }
}
