//! What every entry is asked, whatever its kind: is it ours, whole, signed by whom it says, and allowed.

use policy::{Action, KeyKind, KeyState, Policy};
use source::{Digest, EnvName, PromptId, Timestamp};

use crate::record::{By, FORMAT};
use crate::tag::{Newer, SignedTag, TAG_LIMIT};
use crate::{Code, Contents, External, ObjectId, ObjectKind, RefName, Refusal, Tags, signature};

/// Seconds by which clocks may differ.
pub const CLOCK_TOLERANCE: i64 = 300;

/// Seconds ahead of this machine's clock from which an entry's date is no date.
pub const FAR_AHEAD: i64 = 7 * 24 * 3600;

/// What a verdict is made of: the repository, the programs, the time. Nothing else is looked at.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// Refs and objects.
    pub tags: &'a dyn Tags,
    /// The content of commits.
    pub contents: &'a dyn Contents,
    /// Other programs' verdicts on certificates and OpenPGP.
    pub external: &'a dyn External,
    /// The time now, as this machine's clock says.
    pub now: Timestamp,
}

/// Who signed an entry, as the policy it cites knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The principal's name.
    pub principal: String,
    /// Whether it is a machine.
    pub automation: bool,
    /// The digest of the SSH key that signed, under a certificate or by itself: one key is one voice.
    pub leaf: Option<Digest>,
}

/// An entry, and where it lies.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where the tag object lies.
    pub id: ObjectId,
    /// What it says.
    pub tag: SignedTag,
}

/// Why a candidate is no entry.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It counts for nothing; another entry may pass over it.
    Junk(Refusal),
    /// Nothing after it can be judged.
    Stop(Refusal),
}

impl Fault {
    pub(crate) fn about(self, tag: &RefName) -> Self {
        match self {
            Self::Junk(r) => Self::Junk(r.about(tag)),
            Self::Stop(r) => Self::Stop(r.about(tag)),
        }
    }

    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Self::Junk(refusal) | Self::Stop(refusal) => refusal,
        }
    }
}

/// What cannot be decided here stops; what is wrong is junk.
impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal.class() {
            crate::Class::CannotVerify => Self::Stop(refusal),
            _ => Self::Junk(refusal),
        }
    }
}

impl Judge<'_> {
    /// Every entry's ref below `prefix` that has one of our names, sorted by name; strays are left out.
    pub(crate) fn list(&self, prefix: &str) -> Result<Vec<(RefName, ObjectId)>, Refusal> {
        let refs = self.tags.list(prefix).map_err(unreadable)?;
        Ok(refs.into_iter().filter_map(|(full, id)| Some((RefName::from_full(&full).ok()?, id))).collect())
    }

    /// The entry at `id`, whichever name it was signed for.
    pub(crate) fn read(&self, id: &ObjectId) -> Result<SignedTag, Refusal> {
        SignedTag::parse(&self.tag_bytes(id)?)
    }

    /// The entry that the ref `name` holds.
    pub(crate) fn read_at(&self, name: &RefName, id: &ObjectId) -> Result<Found, Refusal> {
        let tag = self.read(id).map_err(|r| Refusal { tag: Some(name.to_string()), ..r })?;
        if tag.name() != name {
            let detail = format!("it was signed as `{}`", tag.name());
            return Err(Refusal::new(Code::RefMismatch, detail).about(name));
        }
        Ok(Found { id: *id, tag })
    }

    pub(crate) fn tag_bytes(&self, id: &ObjectId) -> Result<Vec<u8>, Refusal> {
        let missing = || Refusal::new(Code::ObjectMissing, format!("the tag object {id} is not here"));
        let object = self.tags.object(id, TAG_LIMIT).map_err(unreadable)?.ok_or_else(missing)?;
        match object.kind {
            ObjectKind::Tag => Ok(object.bytes),
            kind => Err(Refusal::new(Code::TagLightweight, format!("it points at the {kind} {id}"))),
        }
    }

    /// Refuses unless the entry was signed by whom it says, with a key that `policy` holds active, and allows this.
    pub(crate) fn authorise(
        &self,
        tag: &SignedTag,
        policy: &Policy,
        action: Action,
        env: Option<&EnvName>,
        prompt: Option<&PromptId>,
    ) -> Result<Signer, Refusal> {
        let signer = self.authenticate(tag, policy)?;
        if !policy.may(&signer.principal, action, env, prompt) {
            let what = match (prompt, env) {
                (Some(prompt), Some(env)) => format!("{action} {prompt} in {env}"),
                (Some(prompt), None) => format!("{action} {prompt}"),
                _ => action.to_string(),
            };
            return Err(Refusal::new(Code::NotAllowed, format!("`{}` may not {what}", signer.principal)));
        }
        Ok(signer)
    }

    /// Refuses unless the entry was signed by whom it says, with a key that `policy` holds active.
    pub(crate) fn authenticate(&self, tag: &SignedTag, policy: &Policy) -> Result<Signer, Refusal> {
        let by = &tag.record().by;
        let Some((principal, key)) = held(policy, by) else {
            // Whether the signature is even right tells a stranger from a forger.
            if tag.own_key().is_some_and(|key| key != by.key) {
                return Err(Refusal::new(Code::SignerMismatch, "another key signed than the one that `By` names"));
            }
            return Err(Refusal::new(Code::KeyUnknown, format!("`By` names the key {}", by.key)));
        };
        if principal.name != by.principal.as_str() {
            let detail = format!("the key is `{}`'s, `By` says `{}`", principal.name, by.principal);
            return Err(Refusal::new(Code::PrincipalMismatch, detail));
        }
        tag.verify(key, self.external)?;
        let leaf = signature::leaf(tag.signature());
        if matches!(key.kind, KeyKind::SshAuthority { .. }) {
            let names = leaf.as_ref().map_or(&[][..], |leaf| &leaf.names);
            one_meaning(policy, key, names)?;
        }
        match key.state {
            KeyState::Active => {}
            KeyState::Retired => return Err(Refusal::new(Code::KeyRetired, key_of(principal, &by.key))),
            KeyState::Revoked => return Err(Refusal::new(Code::KeyRevoked, key_of(principal, &by.key))),
        }
        if policy.min_format() > FORMAT {
            let detail = format!("it has record format {FORMAT}, its policy accepts {} and newer", policy.min_format());
            return Err(Refusal::new(Code::FormatTooOld, detail));
        }
        let leaf = leaf.map(|leaf| leaf.key);
        Ok(Signer { principal: principal.name.clone(), automation: principal.automation, leaf })
    }

    /// Refuses an entry of another ledger.
    pub(crate) fn check_repository(&self, tag: &SignedTag, root: &Digest) -> Result<(), Refusal> {
        if tag.record().repository == Some(*root) { Ok(()) } else { Err(self.foreign(tag)) }
    }

    /// Why an entry is another ledger's.
    pub(crate) fn foreign(&self, tag: &SignedTag) -> Refusal {
        let detail = match tag.record().repository {
            Some(other) => format!("it belongs to the ledger {}", other.tagged()),
            None => format!("it begins a ledger of its own, {}", tag.digest().tagged()),
        };
        Refusal::new(Code::RepositoryMismatch, detail)
    }

    /// Refuses an entry from the future: this machine's clock is behind, or the signer's was ahead.
    ///
    /// One that is days ahead is no question of clocks: it counts for nothing, so that nobody can stop a chain until the
    /// year 9999.
    pub(crate) fn check_clock(&self, tag: &SignedTag) -> Result<(), Fault> {
        let ahead = tag.time().0.saturating_sub(self.now.0);
        if ahead <= CLOCK_TOLERANCE {
            return Ok(());
        }
        let detail = format!("the entry was signed at {}, the clock here says {}", tag.time(), self.now);
        let refusal = Refusal::new(Code::ClockBehind, detail);
        Err(if ahead > FAR_AHEAD { Fault::Junk(refusal) } else { Fault::Stop(refusal) })
    }

    /// Whether `id` holds an entry of a newer format for this ledger, signed with an active key of somebody who may write
    /// entries called `name`, as `policy` has it.
    pub(crate) fn is_newer(&self, name: &RefName, id: &ObjectId, root: &Digest, policy: &Policy) -> bool {
        let Ok(bytes) = self.tag_bytes(id) else { return false };
        let Some(newer) = Newer::read(&bytes).filter(|newer| newer.repository == Some(*root)) else { return false };
        let Some((principal, key)) = held(policy, &newer.by) else { return false };
        let may = |action, env, prompt| policy.may(&principal.name, action, env, prompt);
        let may = match name {
            RefName::Policy(_) => may(Action::PublishPolicy, None, None),
            RefName::Evidence(..) => may(Action::Attest, None, None),
            RefName::Pointer(env, id, _) => [Action::Promote, Action::Rollback, Action::Hold, Action::Seal]
                .into_iter()
                .any(|action| may(action, Some(env), Some(id))),
            _ => false,
        };
        let sound = || signature::verify(&newer.payload, &newer.signature, key, newer.time, self.external).is_ok();
        may && principal.name == newer.by.principal.as_str() && key.state == KeyState::Active && sound()
    }
}

/// The key that `by` names, as `policy` holds it; whose it is otherwise, where not the named principal's.
///
/// By name first: principals may share a certificate authority.
pub(crate) fn held<'p>(policy: &'p Policy, by: &By) -> Option<(&'p policy::Principal, &'p policy::Key)> {
    policy.key_of(by.principal.as_str(), &by.key).or_else(|| policy.principal_of(&by.key))
}

/// Whether `policy` lists the key as revoked. A key that it does not list is not.
pub(crate) fn is_revoked(policy: &Policy, by: &By) -> bool {
    held(policy, by).is_some_and(|(_, key)| key.state == KeyState::Revoked)
}

/// Refuses a certificate that would mean several principals of `policy`, or anybody at all: who holds it could be both
/// promoter and approver.
pub fn one_meaning(policy: &Policy, authority: &policy::Key, names: &[String]) -> Result<(), Refusal> {
    let refuse = |detail: String| Err(Refusal::new(Code::CertificateRefused, detail));
    if names.is_empty() {
        return refuse("the certificate names nobody, which would be anybody".to_owned());
    }
    let meant = |key: &policy::Key| match &key.kind {
        KeyKind::SshAuthority { principals, .. } => {
            key.fingerprint == authority.fingerprint && principals.iter().any(|name| names.contains(name))
        }
        _ => false,
    };
    let all = policy.principals().iter().filter(|p| p.keys.iter().any(meant));
    let all: Vec<&str> = all.map(|p| p.name.as_str()).collect();
    if all.len() > 1 {
        return refuse(format!("the certificate means several principals: {}", all.join(", ")));
    }
    Ok(())
}

/// What an entry is that does not follow the one before, given who signed it: a fork is worth looking at while its signer is,
/// so one by a key that `policy` holds as revoked is junk like any other. Where not everything was fetched, what it follows
/// may only be missing; that must not read as if nothing had been there.
pub(crate) fn of_revoked(fault: Fault, policy: &Policy, by: &By, is_complete: impl Fn() -> bool) -> Fault {
    let is_gap = matches!(&fault, Fault::Junk(refusal) if refusal.code == Code::ChainGap);
    if !is_revoked(policy, by) || (is_gap && !is_complete()) {
        return fault;
    }
    let detail = format!("it is `{}`'s key {}, which is revoked now", by.principal, by.key);
    Refusal::new(Code::KeyRevoked, detail).into()
}

fn key_of(principal: &policy::Principal, key: &policy::KeyFingerprint) -> String {
    format!("it is `{}`'s key {key}", principal.name)
}

pub(crate) fn unreadable(error: crate::Unreadable) -> Refusal {
    Refusal::new(Code::Unreadable, error.to_string())
}

/// Refuses `time` before `cited`, the time of something that it cites.
pub(crate) fn not_before(time: Timestamp, cited: Timestamp, what: &str) -> Result<(), Refusal> {
    if time < cited {
        let detail = format!("it says {time}, {what} that it cites says {cited}");
        return Err(Refusal::new(Code::TimeBeforeCited, detail));
    }
    Ok(())
}
