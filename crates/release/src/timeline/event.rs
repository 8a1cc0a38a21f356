//! One entry as the timeline tells it: what the tag claims, whether or not it holds.

use ledger::record::{Body, Link};
use ledger::{RefName, Refusal, Sequence, SignedTag};
use policy::KeyFingerprint;
use source::{Digest, EnvName, PromptId, Timestamp, Version};

/// One entry, or a tag that would be one.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Event {
    /// When, as its signer says; absent where the tag cannot be read.
    pub at: Option<Timestamp>,
    /// The tag.
    pub tag: String,
    /// The entry's identity; absent where the tag cannot be read.
    pub entry: Option<Digest>,
    /// `policy`, `release`, `approve`, `reject`, `attest`, `promote`, `rollback`, `hold`, `retire` or `seal`; `unknown`
    /// where the tag cannot be read.
    pub act: &'static str,
    /// The prompt; absent for policy.
    pub prompt: Option<PromptId>,
    /// The environment; absent for policy, releases and evidence.
    pub environment: Option<EnvName>,
    /// The version; absent for policy.
    pub version: Option<Version>,
    /// The version that was live before a pointer.
    pub before: Option<Version>,
    /// The number; absent for releases. A decision has that of the entry it is about.
    pub sequence: Option<Sequence>,
    /// The principal who signed, as the tag says; only a signature that holds proves it.
    pub by: String,
    /// The key.
    pub key: Option<KeyFingerprint>,
    /// Whether policy knows the signer as a machine; absent where nobody asked.
    pub automation: Option<bool>,
    /// The policy that it cites; absent in the first.
    pub policy: Option<Link>,
    /// The digests of the approvals it cites.
    pub approvals: Vec<Digest>,
    /// Whose approvals these are.
    pub approved_by: Vec<String>,
    /// The digests of the evidence it cites.
    pub evidence: Vec<Digest>,
    /// What that evidence, or this one, says: `48 of 50 passed, live, by eve@example.com`.
    pub attested: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// Why it counts for nothing; absent where it holds.
    pub refusal: Option<Refusal>,
}

/// What the entry in `tag` says.
pub(super) fn event(tag: &SignedTag) -> Event {
    let record = tag.record();
    let (pointer, release) = (record.pointer(), record.release());
    let mut event = Event {
        at: Some(tag.time()),
        tag: tag.name().to_string(),
        entry: Some(tag.digest()),
        act: "policy",
        prompt: pointer.map(|p| p.prompt.clone()).or_else(|| release.map(|r| r.prompt.clone())),
        environment: pointer.map(|p| p.environment.clone()),
        version: pointer.map(|p| p.version.clone()).or_else(|| release.map(|r| r.version.clone())),
        before: None,
        sequence: record.position().map(|p| p.sequence),
        by: record.by.principal.to_string(),
        key: Some(record.by.key.clone()),
        automation: None,
        policy: record.policy,
        approvals: pointer.map(|p| p.approvals.clone()).unwrap_or_default(),
        approved_by: Vec::new(),
        evidence: pointer.map(|p| p.evidence.clone()).unwrap_or_default(),
        attested: Vec::new(),
        reason: record.reason.as_ref().map(|r| r.as_str().to_owned()),
        refusal: None,
    };
    match &record.body {
        Body::Policy(body) => event.approvals = body.approvals.clone(),
        Body::Release(_) => event.act = "release",
        Body::Pointer(body) => event.act = body.action.as_str(),
        Body::Evidence(_) => event.act = "attest",
        Body::Approval(body) => {
            event.act = body.decision.as_str();
            event.prompt = Some(body.prompt.clone());
            event.environment = Some(body.environment.clone());
            event.sequence = Some(body.sequence);
        }
        Body::PolicyApproval(body) => {
            event.act = body.decision.as_str();
            event.sequence = Some(body.sequence);
        }
    }
    event
}

/// What the name of a tag alone says.
pub(super) fn unknown(name: &RefName) -> Event {
    let (prompt, environment, version, sequence) = match name {
        RefName::Policy(n) | RefName::PolicyApproval(n, ..) | RefName::Evidence(_, n) => (None, None, None, Some(*n)),
        RefName::Release(id, version) => (Some(id.clone()), None, Some(version.clone()), None),
        RefName::Pointer(env, id, n) | RefName::Approval(env, id, n, ..) => {
            (Some(id.clone()), Some(env.clone()), None, Some(*n))
        }
    };
    Event { prompt, environment, version, sequence, ..Event::nameless(name.to_string()) }
}

impl Event {
    /// A tag that has none of our names.
    pub(crate) fn stray(error: ledger::refname::RefNameError) -> Self {
        let refusal = Refusal::new(ledger::Code::StrayTag, error.why).about(&error.name);
        let name = error.name.trim_start_matches("refs/tags/").to_owned();
        Self { refusal: Some(refusal), ..Self::nameless(name) }
    }

    fn nameless(tag: String) -> Self {
        Self {
            at: None,
            tag,
            entry: None,
            act: "unknown",
            prompt: None,
            environment: None,
            version: None,
            before: None,
            sequence: None,
            by: String::new(),
            key: None,
            automation: None,
            policy: None,
            approvals: Vec::new(),
            approved_by: Vec::new(),
            evidence: Vec::new(),
            attested: Vec::new(),
            reason: None,
            refusal: None,
        }
    }
}
