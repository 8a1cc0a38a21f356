//! Which cases of a suite a plan runs: those that a sample keeps, of these one shard's, with its share of the budget.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use source::Digest;

use super::{Holder, Plan};
use crate::run::budget::Refused;
use crate::run::stop::Stop;
use crate::suite::{Budget, Limit};

/// Part `index` (from 1) of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    /// At least 1.
    pub count: u32,
}

impl Plan<'_> {
    /// The cases to run, by position: sampled, with those that must pass, and of these this shard's.
    pub fn positions(&self) -> Vec<usize> {
        self.some().unwrap_or_else(|| (0..self.suite.cases.len()).collect())
    }

    /// The same; none where all are run.
    pub(in crate::run) fn some(&self) -> Option<Vec<usize>> {
        if self.shard.is_none() && self.sample.is_none() && self.suite.sample.is_none() {
            return None;
        }
        let mut kept = self.sampled();
        if let Some(shard) = self.shard {
            // By the id's digest, so that adding a case moves no other between shards.
            kept.retain(|&i| {
                let digest = Digest::of(self.suite.cases.at(i).id.as_bytes());
                let [a, b, c, d, ..] = *digest.as_bytes();
                u32::from_be_bytes([a, b, c, d]) % shard.count.max(1) == shard.index.saturating_sub(1)
            });
        }
        Some(kept)
    }

    /// The cases of all shards together.
    pub(crate) fn sampled(&self) -> Vec<usize> {
        self.suite.sampled(self.sample.as_ref().or(self.suite.sample.as_ref()))
    }

    /// What the run may spend: a part of a run has its part of the budget, and a run that goes on what is left of it.
    pub fn limits(&self) -> Budget {
        self.share().less(&self.spent_before)
    }

    /// Where `limit` stands that holds this run: the smaller of the suite's own and what holds besides.
    pub(crate) fn holder(&self, limit: Limit) -> Option<Holder> {
        let (own, besides) = (self.suite.budget.of(limit), self.budget.of(limit));
        let smaller = match (&own, &besides) {
            (Some(own), Some(besides)) => own.as_f64() <= besides.as_f64(),
            (own, _) => own.is_some(),
        };
        if smaller {
            return Some(Holder { limit, from: self.suite.line_of(limit), most: own? });
        }
        let told = self.holders.iter().find(|holder| holder.limit == limit).cloned();
        told.or_else(|| Some(Holder { limit, from: limit.flag().to_owned(), most: besides? }))
    }

    /// What is to be told of the limit that ended this run.
    pub(in crate::run) fn stop(&self, refused: Refused) -> Option<Stop> {
        let Refused { limit, spent, reserved, next } = refused;
        let Holder { from, most, .. } = self.holder(limit)?;
        let earlier = &self.spent_before;
        let before = match limit {
            Limit::MaxUsd => Number::from_f64(earlier.usd)?,
            Limit::MaxRequests => earlier.requests.into(),
            Limit::MaxTokens => earlier.usage.input.saturating_add(earlier.usage.output).into(),
        };
        Some(Stop { limit, from, most, had: self.limits().of(limit)?, before, spent, reserved, next })
    }

    fn share(&self) -> Budget {
        let whole = Budget::least(&self.suite.budget, &self.budget);
        if self.shard.is_none() {
            return whole;
        }
        let (part, all) = (self.positions().len() as u64, self.sampled().len().max(1) as u64);
        let share =
            |most: u64| (u128::from(most) * u128::from(part)).div_ceil(u128::from(all)).try_into().unwrap_or(most);
        #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
        let share_usd = |most: f64| most * part as f64 / all as f64;
        Budget {
            max_usd: whole.max_usd.map(share_usd),
            max_requests: whole.max_requests.map(share),
            max_tokens: whole.max_tokens.map(share),
        }
    }
}
