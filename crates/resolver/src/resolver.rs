//! Resolving: read, verify, compile; the same answer again while no ref has moved.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use ledger::chain::Beyond;
use ledger::judge::Judge;
use ledger::{Code, Depth, Ledger, Past, RefName, Refusal, Sequence};
use repo::{Locked, RefStamp, Repo};
use source::{Digest, EnvName, PromptId, Timestamp};

use crate::error::Error;
use crate::kept::{Compilations, Kept};
use crate::locked;
use crate::memory::Memory;
use crate::resolved::{Frame, Resolved};

/// How strict an answer must be.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The root to trust, where it is known; else the pin of this machine, else the first one seen.
    pub root: Option<Digest>,
    /// Refuses a root that is taken at its word.
    pub strict: bool,
    /// The longest time since the ledger was fetched, in seconds.
    pub max_age: Option<u64>,
    /// The lock file that answers are held to.
    pub locked: Locked,
}

/// Gives verified prompts from one clone.
pub struct Resolver {
    repo: Repo,
    options: Options,
    given: HashMap<(EnvName, PromptId), Given>,
    compilations: Compilations,
    /// What the last reading left: only what has moved since is judged.
    past: Option<Past>,
    forgotten: RefCell<Option<Error>>,
}

struct Given {
    stamp: RefStamp,
    watched: Vec<String>,
    answer: Arc<Resolved>,
}

impl Resolver {
    /// A resolver over an open repository.
    pub fn new(repo: Repo, options: Options) -> Self {
        Self {
            repo,
            options,
            given: HashMap::new(),
            compilations: Compilations::default(),
            past: None,
            forgotten: RefCell::default(),
        }
    }

    /// Why this machine could not remember what the last answer rests on, where that is so: the answer holds, and should
    /// it be taken back later, nobody will notice here.
    pub fn forgotten(&self) -> Option<Error> {
        self.forgotten.take()
    }

    /// What is live of `id` in `env` at the time `now`, verified.
    pub fn resolve(&mut self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Arc<Resolved>, Error> {
        let key = (env.clone(), id.clone());
        if let Some(given) = self.given.get(&key)
            && self.stamp(&given.watched) == given.stamp
            && self.check_age(given.answer.synced, now).is_ok()
        {
            return Ok(Arc::clone(&given.answer));
        }
        // The stamp is taken before the refs are read: what moves meanwhile shows at the next call.
        let guess = self.given.remove(&key).map(|given| given.watched);
        let before = guess.as_ref().map(|watched| self.stamp(watched));
        let answer = Arc::new(self.read_on(env, id, now)?);
        let watched = watched(&answer);
        let stamp = match (guess, before) {
            (Some(guess), Some(before)) if guess == watched => before,
            _ => {
                // Other files than were thought of: read once more under a stamp of the right ones.
                let stamp = self.stamp(&watched);
                let again = self.read_on(env, id, now)?;
                if again.entry != answer.entry || again.policy != answer.policy {
                    return Ok(Arc::new(again));
                }
                stamp
            }
        };
        self.given.insert(key, Given { stamp, watched, answer: Arc::clone(&answer) });
        Ok(answer)
    }

    /// The same once, for a process that asks and ends: a chain that this machine has found in order before is judged by
    /// a glance at its tip.
    pub fn resolve_once(&self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Resolved, Error> {
        let memory = self.memory(env, id, now)?;
        if let Some(answer) = self.glance(&memory, env, id, now) {
            return Ok(answer);
        }
        self.read(&memory, None, env, id, now).map(|(answer, _)| answer)
    }

    fn stamp(&self, watched: &[String]) -> RefStamp {
        self.repo.stamp(&watched.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Reads on from the last reading.
    fn read_on(&mut self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Resolved, Error> {
        let past = self.past.take();
        let memory = self.memory(env, id, now)?;
        let (answer, past) = self.read(&memory, past, env, id, now)?;
        self.past = Some(past);
        Ok(answer)
    }

    /// What this machine trusts and has seen; refused where that is not enough for the options.
    fn memory(&self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Memory, Error> {
        let synced = self.synced();
        self.check_age(synced, now)?;
        let trust = self.repo.trust()?;
        let pin = match self.options.root {
            Some(root) => Some(root),
            None => trust.root()?,
        };
        let lock = locked::read(&self.repo, &self.options.locked, pin.as_ref(), env, id)?;
        let pin = pin.or(lock.as_ref().map(|lock| lock.root));
        if pin.is_none() && self.options.strict {
            let detail = "no root is pinned on this machine, and --strict wants one";
            return Err(Refusal::new(Code::RootUnpinned, detail).into());
        }
        let mut memory = Memory::recall(trust, pin, synced, env, id)?;
        memory.lock = lock;
        Ok(memory)
    }

    fn judge<'a>(&'a self, contents: &'a Kept<'a>, now: Timestamp) -> Judge<'a> {
        Judge { tags: &self.repo, contents, external: &self.repo, now }
    }

    /// The answer from the tip alone, where nothing has moved since the chain was last found in order.
    fn glance(&self, memory: &Memory, env: &EnvName, id: &PromptId, now: Timestamp) -> Option<Resolved> {
        let (root, clear) = (memory.pin?, memory.clear.as_ref()?);
        // What a lock file names must be the very tip; anything further is read as a whole.
        if let Some(lock) = &memory.lock {
            let tip = lock.pointers.get(&(env.clone(), id.clone()));
            if lock.policy != clear.policy || tip.is_some_and(|tip| *tip != clear.tip) {
                return None;
            }
        }
        let contents = Kept { repo: &self.repo, compilations: &self.compilations };
        let glance = clear.glance(&self.judge(&contents, now), &root, env, id, &memory.marks)?;
        let compiled = contents.compiled(glance.release.target(), &glance.root, id).ok()?;
        let policy = clear.policy.sequence;
        Some(Resolved::by_glance(&glance, compiled, Frame { policy, root, pinned: true, synced: memory.synced }))
    }

    fn read(
        &self,
        memory: &Memory,
        past: Option<Past>,
        env: &EnvName,
        id: &PromptId,
        now: Timestamp,
    ) -> Result<(Resolved, Past), Error> {
        let contents = Kept { repo: &self.repo, compilations: &self.compilations };
        let judge = self.judge(&contents, now);
        let ledger = Ledger::resume(judge, memory.pin.as_ref(), memory.marks.clone(), past)?;
        let ledger = match &memory.lock {
            Some(lock) => ledger.held_to("the lock file", lock.marks())?,
            None => ledger,
        };
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
        // The ledger compiled these very blobs a moment ago.
        let compiled = contents
            .compiled(release.commit(), &release.root, id)
            .map_err(|e| Refusal::new(Code::ContentUnusable, e.to_string()))?;
        let policy = ledger.policies().current().link().sequence;
        let root = ledger.policies().root();
        let frame = Frame { policy, root, pinned: memory.pin.is_some(), synced: memory.synced };
        let answer = Resolved::of(&chain, compiled, frame)?;
        *self.forgotten.borrow_mut() = memory.keep(&ledger, &chain).err();
        Ok((answer, ledger.into_past()))
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
