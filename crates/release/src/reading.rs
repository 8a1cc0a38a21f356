//! Reading the ledger under what this machine trusts, and remembering what was seen.

use ledger::mark::{Mark, Marks};
use ledger::{CommitContents, Ledger, Sequence};
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

impl Desk {
    /// Reads the ledger and lets `work` look at it. What was seen is remembered only after `work` succeeded.
    pub fn read<T>(&self, scope: Scope<'_>, work: impl FnOnce(&Ledger<'_>) -> Result<T>) -> Result<T> {
        let contents = CommitContents(&self.repo);
        let trust = self.repo.trust()?;
        let pin = match self.root {
            Some(root) => Some(root),
            None => trust.root()?,
        };
        let marks = pin.map(|root| self.marks(&trust, &root, scope)).transpose()?.unwrap_or_default();
        let ledger = Ledger::open(self.judge(&contents), pin.as_ref(), marks).map_err(|r| self.explain_missing(r))?;
        let answer = work(&ledger)?;
        let root = ledger.policies().root();
        if pin.is_none() && !self.dry_run {
            trust.pin(&root)?;
            self.pinned.set(Some(Pinned::FirstUse));
        } else {
            self.pinned.set(Some(Pinned::Before));
        }
        self.root_seen.set(Some(root));
        if !self.dry_run {
            self.remember(&trust, &ledger, scope)?;
        }
        Ok(answer)
    }

    fn marks(&self, trust: &repo::Trust, root: &Digest, scope: Scope<'_>) -> Result<Marks> {
        let lines = match scope {
            Scope::Policy => trust.mark(root, "policy")?.map(|line| ("policy".to_owned(), line)).into_iter().collect(),
            Scope::Prompt(id) => trust.marks(root, Some(id))?,
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

    fn remember(&self, trust: &repo::Trust, ledger: &Ledger<'_>, scope: Scope<'_>) -> Result<()> {
        let root = ledger.policies().root();
        let policy = ledger.policies().current().link().sequence;
        raise(trust, &root, "policy", ledger.policies().mark())?;
        let chains = match scope {
            Scope::Policy => Vec::new(),
            Scope::All => ledger.chains()?,
            Scope::Prompt(id) => environments(ledger)?.into_iter().map(|env| (env, id.clone())).collect(),
        };
        for (env, id) in chains {
            let chain = ledger.chain(&env, &id)?;
            raise(trust, &root, &format!("env/{env}/{id}"), chain.mark(policy))?;
        }
        Ok(())
    }

    /// A clone without ledger tags is told what to do by what it is.
    fn explain_missing(&self, refusal: ledger::Refusal) -> Error {
        if refusal.code != ledger::Code::RootMissing {
            return Error::Refused(refusal);
        }
        match &self.remote {
            None => Error::usage("find a ledger: no policy was published here yet", "promptuary policy publish"),
            Some(remote) => Error::Refused(ledger::Refusal::new(
                refusal.code,
                format!("neither this clone nor `{}` as last fetched holds `policy@00000001`", remote.name),
            )),
        }
    }
}

/// The environments that the policy in effect names.
pub(crate) fn environments(ledger: &Ledger<'_>) -> Result<Vec<EnvName>> {
    Ok(ledger.policy()?.environments().iter().map(|e| e.name.clone()).collect())
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
