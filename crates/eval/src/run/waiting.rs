//! What a run waits for, so that it can be told where nothing comes for a while.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::provider::Pause;

/// What is waited for. Displays as a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The model that was asked.
    pub model: String,
    /// The case that asked it.
    pub case: String,
    /// For how long.
    pub since: Duration,
    /// The pause before another attempt, where there is one.
    pub pause: Option<Pausing>,
    /// How many other requests are under way.
    pub others: usize,
}

/// A pause before another attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pausing {
    /// What is left of it.
    pub left: Duration,
    /// Which attempt comes after it.
    pub attempt: u32,
    /// What the one before came to.
    pub why: String,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, case, since, pause, others } = self;
        // What a narrow terminal cuts off matters least.
        match pause {
            Some(Pausing { left, attempt, why }) => {
                write!(f, "attempt {attempt} in {} s ({why})", left.as_secs_f64().ceil())?;
            }
            None => write!(f, "no answer for {} s", since.as_secs())?,
        }
        write!(f, ", {case} of {model}")?;
        if *others > 0 { write!(f, ", {others} more under way") } else { Ok(()) }
    }
}

/// The requests under way.
#[derive(Default)]
pub(super) struct Waits(Mutex<State>);

#[derive(Default)]
struct State {
    next: u64,
    under_way: BTreeMap<u64, Request>,
}

struct Request {
    model: String,
    case: String,
    since: Instant,
    pause: Option<(Instant, u32, String)>,
}

impl Waits {
    /// A request begins; it is under way for as long as what is given lives.
    pub(super) fn begin(&self, model: &str, case: &str) -> UnderWay<'_> {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        let request = Request { model: model.to_owned(), case: case.to_owned(), since: Instant::now(), pause: None };
        state.under_way.insert(number, request);
        UnderWay { waits: self, number }
    }

    /// What is waited for: the pause that ends first, else the answer that was asked for first.
    pub(super) fn now(&self) -> Option<Waiting> {
        let state = self.lock();
        let pausing = state.under_way.values().filter(|request| request.pause.is_some());
        let first = pausing.min_by_key(|request| request.pause.as_ref().map(|(until, ..)| *until));
        let request = first.or_else(|| state.under_way.values().next())?;
        let pause = request.pause.as_ref().map(|(until, attempt, why)| Pausing {
            left: until.saturating_duration_since(Instant::now()),
            attempt: *attempt,
            why: why.clone(),
        });
        Some(Waiting {
            model: request.model.clone(),
            case: request.case.clone(),
            since: request.since.elapsed(),
            pause,
            others: state.under_way.len() - 1,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way.
pub(super) struct UnderWay<'a> {
    waits: &'a Waits,
    number: u64,
}

impl UnderWay<'_> {
    /// A pause begins, or is over; without the provider's words where `hushed`, which may quote what it was asked.
    pub(super) fn pause(&self, pause: Option<Pause<'_>>, hushed: bool) {
        if let Some(request) = self.waits.lock().under_way.get_mut(&self.number) {
            request.pause = pause.map(|p| {
                let why = if hushed { "the one before failed" } else { p.why };
                (Instant::now() + p.length, p.attempt, why.chars().take(120).collect())
            });
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.waits.lock().under_way.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_told_before_answers_that_are_missing() {
        let waits = Waits::default();
        assert_eq!(waits.now(), None);
        let first = waits.begin("openai/one", "a");
        let second = waits.begin("openai/two", "b");
        assert_eq!(waits.now().unwrap().to_string(), "no answer for 0 s, a of openai/one, 1 more under way");
        let pause = Pause { length: Duration::from_secs(12), attempt: 2, why: "HTTP 429: slow down" };
        second.pause(Some(pause), false);
        let said = "attempt 2 in 12 s (HTTP 429: slow down), b of openai/two, 1 more under way";
        assert_eq!(waits.now().unwrap().to_string(), said);
        second.pause(Some(pause), true);
        assert_eq!(waits.now().unwrap().pause.unwrap().why, "the one before failed");
        second.pause(None, false);
        drop(first);
        assert_eq!(waits.now().unwrap().to_string(), "no answer for 0 s, b of openai/two");
    }
}
