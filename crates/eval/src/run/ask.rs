//! Getting one answer: from recordings, or from a provider within the budget.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use source::{Digest, ModelName};

use super::budget::{Came, Purse, Worst};
use super::length;
use super::outcome::{Helping, Miss, Origin};
use super::plan::{Mode, Plan};
use super::waiting::Waits;
use crate::Answer;
use crate::provider::{Failure, Leave, Pause, Prepared, Provider, Providers};
use crate::recording::{Asked, Entry, Recordings, Secrets, VOTE};
use crate::suite::Case;

/// What every thread of a run shares.
pub(super) struct Desk<'a> {
    pub(super) mode: Mode,
    pub(super) recordings: &'a Recordings,
    pub(super) carried: Option<&'a Recordings>,
    /// Whether new answers become entries: for the file, or for a journal.
    pub(super) keeps: bool,
    pub(super) secrets: Arc<Secrets>,
    pub(super) purse: Purse,
    pub(super) cancel: &'a AtomicBool,
    /// Set once the budget refused a request: nothing more is asked.
    pub(super) broke: AtomicBool,
    /// What is waited for.
    pub(super) waits: Waits,
    /// What was looked up or recorded, where somebody wants to know.
    pub(super) used: Option<Mutex<BTreeSet<Digest>>>,
}

/// A provider with what a run knows of it.
pub(super) struct Line {
    pub(super) provider: Arc<dyn Provider>,
    /// Who answers there.
    model: ModelName,
    /// Dollars for a million tokens read and written.
    pub(super) price: Option<(f64, f64)>,
    /// Requests in a row that nobody answered.
    absent: AtomicU32,
    /// What nothing more is sent there for.
    closed: Mutex<Option<Failure>>,
}

/// Whose question it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'c> {
    pub(super) case: &'c str,
    pub(super) sample: u32,
    /// Whether the case is encrypted: then recordings neither have nor get the answer.
    pub(super) sealed: bool,
    /// Who is asked in order to grade, and for which of several votes; none where the prompt itself is asked.
    pub(super) grading: Option<(Helping, u32)>,
}

impl<'c> Turn<'c> {
    pub(super) fn of(case: &'c Case, sample: u32) -> Self {
        Self { case: &case.id, sample, sealed: case.sealed, grading: None }
    }
}

/// Why there is no answer.
pub(super) enum Without {
    /// Not on file.
    Missing(Miss),
    /// The provider failed.
    Failed(Failure),
    /// It was not asked any more: what another question came to, this one would.
    Unasked(Unasked),
    /// The run ends: cancelled, or the budget is spent.
    Ended,
}

/// Why a provider is not asked any more.
pub(super) struct Unasked {
    provider: String,
    failure: Failure,
}

impl Unasked {
    /// In a clause.
    pub(super) fn why(&self) -> String {
        self.failure.ending(&self.provider)
    }

    /// The same without anything that the provider said.
    pub(super) fn without_words(&self) -> String {
        self.failure.ending_without_words(&self.provider)
    }
}

/// An answer, and the entry to keep where it is new.
pub(super) struct Got {
    pub(super) answer: Answer,
    pub(super) origin: Origin,
    pub(super) fresh: Option<Box<Entry>>,
}

impl Line {
    pub(super) fn new(provider: Arc<dyn Provider>, model: &ModelName, price: Option<(f64, f64)>) -> Self {
        Self { provider, model: model.clone(), price, absent: AtomicU32::new(0), closed: Mutex::default() }
    }

    fn closed(&self) -> Option<Unasked> {
        let failure = self.closed.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(Unasked { provider: self.model.provider().to_owned(), failure })
    }

    /// Learns from a failure: one that every request would meet, or many in a row, closes the line.
    fn learn(&self, failure: &Failure) {
        let absent = if failure.is_absence() { self.absent.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
        let many = u32::try_from(self.provider.concurrency() * 2).unwrap_or(u32::MAX).max(8);
        if failure.is_final() || absent >= many {
            *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.clone());
        }
    }
}

impl<'a> Desk<'a> {
    /// The desk of `plan`, in `mode`.
    pub(super) fn new(plan: &'a Plan<'_>, mode: Mode, providers: &Providers, cancel: &'a AtomicBool) -> Self {
        Self {
            mode,
            recordings: plan.recordings,
            carried: plan.carried,
            keeps: mode.keeps() || plan.journal,
            secrets: providers.secrets().clone(),
            purse: Purse::new(plan.limits()),
            cancel,
            broke: AtomicBool::new(false),
            waits: Waits::default(),
            used: plan.traces.then(Mutex::default),
        }
    }
}

impl Desk<'_> {
    fn trace(&self, key: Digest) {
        if let Some(used) = &self.used {
            used.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        }
    }

    /// An answer that was stored is used.
    fn use_up(&self, key: Digest) {
        self.trace(key);
        self.purse.replayed();
    }

    /// The answer to `prepared`; `longest` is the most tokens that it may have.
    pub(super) fn ask(
        &self,
        line: &Line,
        prepared: &Prepared,
        turn: Turn<'_>,
        longest: Option<u64>,
    ) -> Result<Got, Without> {
        let Turn { case, sample, sealed, grading } = turn;
        let asked = Asked { prepared, sample: sample + VOTE * grading.map_or(0, |(_, vote)| vote) };
        let helping = grading.map(|(helping, _)| helping);
        let looks_up = !sealed && (self.mode.replays() || self.keeps || self.carried.is_some());
        let key = looks_up.then(|| asked.key());
        if sealed && self.mode == Mode::Replay {
            // The key is a digest of what is asked; it is not told either.
            let key = Digest::of(case.as_bytes());
            let nearest = crate::sealed::NEVER_ON_FILE.to_owned();
            return Err(Without::Missing(Miss { case: case.to_owned(), sample, helping, key, nearest }));
        }
        if let Some(key) = key {
            if let Some(entry) = self.carried.and_then(|carried| carried.by_key(&key)) {
                self.use_up(key);
                let answer = entry.answer.clone();
                let fresh = self.keeps.then(|| Box::new(entry));
                return Ok(Got { answer, origin: Origin::Live, fresh });
            }
            if let Some(entry) = self.mode.replays().then(|| self.recordings.by_key(&key)).flatten() {
                self.use_up(key);
                let mut answer = entry.answer;
                answer.cost = answer.cost.or_else(|| priced(&answer, line.price));
                return Ok(Got { answer, origin: Origin::Recorded, fresh: None });
            }
            if self.mode == Mode::Replay {
                let nearest = match helping {
                    Some(_) => self.recordings.explain_grading(&asked, case),
                    None => self.recordings.explain(&asked, case),
                };
                return Err(Without::Missing(Miss { case: case.to_owned(), sample, helping, key, nearest }));
            }
        }
        if self.cancel.load(Ordering::Relaxed) || self.broke.load(Ordering::Relaxed) {
            return Err(Without::Ended);
        }
        if let Some(unasked) = line.closed() {
            return Err(Without::Unasked(unasked));
        }
        // An echo asks nobody.
        let free = prepared.kind == "echo";
        let weighed = self.purse.weighs() && !free;
        let worst = if weighed { Worst::of(prepared, line.price, longest) } else { Worst::default() };
        if !self.purse.reserve(worst) {
            self.broke.store(true, Ordering::Relaxed);
            return Err(Without::Ended);
        }
        let (repeats, refused) = (Cell::new(0), Cell::new(false));
        let again = || {
            let fits = self.purse.reserve_attempt();
            if fits {
                repeats.set(repeats.get() + 1)
            } else {
                refused.set(true)
            }
            fits
        };
        let under_way = self.waits.begin(line.model.as_str(), case);
        let pause = |pause: Option<Pause<'_>>| under_way.pause(pause, sealed);
        let sent = line.provider.send(prepared, &Leave { cancel: self.cancel, again: &again, pause: &pause });
        drop(under_way);
        match sent {
            Ok(sent) => {
                line.absent.store(0, Ordering::Relaxed);
                let mut answer = sent.answer;
                // Here, before anybody reads, shortens, shows or keeps any text of it.
                self.secrets.cut_answer(&mut answer);
                answer.cost = answer.cost.filter(|usd| usd.is_finite() && *usd >= 0.0);
                answer.cost = answer.cost.or_else(|| priced(&answer, line.price));
                let came = Came::Answer { usage: answer.usage, usd: answer.cost };
                self.purse.settle(worst, sent.attempts, repeats.get(), came);
                // What is graded is what will be replayed, so that a later run says the same.
                let fresh = key.filter(|_| self.keeps).map(|key| {
                    self.trace(key);
                    Box::new(Entry::new(&asked, key, case, answer.clone()))
                });
                Ok(Got { answer, origin: Origin::Live, fresh })
            }
            Err(failure) => {
                let failure = failure.cut(&self.secrets);
                let attempts = if let Failure::Unavailable { attempts, .. } = &failure { *attempts } else { 1 };
                // What cannot be read was written nevertheless, and is paid for.
                let came = if matches!(failure, Failure::Garbled(_)) { Came::Unread } else { Came::Nothing };
                self.purse.settle(worst, attempts, repeats.get(), came);
                if refused.get() {
                    self.broke.store(true, Ordering::Relaxed);
                }
                // What fails once the run is to end (a program that the same Ctrl-C ended, a connection that was given up)
                // fails for that.
                if failure == Failure::Cancelled || refused.get() || self.cancel.load(Ordering::Relaxed) {
                    return Err(Without::Ended);
                }
                line.learn(&failure);
                Err(Without::Failed(failure))
            }
        }
    }
}

pub(super) fn priced(answer: &Answer, price: Option<(f64, f64)>) -> Option<f64> {
    let (usage, (input, output)) = (answer.usage?, price?);
    Some(dollars(usage.input, usage.output, (input, output)))
}

#[expect(clippy::cast_precision_loss, reason = "no request has 2^53 tokens")]
pub(super) fn dollars(input: u64, output: u64, (in_price, out_price): (f64, f64)) -> f64 {
    (input as f64 * in_price + output as f64 * out_price) / 1e6
}

impl Worst {
    /// A token is at least a byte of what is sent; without a limit on the answer, 16,384 tokens are assumed.
    pub(super) fn of(prepared: &Prepared, price: Option<(f64, f64)>, longest: Option<u64>) -> Self {
        let input = prepared.body.to_string().len() as u64 / 3 + 16;
        let output = length::most(&prepared.body, longest).unwrap_or(16_384);
        Self { input, output, usd: price.map_or(0.0, |p| dollars(input, output, p)) }
    }
}
