//! The answer: a compiled prompt and where it comes from.

use ledger::Sequence;
use ledger::chain::Chain;
use prompt::Compiled;
use source::{Digest, EnvName, ModelName, PromptId, Risk, Timestamp, Version};

/// A verified prompt, with everything that says why it is the one.
///
/// Serialised, it is the answer of `promptuary resolve --format json`; the names are final.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Resolved {
    /// The prompt.
    pub prompt: PromptId,
    /// The environment.
    pub environment: EnvName,
    /// The version.
    pub version: Version,
    /// The content digest; of the canonical bytes of `compiled`.
    pub content: Digest,
    /// The model, routes resolved.
    pub model: ModelName,
    /// The release's risk.
    pub risk: Risk,
    /// The number of the newest entry.
    pub sequence: Sequence,
    /// The newest entry's identity.
    pub entry: Digest,
    /// The release's identity.
    pub release: Digest,
    /// When this release became live.
    pub since: Timestamp,
    /// Whether automation stands still.
    pub held: bool,
    /// The number of the policy in effect.
    pub policy: Sequence,
    /// The identity of the ledger: the digest of its first policy.
    pub root: Digest,
    /// Whether the root had been pinned before, or was taken at its word.
    pub pinned: bool,
    /// When the ledger was last fetched; absent where it never was, or there is no remote.
    pub synced: Option<Timestamp>,
    /// What to put on traces and logs.
    pub telemetry: Telemetry,
    /// The prompt, ready to render.
    #[serde(serialize_with = "canonical")]
    pub compiled: Compiled,
}

/// Attributes for traces and logs, under fixed names.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Telemetry {
    /// The prompt's id.
    #[serde(rename = "promptuary.prompt.id")]
    pub prompt: PromptId,
    /// Its version.
    #[serde(rename = "promptuary.prompt.version")]
    pub version: Version,
    /// Its content digest.
    #[serde(rename = "promptuary.prompt.content")]
    pub content: Digest,
    /// The environment.
    #[serde(rename = "promptuary.environment")]
    pub environment: EnvName,
    /// The pointer's number.
    #[serde(rename = "promptuary.sequence")]
    pub sequence: Sequence,
}

/// What the answer is made of.
pub(crate) struct Parts<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) compiled: Compiled,
    pub(crate) policy: Sequence,
    pub(crate) root: Digest,
    pub(crate) pinned: bool,
    pub(crate) synced: Option<Timestamp>,
}

impl Resolved {
    pub(crate) fn of(parts: Parts<'_>) -> Result<Self, ledger::Refusal> {
        let (tip, live) = parts.chain.require_live()?;
        let (prompt, environment) = (parts.chain.prompt.clone(), parts.chain.environment.clone());
        let sequence = tip.link().sequence;
        let telemetry = Telemetry {
            prompt: prompt.clone(),
            version: live.version.clone(),
            content: live.content,
            environment: environment.clone(),
            sequence,
        };
        Ok(Self {
            prompt,
            environment,
            version: live.version.clone(),
            content: live.content,
            model: parts.compiled.model.clone(),
            risk: live.risk,
            sequence,
            entry: tip.tag().digest(),
            release: live.release,
            since: live.at,
            held: tip.held,
            policy: parts.policy,
            root: parts.root,
            pinned: parts.pinned,
            synced: parts.synced,
            telemetry,
            compiled: parts.compiled,
        })
    }
}

fn canonical<S: serde::Serializer>(compiled: &Compiled, s: S) -> Result<S::Ok, S::Error> {
    use serde::Serialize as _;
    let value: serde_json::Value = serde_json::from_str(&compiled.canonical()).map_err(serde::ser::Error::custom)?;
    value.serialize(s)
}
