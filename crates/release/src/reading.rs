//! Reading the ledger under what this machine trusts, and remembering what was seen.

use ledger::mark::{Mark, Marks};
use ledger::record::Link;
use ledger::{CommitContents, Ledger, RefName, Sequence};
use source::{Digest, EnvName, PromptId};

use crate::desk::Desk;
use crate::error::{Error, Result};

/// Which chains a command looks at: their marks are loaded before and raised after.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Only the policy ledger.
    Policy,
    /// The chains of one prompt, in every environment.
    Prompt(&'a PromptId),
    /// The chains of these prompts.
    Prompts(&'a [PromptId]),
    /// Every chain.
    All,
}

/// How the root came to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pinned {
    /// It was pinned on this machine before, or named on the command line.
    Before,
    /// It was taken at its word just now, and pinned.
    FirstUse,
}

/// How much of what was seen before is judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// What lies below a high-water mark was judged when the mark was made.
    New,
    /// Everything, as if nothing had been seen; but nothing less than what was seen will do.
    All,
}

impl Desk {
    /// The root that is trusted here: named on the command line, pinned on this machine, or in the lock file.
    pub(crate) fn trusted_root(&self) -> Result<Option<Digest>> {
        let pinned = match self.root {
            Some(root) => Some(root),
            None => self.repo.trust()?.root()?,
        };
        match pinned {
            Some(root) => Ok(Some(root)),
            None => crate::lock::locked_root(self),
        }
    }

    /// Reads the ledger and lets `work` look at it. What was seen is remembered only after `work` succeeded.
    pub fn read<T>(&self, scope: Scope<'_>, work: impl FnOnce(&Ledger<'_>) -> Result<T>) -> Result<T> {
        self.read_again(Again::New, scope, work)
    }

    /// The same without remembering anything, and without telling of it: before the real work.
    pub(crate) fn look<T>(&self, scope: Scope<'_>, work: impl FnOnce(&Ledger<'_>) -> Result<T>) -> Result<T> {
        self.read_then(Again::New, scope, work, false)
    }

    pub(crate) fn read_again<T>(
        &self,
        again: Again,
        scope: Scope<'_>,
        work: impl FnOnce(&Ledger<'_>) -> Result<T>,
    ) -> Result<T> {
        self.read_then(again, scope, work, !self.dry_run)
    }

    fn read_then<T>(
        &self,
        again: Again,
        scope: Scope<'_>,
        work: impl FnOnce(&Ledger<'_>) -> Result<T>,
        remember: bool,
    ) -> Result<T> {
        let contents = CommitContents(&self.repo);
        let trust = self.repo.trust()?;
        let lock = crate::lock::read(self)?;
        let pin = match self.root {
            Some(root) => Some(root),
            None => trust.root()?,
        };
        let trusted = pin.or(lock.as_ref().map(|lock| lock.root));
        let marks = trusted.map(|root| self.marks(&trust, &root, scope)).transpose()?.unwrap_or_default();
        let (believed, held) = match again {
            Again::New => (marks, None),
            Again::All => (Marks::default(), Some(marks)),
        };
        let judge = self.judge(&contents);
        let mut ledger =
            Ledger::open(judge, trusted.as_ref(), believed).map_err(|r| self.explain_missing(r, trusted.is_some()))?;
        ledger = ledger.over_conflicts(self.over_conflicts);
        if let Some(marks) = held {
            ledger = ledger.held_to("", marks)?;
        }
        if let Some(lock) = lock {
            ledger = crate::lock::hold(ledger, &lock)?;
        }
        let answer = work(&ledger)?;
        let root = ledger.policies().root();
        self.pinned.set(Some(if trusted.is_none() && remember { Pinned::FirstUse } else { Pinned::Before }));
        self.root_seen.set(Some(root));
        if remember {
            // What was done stands, whatever becomes of the memory of it.
            // A root that was named for once is nobody's memory.
            let pinned = match (pin, self.root) {
                (None, _) => trust.pin(&root),
                (Some(_), None) => trust.adopt(&root),
                (Some(_), Some(_)) => Ok(()),
            };
            let pinned = pinned.map_err(Error::from);
            let remembered = pinned.and_then(|()| self.remember(&trust, &ledger, scope));
            *self.forgotten.borrow_mut() = remembered.err();
        }
        Ok(answer)
    }

    fn marks(&self, trust: &repo::Trust, root: &Digest, scope: Scope<'_>) -> Result<Marks> {
        let lines = match scope {
            Scope::Policy => trust.mark(root, "policy")?.map(|line| ("policy".to_owned(), line)).into_iter().collect(),
            Scope::Prompt(id) => trust.marks(root, Some(id))?,
            Scope::Prompts(ids) => {
                let mut lines = Vec::new();
                for id in ids {
                    lines.extend(trust.marks(root, Some(id))?);
                }
                lines
            }
            Scope::All => trust.marks(root, None)?,
        };
        let mut marks = Marks::default();
        for (chain, line) in lines {
            let broken = || {
                Error::usage(
                    format!("read what this machine has seen of {chain} in {}", trust.place("")),
                    "delete the file if you know why it is damaged; what it remembered is then forgotten",
                )
            };
            let mark = Mark::from_line(&line).ok_or_else(broken)?;
            if chain == "policy" {
                marks.policy = Some(mark);
            } else if let Some((env, id)) = chain.strip_prefix("env/").and_then(|c| c.split_once('/')) {
                let (Ok(env), Ok(id)) = (env.parse::<EnvName>(), id.parse::<PromptId>()) else { return Err(broken()) };
                marks.pointers.insert((env, id), mark);
            }
        }
        Ok(marks)
    }

    /// What this machine has seen of the ledger of this root, chain by chain; what cannot be read says nothing.
    pub(crate) fn seen(&self, root: &Digest) -> Result<Vec<Mark>> {
        let lines = self.repo.trust()?.marks(root, None)?;
        Ok(lines.iter().filter_map(|(_, line)| Mark::from_line(line)).collect())
    }

    /// Raises the marks of what was read, and of what was written since: the writer's own entry is the first that a
    /// server could make away with unnoticed.
    fn remember(&self, trust: &repo::Trust, ledger: &Ledger<'_>, scope: Scope<'_>) -> Result<()> {
        let policies = ledger.policies();
        let written = self.published.borrow();
        let of = |name: &RefName| -> Vec<Link> {
            written.iter().filter(|(n, _)| same_chain(n, name)).map(|(_, link)| *link).collect()
        };
        let new = of(&RefName::Policy(Sequence::FIRST));
        let current = new.last().copied().unwrap_or(policies.current().link()).sequence;
        let mark = match new.is_empty() {
            true => policies.mark(),
            false => Mark::of(policies.links().into_iter().chain(new), current),
        };
        raise(trust, &policies.root(), "policy", mark)?;
        let chains = match scope {
            Scope::Policy => Vec::new(),
            Scope::All => ledger.chains()?,
            Scope::Prompt(id) => environments(ledger)?.into_iter().map(|env| (env, id.clone())).collect(),
            Scope::Prompts(ids) => {
                let environments = environments(ledger)?;
                ids.iter().flat_map(|id| environments.iter().map(|env| (env.clone(), id.clone()))).collect()
            }
        };
        for (env, id) in chains {
            let chain = ledger.chain(&env, &id)?;
            let new = of(&RefName::Pointer(env.clone(), id.clone(), Sequence::FIRST));
            let mark = match new.is_empty() {
                true => chain.mark(current),
                false => Mark::of(chain.links().into_iter().chain(new), current),
            };
            raise(trust, &policies.root(), &format!("env/{env}/{id}"), mark)?;
        }
        Ok(())
    }

    /// Remembers a ledger that this machine has just begun.
    pub(crate) fn remember_first(&self, first: Link) {
        let root = &first.digest;
        let remembered = self.repo.trust().map_err(Error::from).and_then(|trust| {
            trust.pin(root)?;
            raise(&trust, root, "policy", Mark::of([first].into_iter(), first.sequence))
        });
        *self.forgotten.borrow_mut() = remembered.err();
    }

    /// Why there is no ledger here, where `refusal` says so: a clone without ledger tags is told what to do by what it is.
    /// `known` where a root is trusted already.
    pub fn explain_missing(&self, refusal: ledger::Refusal, known: bool) -> Error {
        if refusal.code != ledger::Code::RootMissing {
            return Error::Refused(refusal);
        }
        match &self.remote {
            None if known => Error::Refused(refusal),
            None => Error::NoLedger,
            Some(remote) => {
                let clone = if self.repo.is_shallow() { "shallow clone" } else { "clone" };
                let name = &remote.name;
                let detail = match self.repo.last_fetched(remote) {
                    None => {
                        format!("this {clone} has no `policy@00000001`, and has not fetched the ledger of `{name}` yet")
                    }
                    Some(_) => format!("neither this {clone} nor `{name}` as last fetched holds `policy@00000001`"),
                };
                Error::Refused(ledger::Refusal::new(refusal.code, detail))
            }
        }
    }
}

/// The environments that the policy in effect names.
pub(crate) fn environments(ledger: &Ledger<'_>) -> Result<Vec<EnvName>> {
    Ok(ledger.policy()?.environments().iter().map(|e| e.name.clone()).collect())
}

/// Whether two entries belong to the same chain.
fn same_chain(a: &RefName, b: &RefName) -> bool {
    match (a, b) {
        (RefName::Policy(_), RefName::Policy(_)) => true,
        (RefName::Pointer(env, id, _), RefName::Pointer(other, prompt, _)) => (env, id) == (other, prompt),
        _ => false,
    }
}

/// Raises a mark; one that has seen further stays.
fn raise(trust: &repo::Trust, root: &Digest, chain: &str, seen: Option<Mark>) -> Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    let further = |now: &Mark| -> (Sequence, Sequence) { (now.tip().sequence, now.policy()) };
    trust.update_mark(root, chain, |now| {
        let known = now.and_then(Mark::from_line);
        known.is_none_or(|known| further(&known) < further(&seen)).then(|| seen.to_line())
    })?;
    Ok(())
}
