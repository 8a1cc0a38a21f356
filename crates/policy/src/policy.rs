//! The three documents together: what one asks them.

mod answers;
mod digest;
mod load;
mod sheet;

use std::collections::BTreeMap;
use std::sync::Arc;

use source::{EnvName, Finding, Place, PromptId, Risk};

use crate::demand::EffectiveRisk;
use crate::document::models::ModelsDocument;
use crate::document::policy::{Environment, PolicyDocument};
use crate::document::principals::PrincipalsDocument;
use crate::{Action, Duration, Family, Key, KeyFingerprint, KeyKind, Principal, Sourced};

pub use answers::Objection;
pub use digest::{DigestError, documents_digest};
pub use load::{MODELS_PATH, POLICY_PATH, PRINCIPALS_PATH};
pub(crate) use load::{address_fault, provider_faults};
use sheet::Sheet;

/// How long an approval lasts where policy is silent.
pub const APPROVAL_LASTS: Duration = Duration(14 * 86_400);

/// The format of the documents and of the records that this version writes and reads.
pub const FORMAT: u32 = 1;

/// Policy as one snapshot of `policies/` states it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Policy(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rules: Sheet<PolicyDocument>,
    models: Sheet<ModelsDocument>,

    people: Sheet<PrincipalsDocument>,
    principals: Vec<Principal>,
    keys: BTreeMap<KeyFingerprint, (usize, usize)>,
    price_days: BTreeMap<String, source::Timestamp>,
}

/// What reading `policies/` came to.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The policy, where nothing keeps it from being used. A policy with error findings is not.
    pub policy: Option<Policy>,
    /// What is wrong with the documents.
    pub findings: Vec<Finding>,
}

impl Policy {
    /// Every principal, in the order of the file.
    pub fn principals(&self) -> &[Principal] {
        &self.0.principals
    }

    /// The principal of this name.
    pub fn principal(&self, name: &str) -> Option<&Principal> {
        self.0.principals.iter().find(|p| p.name == name)
    }

    /// Whose key this is, whatever its state; of an authority that several share, the first in the file.
    pub fn principal_of(&self, fingerprint: &KeyFingerprint) -> Option<(&Principal, &Key)> {
        let &(principal, key) = self.0.keys.get(fingerprint)?;
        let principal = &self.0.principals[principal];
        Some((principal, &principal.keys[key]))
    }

    /// Whom an authority's certificate for one of `names` stands for.
    pub fn principal_of_certificate(&self, authority: &KeyFingerprint, names: &[String]) -> Option<(&Principal, &Key)> {
        let fits = |key: &&Key| match &key.kind {
            KeyKind::SshAuthority { principals, .. } => {
                key.fingerprint == *authority && principals.iter().any(|name| names.contains(name))
            }
            KeyKind::Ssh(_) | KeyKind::OpenPgp { .. } => false,
        };
        self.0.principals.iter().find_map(|p| Some((p, p.keys.iter().find(fits)?)))
    }

    /// The key that a record names with its principal: what to verify a signature against.
    ///
    /// Unlike [`Policy::principal_of`] it tells apart the principals that share a certificate authority.
    pub fn key_of(&self, principal: &str, fingerprint: &KeyFingerprint) -> Option<(&Principal, &Key)> {
        let principal = self.principal(principal)?;
        Some((principal, principal.keys.iter().find(|k| k.fingerprint == *fingerprint)?))
    }

    /// Whether the principal of this name may do `action`. Whoever is not listed may do nothing.
    pub fn may(&self, principal: &str, action: Action, env: Option<&EnvName>, prompt: Option<&PromptId>) -> bool {
        self.principal(principal).is_some_and(|p| p.may(action, env, prompt))
    }

    /// Everybody who may do `action`, in the order of the file.
    pub fn who_may(&self, action: Action, env: Option<&EnvName>, prompt: Option<&PromptId>) -> Vec<&Principal> {
        self.0.principals.iter().filter(|p| p.may(action, env, prompt)).collect()
    }

    /// The environments, in the order of the file.
    pub fn environments(&self) -> &[Environment] {
        &self.0.rules.document.environments
    }

    /// The environment of this name.
    pub fn environment(&self, name: &EnvName) -> Option<&Environment> {
        self.environments().iter().find(|e| e.name == *name)
    }

    /// The families that `id` belongs to, in the order of the file.
    pub fn families_of(&self, id: &PromptId) -> Vec<&Family> {
        self.families_at(id).map(|(_, family)| family).collect()
    }

    /// The highest of what the prompt declares, its families' minimum, and the release now live.
    pub fn effective_risk(&self, id: &PromptId, declared: Risk, live: Option<Risk>) -> EffectiveRisk {
        let family = self.min_risk(id).map(|m| m.value);
        let risk = [Some(declared), family, live].into_iter().flatten().max().unwrap_or(declared);
        EffectiveRisk { risk, declared, family, live }
    }

    /// The highest minimum risk among the prompt's families.
    pub fn min_risk(&self, id: &PromptId) -> Option<Sourced<Risk>> {
        let minimum = |(at, family): (usize, &Family)| {
            let place = self.0.rules.place(&["families", &at.to_string(), "min_risk"]);
            family.min_risk.map(|risk| Sourced::new(risk, place))
        };
        self.families_at(id).filter_map(minimum).max_by_key(|m| m.value)
    }

    /// The folder of the prompt root from the top of the repository; `.` is the top.
    pub fn root(&self) -> &str {
        self.0.rules.document.root.as_deref().unwrap_or(".")
    }

    /// The oldest record format that counts.
    pub fn min_format(&self) -> u32 {
        self.0.rules.document.min_format.unwrap_or(FORMAT)
    }

    /// The first byte of `policies/policy.yaml`, for what concerns policy as a whole.
    pub fn place(&self) -> Place {
        self.0.rules.whole()
    }

    /// The families that `id` belongs to, each with the place of its name.
    pub fn family_places(&self, id: &PromptId) -> Vec<(&Family, Place)> {
        let place = |at: usize| self.0.rules.place(&["families", &at.to_string(), "name"]);
        self.families_at(id).map(|(at, family)| (family, place(at))).collect()
    }

    pub(crate) fn rules(&self) -> &PolicyDocument {
        &self.0.rules.document
    }

    pub(crate) fn rules_place(&self, path: &[&str]) -> Place {
        self.0.rules.place(path)
    }

    pub(crate) fn models_place(&self, path: &[&str]) -> Place {
        self.0.models.place(path)
    }

    fn families_at(&self, id: &PromptId) -> impl DoubleEndedIterator<Item = (usize, &Family)> {
        let families = self.0.rules.document.families.iter().enumerate();
        families.filter(move |(_, f)| f.patterns.iter().any(|p| p.matches(id)))
    }
}

#[cfg(test)]
pub(crate) mod tests;
