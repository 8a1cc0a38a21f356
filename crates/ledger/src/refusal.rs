//! A refusal: which way to fail, the particulars, and the tag it is about.

use std::fmt;

use crate::RefName;
use crate::code::{Class, Code};

/// Why the ledger says no. Displays as `code: particulars (tag)`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Refusal {
    /// Which way to fail.
    pub code: Code,
    /// The particulars: one lower-case clause. It may quote hostile text; escape it where it is shown.
    pub detail: String,
    /// The tag it is about, without `refs/tags/`.
    pub tag: Option<String>,
}

impl Refusal {
    /// A refusal about no particular tag yet.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), tag: None }
    }

    /// The same, about `tag`, unless it already names one.
    #[must_use]
    pub fn about(mut self, tag: impl fmt::Display) -> Self {
        self.tag.get_or_insert_with(|| tag.to_string());
        self
    }

    /// What to do, with what the table calls `NAME`, `ID` and `ENV` where the tag tells.
    pub fn remedy(&self) -> String {
        let remedy = self.code.entry().remedy;
        let Some(name) = &self.tag else { return remedy.to_owned() };
        let tag = &*source::escape::shell(name);
        match (self.code, name.parse()) {
            (Code::RootMismatch, Err(_)) => format!(
                "Find out which is right. If it is the ledger that is trusted here, take {tag} away and write it anew: \
                 `promptuary trust lock`; if it is the file's, `promptuary trust pin DIGEST`."
            ),
            (Code::ApprovalsMissing, Ok(RefName::Policy(_))) => {
                "Ask another maintainer for approval: `promptuary policy approve --rev COMMIT`.".to_owned()
            }
            (code, Ok(RefName::Pointer(env, id, _))) if is_junk(code) => format!(
                "{} Where the remote has it like this for everybody, it is junk, and the next entry passes over it: \
                 `promptuary hold {id} --env {env} --reason \"…\"`.",
                remedy.replace("NAME", tag)
            ),
            (code, Ok(RefName::Policy(_))) if is_junk(code) => format!(
                "{} Where the remote has it like this for everybody, it is junk, and the next `promptuary policy publish` \
                 passes over it.",
                remedy.replace("NAME", tag)
            ),
            (_, Ok(RefName::Pointer(env, id, _) | RefName::Approval(env, id, ..))) => {
                let (id_at, id_end) = (format!("{id}@VERSION"), format!("status {id}"));
                let remedy = remedy.replace("ID@VERSION", &id_at).replace("status ID", &id_end);
                remedy.replace("--env ENV", &format!("--env {env}")).replace("NAME", tag)
            }
            _ => remedy.replace("NAME", tag),
        }
    }

    /// What it means for a verifier.
    pub fn class(&self) -> Class {
        self.code.class()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)?;
        self.tag.as_ref().map_or(Ok(()), |tag| write!(f, " ({tag})"))
    }
}

impl std::error::Error for Refusal {}

/// Whether anybody who can create tags can bring it about, with no key that policy knows.
const fn is_junk(code: Code) -> bool {
    matches!(
        code,
        Code::TagLightweight
            | Code::TagMalformed
            | Code::TagTooLarge
            | Code::TargetKind
            | Code::RefMismatch
            | Code::NameMismatch
            | Code::TagUnsigned
            | Code::ArmorNotCanonical
            | Code::RecordMalformed
            | Code::RecordNotCanonical
            | Code::RecordContradicts
            | Code::SubjectMismatch
            | Code::SignatureMalformed
            | Code::SignatureWrong
            | Code::SignatureWeak
            | Code::SignatureNamespace
            | Code::SignerMismatch
            | Code::KeyUnknown
            | Code::PrincipalMismatch
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_names_what_the_tag_tells() {
        let remedy = |code, tag: &str| Refusal::new(code, "x").about(tag).remedy();
        let pointer = "env/prod/support/triage@00000002";
        assert!(remedy(Code::TagMoved, pointer).contains(&format!("`promptuary sync --give-up {pointer}`")));
        let approve = "`promptuary approve support/triage@VERSION --env prod`";
        assert!(remedy(Code::ApprovalsMissing, pointer).contains(approve));
        assert!(remedy(Code::ApprovalsMissing, "policy@00000002").contains("`promptuary policy approve "));
        assert!(remedy(Code::RootMismatch, ".promptuary.lock").contains("trust lock"));
        assert!(!remedy(Code::RootMismatch, "policy@00000001").contains("trust lock"));
        assert!(remedy(Code::TagLightweight, pointer).contains("`promptuary hold support/triage --env prod "));
        assert!(remedy(Code::TagUnsigned, "policy@00000002").contains("`promptuary policy publish`"));
        // What a shell would read is pasted as one word, in quotes.
        assert!(remedy(Code::StrayTag, "env/$(x)").contains("`git tag -d 'env/$(x)'`"));
    }
}
