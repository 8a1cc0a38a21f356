//! Whether a writer may do what is planned, said before anything is signed.

use std::collections::BTreeMap;

use policy::{Action, KeyState, Policy};
use source::{EnvName, PromptId};

use crate::demand::Demand;
use crate::judge::{Signer, held};
use crate::record::{By, PointerBody};
use crate::refname::{Attempt, Hex16};
use crate::{Ballot, Ballots, Code, RefName, Refusal};

/// Who signs, as policy knows them; a stranger is known by name only, and the permission says no.
pub(super) fn signer(by: &By, policy: &Policy) -> Signer {
    let known = policy.principal(by.principal.as_str());
    Signer { principal: by.principal.as_str().to_owned(), automation: known.is_some_and(|p| p.automation), leaf: None }
}

pub(super) fn permission(by: &By, policy: &Policy, action: Action, body: Option<&PointerBody>) -> Demand {
    let title = match body {
        Some(body) => format!("{} may {action} {} in {}", by.principal, body.prompt, body.environment),
        None => format!("{} may {action}", by.principal),
    };
    permission_of(by, policy, action, body.map(|b| &b.environment), body.map(|b| &b.prompt), title)
}

pub(super) fn permission_for_prompt(by: &By, policy: &Policy, action: Action, prompt: &PromptId) -> Demand {
    permission_of(by, policy, action, None, Some(prompt), format!("{} may {action} {prompt}", by.principal))
}

/// Whether the key is the principal's, active, and allows this.
pub(super) fn permission_of(
    by: &By,
    policy: &Policy,
    action: Action,
    env: Option<&EnvName>,
    prompt: Option<&PromptId>,
    title: String,
) -> Demand {
    // Whoever has only keys that sign nothing any more is no help.
    let who = policy.who_may(action, env, prompt).iter().filter(|p| p.signs()).map(|p| p.name.clone()).collect();
    let key = by.key.to_string();
    let refusal = match held(policy, by) {
        None => Some(Refusal::new(Code::KeyUnknown, format!("policy knows no key {key}"))),
        Some((p, _)) if p.name != by.principal.as_str() => {
            Some(Refusal::new(Code::PrincipalMismatch, format!("the key {key} is `{}`'s", p.name)))
        }
        Some((_, k)) if k.state == KeyState::Retired => {
            Some(Refusal::new(Code::KeyRetired, format!("the key {key} is retired")))
        }
        Some((_, k)) if k.state == KeyState::Revoked => {
            Some(Refusal::new(Code::KeyRevoked, format!("the key {key} is revoked")))
        }
        Some((p, _)) if !p.may(action, env, prompt) => {
            Some(Refusal::new(Code::NotAllowed, format!("`{}` may not", p.name)))
        }
        Some(_) => None,
    };
    let own = policy.principal(by.principal.as_str()).filter(|p| p.signs() && p.may(action, env, prompt));
    let ended = |code| matches!(code, Code::KeyRevoked | Code::KeyRetired);
    match refusal {
        Some(refusal) if ended(refusal.code) && own.is_some() => Demand::unmet(title, refusal)
            .who(who)
            .help(|| Some("sign with another key of yours that is active: git config user.signingKey PATH".to_owned())),
        Some(refusal) => Demand::unmet(title, refusal).who(who),
        None => Demand::met(title, key),
    }
}

/// The number of a key's next decision: the lowest that is free above its last one that counts. Whoever can create tags
/// can take numbers, but not the word from anybody.
pub(super) fn next_attempt<'n>(
    taken: impl Iterator<Item = &'n RefName>,
    ballots: &Ballots,
    key: Hex16,
) -> Result<Attempt, Refusal> {
    let taken: BTreeMap<Attempt, &RefName> = taken
        .filter_map(|name| match name {
            RefName::Approval(.., of, k) | RefName::PolicyApproval(_, of, k) if *of == key => Some((*k, name)),
            _ => None,
        })
        .collect();
    let own = ballots.valid.iter().filter(|b| Hex16::of(&b.by().key_digest()) == key);
    let last = own.map(Ballot::attempt).max();
    let first = last.map_or(Some(Attempt::FIRST), Attempt::next);
    let exhausted = |detail: String| Refusal::new(Code::NumbersExhausted, detail);
    let Some(first) = first else {
        return Err(exhausted("this key has decided about this entry under the last number, 99".to_owned()));
    };
    let mut free = std::iter::successors(Some(first), |k| k.next()).filter(|k| !taken.contains_key(k));
    free.next().ok_or_else(|| {
        let name = taken.get(&first).map_or_else(String::new, ToString::to_string);
        let detail = format!(
            "tags that are no decisions of this key stand in every place; make room: git tag -d {name}; \
             git push REMOTE :refs/tags/{name}"
        );
        exhausted(detail)
    })
}
