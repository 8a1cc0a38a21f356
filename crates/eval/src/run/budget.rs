//! What a run took and may take.
//!
//! A budget is hard: before a request is sent, the most that it can cost is set aside, and where that would pass the
//! budget nothing more is sent. What is not known (a price, a length) cannot be bounded and is refused beforehand by
//! whoever makes the plan.

use std::sync::{Condvar, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::answer::Usage;
use crate::recording::Recordings;
use crate::suite::{Budget, Limit};

/// What a run took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Requests sent, retries and judges included.
    pub requests: u64,
    /// Of these, retries.
    pub retries: u64,
    /// Answers taken from recordings.
    pub replayed: u64,
    /// Tokens of live requests.
    pub usage: Usage,
    /// US dollars of live requests, as far as prices are known.
    pub usd: f64,
    /// Live answers whose cost is not known.
    pub unpriced: u64,
}

impl Budget {
    /// What is left of it after `spent`.
    pub fn less(&self, spent: &Spent) -> Self {
        Self {
            max_usd: self.max_usd.map(|most| (most - spent.usd).max(0.0)),
            max_requests: self.max_requests.map(|most| most.saturating_sub(spent.requests)),
            max_tokens: self.max_tokens.map(|most| most.saturating_sub(spent.usage.input + spent.usage.output)),
        }
    }
}

/// A millionth of a millionth of a dollar: sums of these are the same in whatever order answers came.
const PICO: f64 = 1e12;

impl Spent {
    /// What `answers` took, as far as they tell.
    pub fn of(answers: &Recordings) -> Self {
        let mut sum = Self::default();
        for entry in answers.entries() {
            let usage = entry.answer.usage.unwrap_or_default();
            sum.requests += 1;
            sum.usage.input = sum.usage.input.saturating_add(usage.input);
            sum.usage.output = sum.usage.output.saturating_add(usage.output);
            match entry.answer.cost {
                Some(usd) => sum.pay(usd),
                None => sum.unpriced += 1,
            }
        }
        sum
    }

    /// What two parts took together.
    pub fn and(&self, other: &Self) -> Self {
        let mut sum = *self;
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut sum.requests, other.requests);
        add(&mut sum.retries, other.retries);
        add(&mut sum.replayed, other.replayed);
        add(&mut sum.usage.input, other.usage.input);
        add(&mut sum.usage.output, other.usage.output);
        add(&mut sum.unpriced, other.unpriced);
        sum.pay(other.usd);
        sum
    }

    fn pay(&mut self, usd: f64) {
        self.usd = ((self.usd * PICO).round() + (usd * PICO).round()) / PICO;
    }
}

/// The most that a request can take.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Worst {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) usd: f64,
}

#[derive(Debug, Default)]
pub(super) struct Purse {
    budget: Budget,
    state: Mutex<State>,
    settled: Condvar,
}

/// What came of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Came {
    /// An answer. What it does not tell, or tells as nothing, counts as much as it could have been.
    Answer {
        /// Its tokens.
        usage: Option<Usage>,
        /// Its cost.
        usd: Option<f64>,
    },
    /// An answer that cannot be read.
    Unread,
    /// None.
    Nothing,
}

#[derive(Debug, Default)]
struct State {
    spent: Spent,
    /// Attempts under way.
    sent: u64,
    /// Of the requests under way, the most that they can take.
    aside: Worst,
    /// What counts against the budget: what was spent, and where that is not known, the most that it can have been.
    counted: Worst,
    /// The first refusal.
    refused: Option<Refused>,
}

/// Which limit refused a request, and how the run stood then.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) limit: Limit,
    pub(super) spent: Number,
    pub(super) reserved: Number,
    pub(super) next: Number,
}

impl Refused {
    fn counts(limit: Limit, spent: u64, reserved: u64, next: u64) -> Self {
        Self { limit, spent: spent.into(), reserved: reserved.into(), next: next.into() }
    }

    fn usd(spent: f64, reserved: f64, next: f64) -> Self {
        // Sums of dollars end in dust.
        let usd = |usd: f64| Number::from_f64((usd.max(0.0) * 1e9).round() / 1e9).unwrap_or_else(|| 0.into());
        Self { limit: Limit::MaxUsd, spent: usd(spent), reserved: usd(reserved), next: usd(next) }
    }
}

impl Worst {
    fn tokens(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl Purse {
    pub(super) fn new(budget: Budget) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Whether it matters how much a request may take.
    pub(super) fn weighs(&self) -> bool {
        self.budget.max_tokens.is_some() || self.budget.max_usd.is_some()
    }

    /// Sets `worst` aside; `false` where the budget does not hold it. What is under way mostly takes less than was set aside for
    /// it, so that is waited for first.
    pub(super) fn reserve(&self, worst: Worst) -> bool {
        let mut state = self.lock();
        while !self.reserved(&mut state, worst) {
            if state.sent == 0 {
                state.refused = state.refused.take().or_else(|| self.refuses(&state, worst));
                return false;
            }
            state = self.settled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    #[cfg(test)]
    fn try_reserve(&self, worst: Worst) -> bool {
        self.reserved(&mut self.lock(), worst)
    }

    fn reserved(&self, state: &mut State, worst: Worst) -> bool {
        let fits = self.refuses(state, worst).is_none();
        if fits {
            state.sent += 1;
            state.aside.input = state.aside.input.saturating_add(worst.input);
            state.aside.output = state.aside.output.saturating_add(worst.output);
            state.aside.usd += worst.usd;
        }
        fits
    }

    /// The limit that does not hold `worst` beside what there is.
    fn refuses(&self, state: &State, worst: Worst) -> Option<Refused> {
        let State { counted, aside, .. } = state;
        let tokens = counted.tokens().saturating_add(aside.tokens()).saturating_add(worst.tokens());
        let usd = counted.usd + aside.usd + worst.usd;
        if !self.holds_attempt(state) {
            return Some(Refused::counts(Limit::MaxRequests, state.spent.requests, state.sent, 1));
        }
        if self.budget.max_tokens.is_some_and(|most| tokens > most) {
            return Some(Refused::counts(Limit::MaxTokens, counted.tokens(), aside.tokens(), worst.tokens()));
        }
        let dear = self.budget.max_usd.is_some_and(|most| usd > most + 1e-9);
        dear.then(|| Refused::usd(counted.usd, aside.usd, worst.usd))
    }

    /// The first refusal, where there was one.
    pub(super) fn refused(&self) -> Option<Refused> {
        self.lock().refused.clone()
    }

    /// Sets one more attempt at a request under way aside; `false` where the budget does not hold it.
    pub(super) fn reserve_attempt(&self) -> bool {
        let mut state = self.lock();
        let fits = self.holds_attempt(&state);
        state.sent += u64::from(fits);
        if !fits && state.refused.is_none() {
            state.refused = Some(Refused::counts(Limit::MaxRequests, state.spent.requests, state.sent, 1));
        }
        fits
    }

    fn holds_attempt(&self, state: &State) -> bool {
        self.budget.max_requests.is_none_or(|most| state.spent.requests.saturating_add(state.sent) < most)
    }

    /// Takes back what was set aside, `repeats` further attempts included, and counts what it was.
    pub(super) fn settle(&self, worst: Worst, attempts: u32, repeats: u32, came: Came) {
        let mut state = self.lock();
        state.sent = state.sent.saturating_sub(1 + u64::from(repeats));
        state.aside.input = state.aside.input.saturating_sub(worst.input);
        state.aside.output = state.aside.output.saturating_sub(worst.output);
        state.aside.usd -= worst.usd;
        let attempts = attempts.max(1).max(repeats.saturating_add(1));
        state.spent.requests += u64::from(attempts);
        state.spent.retries += u64::from(attempts - 1);
        let (usage, usd) = match came {
            Came::Answer { usage, usd } => (usage.filter(|u| u.input.saturating_add(u.output) > 0), usd),
            Came::Unread => (None, None),
            Came::Nothing => (Some(Usage::default()), Some(0.0)),
        };
        let known = usage.unwrap_or_default();
        state.spent.usage.input = state.spent.usage.input.saturating_add(known.input);
        state.spent.usage.output = state.spent.usage.output.saturating_add(known.output);
        match usd {
            Some(usd) => state.spent.pay(usd),
            None => state.spent.unpriced += 1,
        }
        let counted = usage.unwrap_or(Usage { input: worst.input, output: worst.output });
        state.counted.input = state.counted.input.saturating_add(counted.input);
        state.counted.output = state.counted.output.saturating_add(counted.output);
        // Tokens that were told as none are told at no cost.
        state.counted.usd += if usage.is_some() { usd.unwrap_or(worst.usd) } else { usd.unwrap_or(0.0).max(worst.usd) };
        self.settled.notify_all();
    }

    pub(super) fn replayed(&self) {
        self.lock().spent.replayed += 1;
    }

    pub(super) fn spent(&self) -> Spent {
        self.lock().spent
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_that_could_pass_the_budget() {
        let purse = Purse::new(Budget::least(
            &Budget { max_usd: Some(1.0), ..Budget::default() },
            &Budget { max_requests: Some(3), ..Budget::default() },
        ));
        let worst = Worst { input: 5, output: 5, usd: 0.4 };
        assert!(purse.try_reserve(worst) && purse.try_reserve(worst) && !purse.try_reserve(worst));
        let came = Came::Answer { usage: Some(Usage { input: 1, output: 1 }), usd: Some(0.1) };
        purse.settle(worst, 1, 0, came);
        assert!(purse.reserve(worst));
        purse.settle(worst, 1, 0, came);
        purse.settle(worst, 1, 0, came);
        assert!(!purse.reserve(worst), "three requests were sent");
        assert!((purse.spent().usd - 0.3).abs() < 1e-9);
    }

    #[test]
    fn what_is_under_way_is_waited_for() {
        let purse = Purse::new(Budget { max_usd: Some(0.5), ..Budget::default() });
        let worst = Worst { input: 5, output: 5, usd: 0.4 };
        assert!(purse.reserve(worst));
        std::thread::scope(|scope| {
            let next = scope.spawn(|| purse.reserve(worst));
            purse.settle(worst, 1, 0, Came::Answer { usage: Some(Usage { input: 1, output: 1 }), usd: Some(0.01) });
            assert!(next.join().unwrap(), "a request that took less makes room");
        });
        std::thread::scope(|scope| {
            let next = scope.spawn(|| purse.reserve(worst));
            purse.settle(worst, 1, 0, Came::Unread);
            assert!(!next.join().unwrap(), "one that took all of it does not");
        });
    }

    #[test]
    fn what_an_answer_does_not_tell_counts_at_its_bound() {
        let worst = Worst { input: 5, output: 5, usd: 0.4 };
        let none = Some(Usage::default());
        for (usage, usd, left) in [
            (None, None, false),
            (none, Some(0.0), false),
            (Some(Usage { input: u64::MAX, output: u64::MAX }), Some(0.0), false),
            (Some(Usage { input: 1, output: 1 }), Some(0.1), true),
        ] {
            for budget in [
                Budget { max_tokens: Some(15), ..Budget::default() },
                Budget { max_usd: Some(0.5), ..Budget::default() },
            ] {
                let in_usd = budget.max_usd.is_some();
                let purse = Purse::new(budget);
                assert!(purse.reserve(worst));
                purse.settle(worst, 1, 0, Came::Answer { usage, usd });
                let huge = usage.is_some_and(|u| u.input == u64::MAX);
                assert_eq!(purse.reserve(worst), left || (huge && in_usd), "{usage:?} {usd:?}");
            }
        }
        let purse = Purse::new(Budget { max_tokens: Some(15), ..Budget::default() });
        assert!(purse.reserve(worst));
        purse.settle(worst, 1, 0, Came::Nothing);
        assert!(purse.reserve(worst), "what was refused costs nothing");
        purse.settle(worst, 1, 0, Came::Unread);
        assert!(!purse.reserve(worst), "what cannot be read was written");
    }

    #[test]
    fn attempts_are_requests_before_they_are_made() {
        let purse = Purse::new(Budget { max_requests: Some(3), ..Budget::default() });
        let worst = Worst::default();
        assert!(purse.reserve(worst) && purse.reserve_attempt() && purse.reserve_attempt());
        assert!(!purse.reserve_attempt() && !purse.try_reserve(worst));
        purse.settle(worst, 3, 2, Came::Nothing);
        assert_eq!((purse.spent().requests, purse.spent().retries, purse.reserve(worst)), (3, 2, false));
    }

    #[test]
    fn the_order_of_payments_does_not_matter() {
        let prices = [0.000_123_4, 3.3, 0.1, 1e-7, 0.2, 0.000_017];
        let total = |order: &[usize]| {
            let parts = order.iter().map(|i| Spent { usd: prices[*i], ..Spent::default() });
            parts.fold(Spent::default(), |sum, part| sum.and(&part)).usd
        };
        let split = Spent { usd: total(&[0, 2, 4]), ..Spent::default() };
        let split = split.and(&Spent { usd: total(&[1, 3, 5]), ..Spent::default() });
        assert_eq!(total(&[0, 1, 2, 3, 4, 5]).to_bits(), total(&[5, 3, 1, 4, 2, 0]).to_bits());
        assert_eq!(total(&[0, 1, 2, 3, 4, 5]).to_bits(), split.usd.to_bits());
    }
}
