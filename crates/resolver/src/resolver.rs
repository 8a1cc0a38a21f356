//! Resolving: read, verify, compile; the same answer again while no ref has moved.

use std::collections::HashMap;
use std::sync::Arc;

use ledger::Depth;
use ledger::chain::Beyond;
use ledger::judge::Judge;
use ledger::mark::{Mark, Marks};
use ledger::{Code, CommitContents, Ledger, RefName, Refusal, Sequence};
use repo::{RefStamp, Repo, Trust};
use source::{Digest, EnvName, Objects as _, PromptId, Timestamp};

use crate::error::Error;
use crate::resolved::{Parts, Resolved};

/// How strict an answer must be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The root to trust, where it is known; else the pin of this machine, else the first one seen.
    pub root: Option<Digest>,
    /// Refuses a root that is taken at its word.
    pub strict: bool,
    /// The longest time since the ledger was fetched, in seconds.
    pub max_age: Option<u64>,
}

/// Gives verified prompts from one clone.
pub struct Resolver {
    repo: Repo,
    options: Options,
    given: HashMap<(EnvName, PromptId), Given>,
}

struct Given {
    stamp: RefStamp,
    watched: Vec<String>,
    answer: Arc<Resolved>,
}

impl Resolver {
    /// A resolver over an open repository.
    pub fn new(repo: Repo, options: Options) -> Self {
        Self { repo, options, given: HashMap::new() }
    }

    /// What is live of `id` in `env` at the time `now`, verified.
    pub fn resolve(&mut self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Arc<Resolved>, Error> {
        let key = (env.clone(), id.clone());
        if let Some(given) = self.given.get(&key) {
            let watched: Vec<&str> = given.watched.iter().map(String::as_str).collect();
            if self.repo.stamp(&watched) == given.stamp {
                self.check_age(given.answer.synced, now)?;
                return Ok(Arc::clone(&given.answer));
            }
        }
        // The stamp is taken before the refs are read: what moves meanwhile shows at the next call.
        let guess = self.given.get(&key).map(|given| given.watched.clone());
        let before = guess.as_ref().map(|w| self.repo.stamp(&w.iter().map(String::as_str).collect::<Vec<_>>()));
        let answer = Arc::new(self.read(env, id, now)?);
        let watched = watched(&answer);
        let stamp = match (guess, before) {
            (Some(guess), Some(before)) if guess == watched => before,
            _ => {
                // First sight of this chain: read once more under a stamp of the right files.
                let stamp = self.repo.stamp(&watched.iter().map(String::as_str).collect::<Vec<_>>());
                let again = self.read(env, id, now)?;
                if again.entry != answer.entry || again.policy != answer.policy {
                    return Ok(Arc::new(again));
                }
                stamp
            }
        };
        self.given.insert(key, Given { stamp, watched, answer: Arc::clone(&answer) });
        Ok(answer)
    }

    /// The same once, without keeping anything for later calls.
    pub fn resolve_once(&self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Resolved, Error> {
        self.read(env, id, now)
    }

    fn read(&self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Resolved, Error> {
        let synced = self.synced();
        self.check_age(synced, now)?;
        let trust = self.repo.trust()?;
        let pin = match self.options.root {
            Some(root) => Some(root),
            None => trust.root()?,
        };
        if pin.is_none() && self.options.strict {
            let detail = "no root is pinned on this machine, and --strict wants one";
            return Err(Refusal::new(Code::RootUnpinned, detail).into());
        }
        let chain_name = format!("env/{env}/{id}");
        let marks = match &pin {
            Some(root) => marks(&trust, root, env, id, &chain_name)?,
            None => Marks::default(),
        };
        let known = (marks.policy.clone(), marks.pointers.values().next().cloned());
        let contents = CommitContents(&self.repo);
        let judge = Judge { tags: &self.repo, contents: &contents, external: &self.repo, now };
        let ledger = Ledger::open(judge, pin.as_ref(), marks)?;
        let environments = ledger.policy()?.environments();
        if !environments.iter().any(|known| known.name == *env) {
            let known: Vec<&str> = environments.iter().map(|e| e.name.as_str()).collect();
            return Err(Error::Unknown(format!("the environment `{env}`: policy names {}", known.join(", "))));
        }
        let chain = ledger.verified(env, id, Beyond::PassWithMark, Depth::Tip)?;
        if chain.tip().is_none() {
            return Err(Error::Unknown(format!("{id} in {env}: it was never promoted there")));
        }
        let (_, live) = chain.require_live()?;
        let release = ledger.release_at(&live.tag)?;
        let compiled = self.compile(&release, id)?;
        let policy = ledger.policies().current().link().sequence;
        let root = ledger.policies().root();
        let parts = Parts { chain: &chain, compiled, policy, root, pinned: pin.is_some(), synced };
        let answer = Resolved::of(parts)?;
        if pin.is_none() {
            trust.pin(&root)?;
        }
        raise(&trust, &root, "policy", known.0.as_ref(), ledger.policies().mark())?;
        raise(&trust, &root, &chain_name, known.1.as_ref(), chain.mark(policy))?;
        Ok(answer)
    }

    fn compile(&self, release: &ledger::release::Release, id: &PromptId) -> Result<prompt::Compiled, Error> {
        let missing = || Refusal::new(Code::ObjectMissing, format!("commit {} is not here", release.commit()));
        let unreadable = |e: source::Unreadable| Refusal::new(Code::Unreadable, e.to_string());
        let files =
            self.repo.files(release.commit(), release.root.folder()).map_err(unreadable)?.ok_or_else(missing)?;
        let compiled = prompt::compile_from(&*files, id);
        // The ledger compiled these very blobs a moment ago, so nothing but a vanished object can go wrong.
        let (_, compiled) = compiled.map_err(|e| Refusal::new(Code::ContentUnusable, e.to_string()))?;
        Ok(compiled)
    }

    fn synced(&self) -> Option<Timestamp> {
        let remote = self.repo.default_remote().ok()??;
        let since = self.repo.last_fetched(&remote)?.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok().map(Timestamp)
    }

    fn check_age(&self, synced: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
        let Some(most) = self.options.max_age else { return Ok(()) };
        let fresh = synced.is_some_and(|at| now.0.saturating_sub(at.0) <= i64::try_from(most).unwrap_or(i64::MAX));
        if fresh {
            return Ok(());
        }
        let detail =
            synced.map_or("the ledger was never fetched".to_owned(), |at| format!("the ledger was fetched at {at}"));
        Err(Refusal::new(Code::SyncTooOld, detail).into())
    }
}

/// The tags whose files show whether anything moved: the newest policy and pointer, and the next of each.
fn watched(answer: &Resolved) -> Vec<String> {
    let pointer = |n: Sequence| RefName::Pointer(answer.environment.clone(), answer.prompt.clone(), n).to_string();
    let policy = |n: Sequence| RefName::Policy(n).to_string();
    let release = RefName::Release(answer.prompt.clone(), answer.version.clone()).to_string();
    let mut names = vec![pointer(answer.sequence), policy(answer.policy), release];
    names.extend(answer.sequence.next().map(pointer));
    names.extend(answer.policy.next().map(policy));
    names
}

fn marks(trust: &Trust, root: &Digest, env: &EnvName, id: &PromptId, chain: &str) -> Result<Marks, Error> {
    let read = |name: &str| -> Result<Option<Mark>, Error> {
        let Some(line) = trust.mark(root, name)? else { return Ok(None) };
        Mark::from_line(&line).map(Some).ok_or_else(|| Error::Mark(name.to_owned()))
    };
    let mut marks = Marks { policy: read("policy")?, ..Marks::default() };
    if let Some(mark) = read(chain)? {
        marks.pointers.insert((env.clone(), id.clone()), mark);
    }
    Ok(marks)
}

/// Raises a mark; the disk is left alone where nothing new was seen.
fn raise(trust: &Trust, root: &Digest, chain: &str, known: Option<&Mark>, seen: Option<Mark>) -> Result<(), Error> {
    let Some(seen) = seen.filter(|seen| known != Some(seen)) else { return Ok(()) };
    let further = |mark: &Mark| (mark.tip().sequence, mark.policy());
    trust.update_mark(root, chain, |now| {
        let now = now.and_then(Mark::from_line);
        now.is_none_or(|now| further(&now) < further(&seen)).then(|| seen.to_line())
    })?;
    Ok(())
}
