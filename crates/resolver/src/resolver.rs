//! Resolving: read, verify, compile; the same answer again while no ref has moved.

use std::collections::HashMap;
use std::sync::Arc;

use ledger::chain::Beyond;
use ledger::judge::Judge;
use ledger::{Code, Depth, Ledger, ObjectId, Past, RefName, Refusal};
use repo::{Locked, RefStamp, Repo};
use source::{Digest, EnvName, PromptId, Timestamp};

use crate::error::Error;
use crate::kept::{Compilations, Kept};
use crate::locked;
use crate::memory::{Memory, News};
use crate::remembering::Remembering;
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
    remembering: Remembering,
}

struct Given {
    stamp: RefStamp,
    watched: Vec<String>,
    answer: Arc<Resolved>,
}

/// What a whole reading came to.
struct Reading {
    answer: Resolved,
    basis: Basis,
    past: Past,
}

/// The tag objects that an answer rests on, in the order of [`rests_on`].
struct Basis {
    tip: ObjectId,
    policy: ObjectId,
    release: ObjectId,
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
            remembering: Remembering::default(),
        }
    }

    /// Why this machine could not remember what the last answer rests on, where that is so: the answer holds, and should
    /// it be taken back later, nobody will notice here. Waits until it is written.
    pub fn forgotten(&self) -> Option<Error> {
        self.remembering.failed()
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
        self.given.remove(&key);
        let (answer, basis) = self.read_on(env, id, now)?;
        let watched = watched(&answer);
        // What moves from now on shows at the next call. Only the answer tells which files to watch, so it must still
        // hold now that they are watched: where something moved in between, it is read once more, and else not kept.
        let stamp = self.stamp(&watched);
        if !self.still_rests_on(&basis, &answer)? {
            let (again, _) = self.read_on(env, id, now)?;
            if again.entry != answer.entry || again.policy != answer.policy || again.release != answer.release {
                return Ok(Arc::new(again));
            }
        }
        let answer = Arc::new(answer);
        self.given.insert(key, Given { stamp, watched, answer: Arc::clone(&answer) });
        Ok(answer)
    }

    /// Whether the refs that the answer rests on hold what they held when it was made, and none came after them.
    fn still_rests_on(&self, basis: &Basis, answer: &Resolved) -> Result<bool, Error> {
        let held = |name: &RefName| -> Result<Option<ObjectId>, Error> {
            let tag = self.repo.tag(&name.to_string())?;
            Ok(tag.map(|tag| tag.rival.unwrap_or(tag.oid)))
        };
        for (name, id) in rests_on(answer).iter().zip([basis.tip, basis.policy, basis.release]) {
            if held(name)? != Some(id) {
                return Ok(false);
            }
        }
        for name in after(answer) {
            if held(&name)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same once, for a process that asks and ends: a chain that this machine has found in order before is judged by
    /// a glance at its tip.
    pub fn resolve_once(&self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Resolved, Error> {
        let memory = self.memory(env, id, now)?;
        if let Some(answer) = self.glance(&memory, env, id, now) {
            return Ok(answer);
        }
        let (reading, news) = self.read(&memory, None, env, id, now)?;
        self.remembering.now(news);
        Ok(reading.answer)
    }

    fn stamp(&self, watched: &[String]) -> RefStamp {
        self.repo.stamp(&watched.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Reads on from the last reading.
    fn read_on(&mut self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<(Resolved, Basis), Error> {
        self.remembering.finish();
        let past = self.past.take();
        let memory = self.memory(env, id, now)?;
        let (reading, news) = self.read(&memory, past, env, id, now)?;
        self.remembering.begin(news);
        self.past = Some(reading.past);
        Ok((reading.answer, reading.basis))
    }

    /// What this machine trusts and has seen; refused where that is not enough for the options.
    fn memory(&self, env: &EnvName, id: &PromptId, now: Timestamp) -> Result<Memory, Error> {
        let synced = self.synced(env, id);
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
    ) -> Result<(Reading, Result<News, Error>), Error> {
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
        let news = memory.news(&ledger, &chain);
        let (tip, _) = chain.require_live()?;
        let basis = Basis { tip: *tip.id(), policy: *ledger.policies().current().id(), release: *release.id() };
        Ok((Reading { answer, basis, past: ledger.into_past() }, news))
    }

    /// When what the answer rests on was last fetched: also by a writer, who fetches what concerns the prompt.
    fn synced(&self, env: &EnvName, id: &PromptId) -> Option<Timestamp> {
        let remote = self.repo.default_remote().ok()??;
        let needed = ["policy@".to_owned(), format!("env/{env}/{id}@"), format!("approval/{env}/{id}@")];
        let since = self.repo.last_fetched_of(&remote, &needed)?.duration_since(std::time::UNIX_EPOCH).ok()?;
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
    rests_on(answer).iter().chain(&after(answer)).map(ToString::to_string).collect()
}

/// The tip, the policy in effect, the release.
fn rests_on(answer: &Resolved) -> [RefName; 3] {
    [
        RefName::Pointer(answer.environment.clone(), answer.prompt.clone(), answer.sequence),
        RefName::Policy(answer.policy),
        RefName::Release(answer.prompt.clone(), answer.version.clone()),
    ]
}

/// The next pointer and the next policy.
fn after(answer: &Resolved) -> Vec<RefName> {
    let pointer = |n| RefName::Pointer(answer.environment.clone(), answer.prompt.clone(), n);
    answer.sequence.next().map(pointer).into_iter().chain(answer.policy.next().map(RefName::Policy)).collect()
}
