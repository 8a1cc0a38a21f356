//! What a policy entry binds: the documents of its commit, held against what the entry says of them.

use std::collections::BTreeMap;

use policy::Policy;

use super::PolicyEntry;
use crate::contents::{ContentError, PolicyFacts};
use crate::judge::{Found, Judge, held};
use crate::record::PolicyBody;
use crate::{Code, Refusal, Sequence, SignedTag};

/// The documents that a policy entry binds, from its commit; refused where they are others or cannot be used.
pub(crate) fn documents(judge: &Judge<'_>, tag: &SignedTag) -> Result<Policy, Refusal> {
    let body = tag.record().policy_body().expect("a policy entry holds a policy record");
    bound(body, judge.contents.policy(tag.target(), &body.root).map_err(content_refusal)?)
}

/// What a commit holds, refused where it is not what the entry binds.
fn bound(body: &PolicyBody, facts: PolicyFacts) -> Result<Policy, Refusal> {
    let unlike = |what: &str| Err(Refusal::new(Code::PolicyDocuments, format!("its commit holds {what}")));
    if facts.documents != body.documents {
        return unlike(&format!("documents with the digest {}", facts.documents.tagged()));
    }
    if facts.policy.root() != body.root.to_string() {
        return unlike(&format!("the prompt root `{}`", facts.policy.root()));
    }
    if facts.policy.min_format() != body.minimum_format {
        return unlike(&format!("the minimum format {}", facts.policy.min_format()));
    }
    Ok(facts.policy)
}

pub(crate) fn content_refusal(error: ContentError) -> Refusal {
    match error {
        ContentError::Missing(why) => Refusal::new(Code::ObjectMissing, why),
        ContentError::Unusable(why) => Refusal::new(Code::PolicyDocuments, why),
        ContentError::Unreadable(why) => Refusal::new(Code::Unreadable, why),
    }
}

/// The documents that the entries after the first bind, as far as they can be used, parsed on all processors.
///
/// Only of entries that a key of the first policy signed: nobody else makes us read what they like.
pub(super) fn ahead(
    judge: &Judge<'_>,
    first: &PolicyEntry,
    parsed: &BTreeMap<Sequence, Found>,
) -> BTreeMap<Sequence, Policy> {
    let Ok(root) = first.policy(judge) else { return BTreeMap::new() };
    let is_known = |found: &Found| {
        let by = &found.tag.record().by;
        held(root, by).is_some() && found.tag.own_key().is_some_and(|key| key == by.key)
    };
    let body = |found: &Found| found.tag.record().policy_body().cloned();
    let entries: Vec<_> =
        parsed.iter().filter(|(_, f)| is_known(f)).filter_map(|(n, f)| Some((*n, *f.tag.target(), body(f)?))).collect();
    let wanted: Vec<_> = entries.iter().map(|(_, commit, body)| (*commit, body.root.clone())).collect();
    let found = judge.contents.policies(&wanted);
    let usable = entries.iter().zip(found).filter_map(|((n, _, body), facts)| Some((*n, bound(body, facts?).ok()?)));
    usable.collect()
}
