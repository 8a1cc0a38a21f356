//! The six kinds of record and their grammar: a subject, a blank line, `Key: value` lines in a fixed order.
//!
//! One record has one spelling. What [`Record::parse`] accepts, [`Record::render`] writes back byte for byte; anything
//! else is refused with a code. It never asks whether a record is true: signatures and chains are judged elsewhere.

mod fields;
mod lines;
mod parse;
mod reason;
mod render;
mod sound;
mod subject;

use source::{Digest, EnvName, PromptId, Risk, Timestamp, Version};

use crate::{Code, RefName, Refusal, Sequence};

pub use fields::{
    By, Cases, Link, Mode, Models, Position, PrincipalName, Root, SkipRange, SuiteRef, Upstream, Verdict,
};
pub use reason::Reason;
pub(crate) use reason::is_unprintable;

/// The record format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// The most bytes that a tag's payload may have.
pub const PAYLOAD_LIMIT: usize = 64 * 1024;

/// What one entry states: the fields that every kind has, and those of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The payload digest of `policy@00000001`; `None` only in that entry itself.
    pub repository: Option<Digest>,
    /// Who signs, with which key.
    pub by: By,
    /// The fields of its kind.
    pub body: Body,
    /// The policy entry that judges this one; `None` only in `policy@00000001`.
    pub policy: Option<Link>,
    /// Why, in one line; required for some acts.
    pub reason: Option<Reason>,
}

/// The fields of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A policy takes effect.
    Policy(PolicyBody),
    /// A version of a prompt is fixed.
    Release(ReleaseBody),
    /// A pointer-to-be is approved or rejected.
    Approval(ApprovalBody),
    /// A policy-to-be is approved or rejected.
    PolicyApproval(PolicyApprovalBody),
    /// An eval run is attested.
    Evidence(EvidenceBody),
    /// What is live in an environment changes, or is confirmed.
    Pointer(PointerBody),
}

/// `Kind: policy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyBody {
    /// Its number and what it follows.
    pub position: Position,
    /// The prompt root's path in the repository.
    pub root: Root,
    /// The digest over the files below `policies/`.
    pub documents: Digest,
    /// The oldest record format that entries citing this policy may have.
    pub minimum_format: u32,
    /// The payload digests of the approvals it cites, sorted.
    pub approvals: Vec<Digest>,
}

/// `Kind: release`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseBody {
    /// The prompt.
    pub prompt: PromptId,
    /// Its version.
    pub version: Version,
    /// Its content digest.
    pub content: Digest,
    /// Its risk, as its front matter says.
    pub risk: Risk,
}

/// `Kind: approval`, of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalBody {
    /// Where the release would become live.
    pub environment: EnvName,
    /// The prompt.
    pub prompt: PromptId,
    /// The number that the pointer would have.
    pub sequence: Sequence,
    /// The pointer that it would follow.
    pub previous: Option<Link>,
    /// The release's payload digest.
    pub release: Digest,
    /// The release's content digest.
    pub content: Digest,
    /// Yes or no.
    pub decision: Decision,
    /// The last moment at which a pointer may use it.
    pub expires: Option<Timestamp>,
}

/// `Kind: approval`, of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyApprovalBody {
    /// The number that the policy entry would have.
    pub sequence: Sequence,
    /// The policy entry that it would follow; there is always one.
    pub previous: Link,
    /// The digest over the files below `policies/`.
    pub documents: Digest,
    /// Yes or no.
    pub decision: Decision,
    /// The last moment at which the policy entry may use it.
    pub expires: Option<Timestamp>,
}

/// `Kind: evidence`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceBody {
    /// The content that was evaluated.
    pub content: Digest,
    /// Its number among the runs of that content, and the run it follows.
    pub position: Position,
    /// Which suite, as which bytes.
    pub suite: SuiteRef,
    /// The digest over the cases as they were read.
    pub dataset: Digest,
    /// Whether models were called.
    pub mode: Mode,
    /// The models that answered, sorted.
    pub models: Models,
    /// How many cases ended how.
    pub cases: Cases,
    /// What the gate said of them.
    pub verdict: Verdict,
    /// The SHA-256 of the statement that the tag points at.
    pub report: Digest,
}

/// `Kind: pointer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointerBody {
    /// Where.
    pub environment: EnvName,
    /// Which prompt.
    pub prompt: PromptId,
    /// Its number and what it follows.
    pub position: Position,
    /// What it does.
    pub action: PointerAction,
    /// The version that is live after it, or that was (`retire`).
    pub version: Version,
    /// That release's payload digest.
    pub release: Digest,
    /// That release's content digest.
    pub content: Digest,
    /// That release's risk.
    pub risk: Risk,
    /// The upstream pointers that satisfy the environments' order, sorted by environment.
    pub after: Vec<Upstream>,
    /// The payload digests of the approvals it cites, sorted.
    pub approvals: Vec<Digest>,
    /// The payload digests of the evidence it cites, sorted.
    pub evidence: Vec<Digest>,
}

/// What a pointer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PointerAction {
    /// Makes a release live.
    Promote,
    /// Goes back to a release that was live under it.
    Rollback,
    /// Stops automation; what is live stays.
    Hold,
    /// Takes the prompt out of the environment.
    Retire,
    /// Confirms what is live with a sound key.
    Seal,
}

/// An approver's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Go ahead.
    Approve,
    /// Do not.
    Reject,
}

impl PointerBody {
    /// The name of its tag.
    pub fn name(&self) -> RefName {
        RefName::Pointer(self.environment.clone(), self.prompt.clone(), self.position.sequence)
    }
}

impl PointerAction {
    /// The word that records carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Hold => "hold",
            Self::Retire => "retire",
            Self::Seal => "seal",
        }
    }

    /// Whether it needs a reason.
    pub const fn wants_reason(self) -> bool {
        !matches!(self, Self::Promote)
    }

    /// What the signer must be allowed to do.
    pub const fn action(self) -> policy::Action {
        match self {
            Self::Promote => policy::Action::Promote,
            Self::Rollback => policy::Action::Rollback,
            Self::Hold => policy::Action::Hold,
            Self::Retire => policy::Action::Retire,
            Self::Seal => policy::Action::Seal,
        }
    }
}

impl Decision {
    /// The word that records carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

impl Record {
    /// Reads a record: the message of a tag, from its subject to its last line's end.
    ///
    /// Refuses everything that [`Record::render`] would not write, each fault with its own code; a format newer than
    /// [`FORMAT`] is told apart from a malformed record.
    pub fn parse(message: &str) -> Result<Self, Refusal> {
        let record = parse::record(message)?;
        record.check()?;
        match record.render_unchecked() == message {
            true => Ok(record),
            false => Err(Refusal::new(Code::RecordNotCanonical, "the record reads well but is spelled in another way")),
        }
    }

    /// Writes the record, where it is sound; refuses one that [`Record::parse`] would refuse.
    pub fn render(&self) -> Result<String, Refusal> {
        self.check()?;
        Ok(self.render_unchecked())
    }

    /// The first line.
    pub fn subject(&self) -> String {
        subject::of(self)
    }

    /// The word in `Kind`.
    pub const fn kind(&self) -> &'static str {
        match self.body {
            Body::Policy(_) => "policy",
            Body::Release(_) => "release",
            Body::Approval(_) | Body::PolicyApproval(_) => "approval",
            Body::Evidence(_) => "evidence",
            Body::Pointer(_) => "pointer",
        }
    }

    /// Whether the ref's name says what the fields say.
    pub fn is_named(&self, name: &RefName) -> bool {
        use crate::refname::Hex16;
        let key16 = || Hex16::of(&self.by.key_digest());
        match (&self.body, name) {
            (Body::Policy(b), RefName::Policy(n)) => b.position.sequence == *n,
            (Body::Release(b), RefName::Release(id, version)) => (&b.prompt, &b.version) == (id, version),
            (Body::Evidence(b), RefName::Evidence(content, n)) => {
                (Hex16::of(&b.content), b.position.sequence) == (*content, *n)
            }
            (Body::Approval(b), RefName::Approval(env, id, n, key, _)) => {
                (&b.environment, &b.prompt, b.sequence, key16()) == (env, id, *n, *key)
            }
            (Body::PolicyApproval(b), RefName::PolicyApproval(n, key, _)) => (b.sequence, key16()) == (*n, *key),
            (Body::Pointer(b), RefName::Pointer(env, id, n)) => {
                (&b.environment, &b.prompt, b.position.sequence) == (env, id, *n)
            }
            _ => false,
        }
    }

    /// The pointer's fields, where it is one.
    pub const fn pointer(&self) -> Option<&PointerBody> {
        if let Body::Pointer(body) = &self.body { Some(body) } else { None }
    }

    /// The release's fields, where it is one.
    pub const fn release(&self) -> Option<&ReleaseBody> {
        if let Body::Release(body) = &self.body { Some(body) } else { None }
    }

    /// The policy's fields, where it is one.
    pub const fn policy_body(&self) -> Option<&PolicyBody> {
        if let Body::Policy(body) = &self.body { Some(body) } else { None }
    }

    /// The entries that this one rests on, by their payload digests: without them it counts for nothing.
    pub fn cites(&self) -> Vec<Digest> {
        let mut cited: Vec<Digest> = self.policy.iter().map(|link| link.digest).collect();
        cited.extend(self.position().and_then(|position| position.previous).map(|link| link.digest));
        match &self.body {
            Body::Policy(b) => cited.extend(&b.approvals),
            Body::Approval(b) => cited.extend(b.previous.iter().map(|link| link.digest).chain([b.release])),
            Body::PolicyApproval(b) => cited.push(b.previous.digest),
            Body::Pointer(b) => {
                cited.extend(b.after.iter().map(|after| after.link.digest));
                cited.extend(b.approvals.iter().chain(&b.evidence).chain([&b.release]));
            }
            Body::Release(_) | Body::Evidence(_) => {}
        }
        cited
    }

    /// Number and predecessor, where the kind stands in a chain.
    pub const fn position(&self) -> Option<&Position> {
        match &self.body {
            Body::Policy(b) => Some(&b.position),
            Body::Evidence(b) => Some(&b.position),
            Body::Pointer(b) => Some(&b.position),
            Body::Release(_) | Body::Approval(_) | Body::PolicyApproval(_) => None,
        }
    }
}
