//! Releases: judged once by the policy they cite, and held against what their commit really contains.

use policy::Action;

use crate::contents::{ContentError, PromptFacts};
use crate::judge::{Fault, Found, Judge, Signer};
use crate::policies::Policies;
use crate::record::{PointerBody, ReleaseBody, Root};
use crate::{Code, ObjectId, Refusal, SignedTag};

/// A valid release.
#[derive(Debug, Clone)]
pub struct Release {
    found: Found,
    /// Who signed it.
    pub signer: Signer,
    /// Where the prompt root lies, by the policy it cites.
    pub root: Root,
}

impl Release {
    /// Judges the release whose tag object is `id`.
    pub(crate) fn read(judge: &Judge<'_>, policies: &Policies, id: &ObjectId) -> Result<Self, Fault> {
        let tag = judge.read(id).map_err(|r| match r.code {
            Code::ObjectMissing => Refusal { code: Code::ReleaseMissing, ..r },
            _ => r,
        })?;
        let found = Found { id: *id, tag };
        let name = found.tag.name().clone();
        Self::judge(judge, policies, found).map_err(|fault| fault.about(&name))
    }

    pub(crate) fn judge(judge: &Judge<'_>, policies: &Policies, found: Found) -> Result<Self, Fault> {
        let tag = &found.tag;
        let body = tag.record().release();
        let body = body.ok_or_else(|| Refusal::new(Code::ReleaseMismatch, "the entry points at no release"))?;
        judge.check_repository(tag, &policies.root())?;
        let judging = policies.judging(judge, tag)?;
        let signer = judge.authorise(tag, judging.policy(judge)?, Action::Release, None, Some(&body.prompt))?;
        judge.check_clock(tag)?;
        let root = judging.body().root.clone();
        Ok(Self { found, signer, root })
    }

    /// The release's tag.
    pub const fn tag(&self) -> &SignedTag {
        &self.found.tag
    }

    /// Where the tag object lies.
    pub const fn id(&self) -> &ObjectId {
        &self.found.id
    }

    /// The commit that holds the prompt.
    pub const fn commit(&self) -> &ObjectId {
        self.found.tag.target()
    }

    /// Its fields.
    pub fn body(&self) -> &ReleaseBody {
        self.tag().record().release().expect("a release holds a release record")
    }

    /// Refuses a pointer that says something else of the release than the release itself.
    pub(crate) fn check_pointer(&self, pointer: &PointerBody) -> Result<(), Refusal> {
        let body = self.body();
        let unlike = |what: &str| {
            let detail = format!("the release it points at ({}) has another {what}", self.tag().name());
            Err(Refusal::new(Code::ReleaseMismatch, detail))
        };
        if self.tag().digest() != pointer.release {
            return unlike("digest");
        }
        if (&body.prompt, &body.version) != (&pointer.prompt, &pointer.version) {
            return unlike("prompt or version");
        }
        if (body.content, body.risk) != (pointer.content, pointer.risk) {
            return unlike("content or risk");
        }
        Ok(())
    }

    /// Compiles the prompt from its commit's raw blobs and refuses what is not what the release was signed for.
    pub fn check_content(&self, judge: &Judge<'_>) -> Result<PromptFacts, Refusal> {
        check_content(judge, self.commit(), &self.root, self.body()).map_err(|r| r.about(self.tag().name()))
    }
}

/// The prompt as `commit` holds it; refused where it is not what `body` says.
pub(crate) fn check_content(
    judge: &Judge<'_>,
    commit: &ObjectId,
    root: &Root,
    body: &ReleaseBody,
) -> Result<PromptFacts, Refusal> {
    let facts = judge.contents.prompt(commit, root, &body.prompt).map_err(content_refusal)?;
    let unlike = |what: &str, found: String| {
        Err(Refusal::new(Code::ContentMismatch, format!("the commit holds the {what} {found}")))
    };
    if facts.content != body.content {
        return unlike("content", facts.content.tagged());
    }
    if facts.version != body.version {
        return unlike("version", facts.version.to_string());
    }
    if facts.risk != body.risk {
        return unlike("risk", facts.risk.to_string());
    }
    Ok(facts)
}

pub(crate) fn content_refusal(error: ContentError) -> Refusal {
    match error {
        ContentError::Missing(why) => Refusal::new(Code::ObjectMissing, why),
        ContentError::Unusable(why) => Refusal::new(Code::ContentUnusable, why),
        ContentError::Unreadable(why) => Refusal::new(Code::Unreadable, why),
    }
}
