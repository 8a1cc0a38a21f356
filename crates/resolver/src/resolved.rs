//! The answer: a compiled prompt and where it comes from.

use ledger::chain::Chain;
use ledger::{Glance, Sequence, SignedTag};
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

/// What holds for the answer as a whole.
pub(crate) struct Frame {
    pub(crate) policy: Sequence,
    pub(crate) root: Digest,
    pub(crate) pinned: bool,
    pub(crate) synced: Option<Timestamp>,
}

impl Resolved {
    /// The answer that a whole chain gives.
    pub(crate) fn of(chain: &Chain, compiled: Compiled, frame: Frame) -> Result<Self, ledger::Refusal> {
        let (tip, live) = chain.require_live()?;
        Ok(Self::made(tip.tag(), live.release, live.at, tip.held, compiled, frame))
    }

    /// The answer that a glance at a chain's tip gives.
    pub(crate) fn by_glance(glance: &Glance, compiled: Compiled, frame: Frame) -> Self {
        Self::made(&glance.tip, glance.release.digest(), glance.at, glance.held, compiled, frame)
    }

    /// `tip` names what is live, whatever it did.
    fn made(tip: &SignedTag, release: Digest, since: Timestamp, held: bool, compiled: Compiled, frame: Frame) -> Self {
        let body = tip.record().pointer().expect("a chain's tip is a pointer");
        let (prompt, environment) = (body.prompt.clone(), body.environment.clone());
        let (version, content, sequence) = (body.version.clone(), body.content, body.position.sequence);
        let telemetry = Telemetry {
            prompt: prompt.clone(),
            version: version.clone(),
            content,
            environment: environment.clone(),
            sequence,
        };
        Self {
            prompt,
            environment,
            version,
            content,
            model: compiled.model.clone(),
            risk: body.risk,
            sequence,
            entry: tip.digest(),
            release,
            since,
            held,
            policy: frame.policy,
            root: frame.root,
            pinned: frame.pinned,
            synced: frame.synced,
            telemetry,
            compiled,
        }
    }
}

fn canonical<S: serde::Serializer>(compiled: &Compiled, s: S) -> Result<S::Ok, S::Error> {
    use serde::Serialize as _;
    let value: serde_json::Value = serde_json::from_str(&compiled.canonical()).map_err(serde::ser::Error::custom)?;
    value.serialize(s)
}
