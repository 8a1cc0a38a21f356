//! People and machines, the keys they sign with, and what they may do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use source::{EnvName, Place, PromptId};

use crate::ssh::SshKey;
use crate::{Action, KeyFingerprint, Pattern};

/// A person or a machine.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The name that records carry.
    pub name: String,
    /// Every key, retired and revoked ones included.
    pub keys: Vec<Key>,
    /// Whether it is a machine: never approves, and stands still after a rollback or a hold.
    pub automation: bool,
    /// Whether it changes policy.
    pub maintainer: bool,
    /// Whether it signs evidence.
    pub attester: bool,
    /// What it releases.
    pub releaser: Vec<Grant>,
    /// What it promotes, by environment.
    pub promoter: BTreeMap<EnvName, Vec<Grant>>,
    /// What it rolls back and holds, by environment.
    pub operator: BTreeMap<EnvName, Vec<Grant>>,
    /// What it approves, by environment.
    pub approver: BTreeMap<EnvName, Vec<Grant>>,
    /// Where policy names it.
    pub at: Place,
}

/// Prompts that a role covers.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The ids.
    pub pattern: Pattern,
    /// The family that the pattern came from, where policy says `family:NAME`.
    pub family: Option<String>,
    /// The line that grants it.
    pub at: Place,
}

/// A key of a principal.
#[derive(Debug, Clone)]
pub struct Key {
    /// What kind of key.
    pub kind: KeyKind,
    /// How it is told from others.
    pub fingerprint: KeyFingerprint,
    /// Whether it still counts.
    pub state: KeyState,
    /// Where policy lists it.
    pub at: Place,
}

/// What kind of key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// An SSH key that signs by itself.
    Ssh(SshKey),
    /// An SSH certificate authority.
    SshAuthority {
        /// The authority's key.
        key: SshKey,
        /// The names in its certificates that mean this principal.
        principals: Vec<String>,
    },
    /// An OpenPGP key.
    OpenPgp {
        /// The public key in ASCII armor.
        armored: String,
    },
}

/// Whether a key still counts. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Signs.
    #[default]
    Active,
    /// Signs nothing new; what it signed lives on.
    Retired,
    /// Nothing that it signed stands as the newest word: tips need a seal.
    Revoked,
}

impl Principal {
    /// Whether one of its keys still signs anything new.
    pub fn signs(&self) -> bool {
        self.keys.iter().any(|key| key.state == KeyState::Active)
    }

    /// Whether its roles allow `action`; an action that needs an environment or a prompt is refused without.
    pub fn may(&self, action: Action, env: Option<&EnvName>, prompt: Option<&PromptId>) -> bool {
        self.grant(action, env, prompt).is_some()
    }

    /// The place of the role that allows `action`, where one does.
    pub fn grant(&self, action: Action, env: Option<&EnvName>, prompt: Option<&PromptId>) -> Option<&Place> {
        let role = |held: bool| held.then_some(&self.at);
        let covers = |grants: &'_ [Grant]| -> Option<usize> { prompt.and_then(|id| covering(grants, id)) };
        let in_env = |role: &'static str| -> Option<&Place> {
            let by_env = match role {
                "promoter" => &self.promoter,
                "operator" => &self.operator,
                _ => &self.approver,
            };
            let grants = by_env.get(env?)?;
            covers(grants).map(|at| &grants[at].at)
        };
        match action {
            Action::PublishPolicy | Action::ApprovePolicy => role(self.maintainer && !self.automation),
            Action::Attest => role(self.attester),
            Action::Release => covers(&self.releaser).map(|at| &self.releaser[at].at),
            Action::Promote | Action::Retire => in_env("promoter"),
            Action::Rollback | Action::Hold => in_env("promoter").or_else(|| in_env("operator")),
            Action::Seal => in_env("promoter").or_else(|| role(self.maintainer && !self.automation)),
            Action::Approve if self.automation => None,
            Action::Approve => in_env("approver"),
        }
    }

    /// The keys that sign new entries.
    pub fn active_keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(|k| k.state == KeyState::Active)
    }
}

fn covering(grants: &[Grant], id: &PromptId) -> Option<usize> {
    grants.iter().position(|g| g.pattern.matches(id))
}
