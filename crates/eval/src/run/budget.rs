//! What a run took and may take.
//!
//! A budget is hard: before a request is sent, the most that it can cost is set aside, and where that would pass the
//! budget nothing more is sent. What is not known (a price, a length) cannot be bounded and is refused beforehand by
//! whoever makes the plan.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::answer::Usage;
use crate::suite::Budget;

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

/// A millionth of a millionth of a dollar: sums of these are the same in whatever order answers came.
const PICO: f64 = 1e12;

impl Spent {
    /// What two parts took together.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut sum = *self;
        sum.requests += other.requests;
        sum.retries += other.retries;
        sum.replayed += other.replayed;
        sum.usage.input += other.usage.input;
        sum.usage.output += other.usage.output;
        sum.unpriced += other.unpriced;
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
}

#[derive(Debug, Default)]
struct State {
    spent: Spent,
    /// Requests under way.
    sent: u64,
    aside: Worst,
}

impl Purse {
    pub(super) fn new(budget: Budget) -> Self {
        Self { budget, state: Mutex::default() }
    }

    /// Sets `worst` aside; `false` where the budget does not hold it.
    pub(super) fn reserve(&self, worst: Worst) -> bool {
        let mut state = self.lock();
        let tokens = state.spent.usage.input
            + state.spent.usage.output
            + state.aside.input
            + state.aside.output
            + worst.input
            + worst.output;
        let fits = self.budget.max_requests.is_none_or(|most| state.spent.requests + state.sent < most)
            && self.budget.max_tokens.is_none_or(|most| tokens <= most)
            && self.budget.max_usd.is_none_or(|most| state.spent.usd + state.aside.usd + worst.usd <= most + 1e-9);
        if fits {
            state.sent += 1;
            state.aside.input += worst.input;
            state.aside.output += worst.output;
            state.aside.usd += worst.usd;
        }
        fits
    }

    /// Takes back what was set aside and counts what it was.
    pub(super) fn settle(&self, worst: Worst, attempts: u32, usage: Option<Usage>, usd: Option<f64>) {
        let mut state = self.lock();
        state.sent -= 1;
        state.aside.input -= worst.input;
        state.aside.output -= worst.output;
        state.aside.usd -= worst.usd;
        state.spent.requests += u64::from(attempts.max(1));
        state.spent.retries += u64::from(attempts.saturating_sub(1));
        if let Some(usage) = usage {
            state.spent.usage.input += usage.input;
            state.spent.usage.output += usage.output;
        }
        match usd {
            Some(usd) => state.spent.pay(usd),
            None => state.spent.unpriced += 1,
        }
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
        assert!(purse.reserve(worst) && purse.reserve(worst) && !purse.reserve(worst));
        purse.settle(worst, 1, Some(Usage { input: 1, output: 1 }), Some(0.1));
        assert!(purse.reserve(worst));
        purse.settle(worst, 1, None, Some(0.1));
        purse.settle(worst, 1, None, Some(0.1));
        assert!(!purse.reserve(worst), "three requests were sent");
        assert!((purse.spent().usd - 0.3).abs() < 1e-9);
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
