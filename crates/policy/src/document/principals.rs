//! `policies/principals.yaml`: who may sign what, with which keys.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::principal::KeyState;

/// Who may sign what, with which keys. Whoever is not listed may do nothing.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "policies/principals.yaml")]
pub struct PrincipalsDocument {
    /// The format of this document: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// People and machines.
    pub principals: Vec<PrincipalDocument>,
}

/// A person or a machine.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrincipalDocument {
    /// The name that records carry, usually an e-mail address: no spaces.
    pub name: String,
    /// The keys; each belongs to one principal only.
    #[schemars(length(min = 1))]
    pub keys: Vec<KeyDocument>,
    /// A machine: may promote where its roles say so, but never approves, and stands still after a rollback or a hold.
    #[serde(default)]
    pub automation: bool,
    /// What they may do; nothing by default.
    #[serde(default)]
    pub roles: Roles,
}

/// A key: exactly one of `ssh`, `ssh_authority` and `openpgp`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = serde_json::json!([
    { "required": ["ssh"] },
    { "required": ["ssh_authority"] },
    { "required": ["openpgp"] },
])))]
pub struct KeyDocument {
    /// An SSH public key as `ssh-keygen` writes it: `ssh-ed25519 AAAA… comment`.
    #[serde(default)]
    #[schemars(regex(
        pattern = r"^\s*(ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9-]+)(@openssh\.com)?\s+AAAA[0-9A-Za-z+/]+=*(\s.*)?$"
    ))]
    pub ssh: Option<String>,
    /// The public key of an SSH certificate authority whose certificates count for this principal.
    #[serde(default)]
    pub ssh_authority: Option<String>,
    /// The names in a certificate that mean this principal; needed with `ssh_authority`.
    #[serde(default)]
    pub certificate_principals: Vec<String>,
    /// The fingerprint of an OpenPGP primary key: 40 or 64 hex digits, spaces allowed.
    #[serde(default)]
    pub openpgp: Option<String>,
    /// The armored OpenPGP public key; needed with `openpgp`.
    #[serde(default)]
    pub public_key: Option<String>,
    /// `active` (default); `retired`: signs nothing new, what it signed lives on; `revoked`: nothing of it stands.
    #[serde(default)]
    pub state: KeyState,
    /// A remark for people: which device, since when.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a principal may do. Prompts are given as globs over ids or as `family:NAME`; environments by name, or `"*"`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Changes these documents.
    #[serde(default)]
    pub maintainer: bool,
    /// Signs eval evidence.
    #[serde(default)]
    pub attester: bool,
    /// Releases these prompts.
    #[serde(default)]
    pub releaser: Vec<String>,
    /// Promotes these prompts to these environments; may also roll back, hold and retire them there.
    #[serde(default)]
    pub promoter: BTreeMap<String, Vec<String>>,
    /// Rolls back and holds these prompts in these environments, for people on call.
    #[serde(default)]
    pub operator: BTreeMap<String, Vec<String>>,
    /// Approves promotions of these prompts to these environments.
    #[serde(default)]
    pub approver: BTreeMap<String, Vec<String>>,
}
