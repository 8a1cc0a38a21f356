//! Where a maintainer works: the repository, the remote, the time, and how an entry gets from a draft to the remote.

use std::cell::{Cell, OnceCell, RefCell};

use ledger::Plan;
use ledger::judge::Judge;
use ledger::record::{By, Link, PrincipalName};
use ledger::{CommitContents, ObjectId, RefName, SignedTag};
use policy::ssh::{SshCertificate, SshKey};
use policy::{Key, KeyFingerprint, Policy};
use repo::sign::{PublicKey, Signer};
use repo::{Fetched, Locked, PushOutcome, Remote, Repo, Wanted};
use source::{Digest, Timestamp};

use crate::alone;
use crate::error::{Error, Result};
use crate::local_only;
use crate::reading::Pinned;
use crate::rejection::Rejection;

/// What every command of this crate works with. Values in; nothing here looks at the clock or the environment.
pub struct Desk {
    /// The repository, opened at its prompt root.
    pub repo: Repo,
    /// Where entries are published; `None` keeps them here.
    pub remote: Option<Remote>,
    /// The time now.
    pub now: Timestamp,
    /// Whether to stop before anything is signed.
    pub dry_run: bool,
    /// Whether to write past entries that follow another history: somebody looked at them.
    pub over_conflicts: bool,
    /// The root to trust, where the command line names one.
    pub root: Option<Digest>,
    /// The lock file that readings are held to.
    pub locked: Locked,
    pub(crate) pinned: Cell<Option<Pinned>>,
    pub(crate) root_seen: Cell<Option<Digest>>,
    /// The entries of chains that were published here, to be remembered like those that were read.
    pub(crate) published: RefCell<Vec<(RefName, Link)>>,
    pub(crate) forgotten: RefCell<Option<Error>>,
    /// What was fetched, by the start of the tags' names; absent where it was everything, or nothing.
    pub(crate) fetched: RefCell<Option<Vec<String>>>,
}

/// An entry that was written.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Written {
    /// The tag's name.
    pub tag: String,
    /// Where the tag object lies.
    pub object: ObjectId,
    /// The entry's identity: the digest of its payload.
    pub entry: source::Digest,
    /// The remote that holds it; absent where it is local only.
    pub remote: Option<String>,
    /// Whether the remote already held this very entry.
    pub was_there: bool,
}

/// The key that signs here.
pub(crate) struct Hand {
    pub(crate) signer: Signer,
    /// The key's fingerprint; for a certificate that of its authority.
    pub(crate) key: KeyFingerprint,
    /// The names that a certificate vouches for; absent for a key that signs by itself.
    names: Option<Vec<String>>,
    /// The key as policy lists it, once a policy was asked: what verifiers will hold the signature against.
    listed: OnceCell<Key>,
}

impl Desk {
    /// A desk in `repo` at the time `now`, publishing to `remote`.
    pub fn new(repo: Repo, remote: Option<Remote>, now: Timestamp) -> Self {
        Self {
            repo,
            remote,
            now,
            dry_run: false,
            over_conflicts: false,
            root: None,
            locked: Locked::default(),
            pinned: Cell::new(None),
            root_seen: Cell::new(None),
            published: RefCell::default(),
            forgotten: RefCell::default(),
            fetched: RefCell::default(),
        }
    }

    /// Fetches every ledger tag of the remote, so that what is read next is complete. Tags that the remote moved or
    /// deleted are returned; what it showed first still counts.
    pub fn fetch(&mut self) -> Result<Option<Fetched>> {
        self.fetch_all(&Wanted::Ledgers)
    }

    /// The same, with every object anew: some here may be missing or damaged.
    pub fn fetch_anew(&mut self) -> Result<Option<Fetched>> {
        self.fetch_all(&Wanted::Anew)
    }

    fn fetch_all(&mut self, wanted: &Wanted) -> Result<Option<Fetched>> {
        let Some(remote) = self.remote.clone() else { return Ok(None) };
        let fetched = self.repo.fetch_ledger(&remote, wanted)?;
        // A machine that cannot remember has nothing to settle.
        let _ = alone::settle(self);
        self.take_in(fetched, None).map(Some)
    }

    /// The root that was just pinned for the first time, so that the user can be told.
    pub fn newly_pinned(&self) -> Option<Digest> {
        if self.pinned.get() == Some(Pinned::FirstUse) { self.root_seen.get() } else { None }
    }

    /// Why this machine could not remember what it has seen or written, where that is so. What was done stands all the
    /// same; but should it be taken back, nobody will notice here.
    pub fn forgotten(&self) -> Option<Error> {
        self.forgotten.take()
    }

    /// The key that the configuration names.
    pub(crate) fn hand(&self) -> Result<Hand> {
        let signer = self.repo.signer()?;
        let public = signer.public_key()?;
        let unusable = |why: String| {
            Error::usage(
                format!("sign with {}: {why}", source::escape::terminal(signer.key())),
                "name an SSH key of type ed25519, ECDSA or RSA, or an OpenPGP key, in `user.signingKey`",
            )
        };
        let (key, names) = match &public {
            PublicKey::Ssh(line) => match SshCertificate::parse(line) {
                Some(certificate) => (certificate.authority.fingerprint(), Some(certificate.names)),
                None => (SshKey::parse(line).map_err(|e| unusable(e.to_string()))?.fingerprint(), None),
            },
            PublicKey::OpenPgp(hex) => (KeyFingerprint::openpgp(hex).map_err(|e| unusable(e.to_string()))?, None),
        };
        Ok(Hand { signer, key, names, listed: OnceCell::new() })
    }

    /// Who `hand` is under `policy`.
    pub(crate) fn by(&self, hand: &Hand, policy: &Policy, what: &str) -> Result<By> {
        let refused = |code, why: &str| {
            let whose = match &hand.names {
                None => "your signing key".to_owned(),
                Some(names) => format!("your certificate for {}, by the authority", names.join(", ")),
            };
            let refusal = ledger::Refusal::new(code, format!("{whose} {} {why}", hand.key));
            Err(Error::Denied { what: what.to_owned(), refusal })
        };
        let known = match &hand.names {
            None => policy.principal_of(&hand.key),
            Some(names) => policy.principal_of_certificate(&hand.key, names),
        };
        let Some((principal, key)) = known else {
            let why = match &hand.names {
                None => "belongs to nobody in the policy in effect",
                Some(_) => "stands for nobody in the policy in effect",
            };
            return refused(ledger::Code::KeyUnknown, why);
        };
        if let Some(names) = &hand.names {
            let one = ledger::judge::one_meaning(policy, key, names);
            one.map_err(|refusal| Error::Denied { what: what.to_owned(), refusal })?;
        }
        hand.listed.get_or_init(|| key.clone());
        match key.state {
            policy::KeyState::Active => {}
            policy::KeyState::Retired => {
                return refused(ledger::Code::KeyRetired, "is retired in the policy in effect");
            }
            policy::KeyState::Revoked => {
                return refused(ledger::Code::KeyRevoked, "is revoked in the policy in effect");
            }
        }
        let name: PrincipalName = principal.name.parse().map_err(|_| {
            Error::usage(
                format!("write the principal `{}` into a record", principal.name),
                "name principals with letters, digits and ._%+@- in policies/principals.yaml",
            )
        })?;
        Ok(By { principal: name, key: hand.key.clone() })
    }

    /// Signs what was planned. Every demand has been met.
    pub(crate) fn sign(&self, hand: &Hand, plan: &Plan) -> Result<SignedTag> {
        let identity = self.repo.identity()?;
        let draft = plan.draft(&identity.name, &identity.email).map_err(|e| {
            Error::usage(e.to_string(), "git config --global user.name \"…\" && git config --global user.email …")
        })?;
        let armored = hand.signer.sign(&draft.payload()?)?;
        let entry = draft.sign(&String::from_utf8_lossy(&armored))?;
        // A certificate or an OpenPGP key may have ended, and the program that signs does not mind.
        if let Some(key) = hand.listed.get() {
            let held = ledger::signature::verify(entry.payload(), entry.signature(), key, entry.time(), &self.repo);
            held.map_err(|refusal| Error::Denied { what: format!("sign {}", entry.name()), refusal })?;
        }
        Ok(entry)
    }

    /// Signs and publishes plans, all together or not at all; refuses where a demand is not met.
    pub(crate) fn carry_out(&self, what: &str, hand: &Hand, plans: &[Plan]) -> Result<Vec<Written>> {
        let unmet = plans.iter().any(|plan| !plan.is_ready());
        if unmet {
            let demands = plans.iter().flat_map(|plan| plan.demands.iter().cloned()).collect();
            return Err(Error::Unmet { what: what.to_owned(), demands });
        }
        if self.dry_run {
            return Ok(Vec::new());
        }
        let entries = plans.iter().map(|plan| self.sign(hand, plan)).collect::<Result<Vec<_>>>()?;
        self.publish(&entries)
    }

    /// Stores entries and publishes them all together or not at all.
    ///
    /// Refuses while the remote lacks older entries that count here: others could not verify what rests on them.
    pub(crate) fn publish(&self, entries: &[SignedTag]) -> Result<Vec<Written>> {
        if let Some(remote) = &self.remote
            && let prefixes = self.fetched.borrow().clone()
            && !self.repo.unpublished(remote, prefixes.as_deref())?.is_empty()
            && let local = local_only::local_only(self, prefixes.as_deref())?
            && let Some(first) = local.first()
        {
            let what = format!("publish to `{}`", remote.name);
            return Err(local_only::outrun(&what, &local).unwrap_or_else(|| {
                Error::demand(
                    format!("{what}: it lacks {}, which this may rest on", first.tag),
                    "publish what was written before: promptuary sync --push",
                )
            }));
        }
        let mut refs = Vec::new();
        for entry in entries {
            let in_the_way = self.repo.tags_in_the_way(&entry.name().to_string())?;
            if let Some(tag) = in_the_way.first() {
                return Err(Error::usage(
                    format!("create {}: a tag named {tag} stands where a folder is needed", entry.name()),
                    format!("delete it: {}", crate::strays::remedy(self, tag)),
                ));
            }
            refs.push((self.repo.write_tag(&entry.bytes())?, entry.name().full()));
        }
        let outcome = self.repo.publish(self.remote.as_ref(), &refs)?;
        let remote = self.remote.as_ref().map(|r| r.name.clone());
        let was_there = accepted(outcome, remote.clone())?;
        if remote.is_none() {
            alone::note(self, entries);
        }
        let link = |entry: &SignedTag| {
            let sequence = entry.record().position()?.sequence;
            Some((entry.name().clone(), Link { sequence, digest: entry.digest() }))
        };
        self.published.borrow_mut().extend(entries.iter().filter_map(link));
        let written = entries.iter().zip(&refs).map(|(entry, (object, _))| Written {
            tag: entry.name().to_string(),
            object: *object,
            entry: entry.digest(),
            remote: remote.clone(),
            was_there,
        });
        Ok(written.collect())
    }

    /// A judge over what lies here.
    pub(crate) fn judge<'a>(&'a self, contents: &'a CommitContents<'a>) -> Judge<'a> {
        Judge { tags: &self.repo, contents, external: &self.repo, now: self.now }
    }
}

/// Whether the remote held everything already, where it holds it now; else why it does not.
pub(crate) fn accepted(outcome: PushOutcome, remote: Option<String>) -> Result<bool> {
    match outcome {
        PushOutcome::Accepted => Ok(false),
        PushOutcome::UpToDate => Ok(true),
        PushOutcome::LostRace(names) => {
            let short = |n: &String| n.strip_prefix("refs/tags/").unwrap_or(n).to_owned();
            Err(Error::LostRace(names.iter().map(short).collect()))
        }
        PushOutcome::Rejected { reason, said } => {
            Err(Error::Rejected { remote: remote.unwrap_or_default(), rejection: Rejection::new(reason, said) })
        }
        PushOutcome::Unreachable(why) => {
            Err(Error::Repo(repo::Error::Unreachable { remote: remote.unwrap_or_default(), why }))
        }
    }
}
