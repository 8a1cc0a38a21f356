//! Several models on the same cases: quality, time and cost beside one another.

use std::collections::HashMap;

use serde::Serialize;

use super::absolute::Summary;
use super::units::{Unit, by_cluster};
use crate::stats::{difference_interval, paired};

/// One model among several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// The model.
    pub model: String,
    /// Whether it meets every check by itself.
    pub meets: bool,
    /// US dollars for a thousand answers, where the cost of each is known.
    pub usd_per_thousand: Option<f64>,
    /// Its cost as a share of the best model's.
    pub cost_ratio: Option<f64>,
    /// Its median time as a share of the best model's.
    pub time_ratio: Option<f64>,
    /// How it compares with the best model, pair by pair; absent for that one itself.
    pub against_best: Option<AgainstBest>,
}

/// A model beside the one that passes most.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgainstBest {
    /// The model that passes most; of equals the cheaper.
    pub best: String,
    /// Pairs of cases.
    pub pairs: usize,
    /// The mean difference of shares of passes, this one less the best.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// One-sided: the probability of such a difference where both were alike.
    pub p: f64,
}

/// Each of `models` with its `units`, in their order; whether it meets the gate is told later.
pub(super) fn routes(models: &[Summary], units: &[Vec<Unit>]) -> Vec<Route> {
    let order = |a: &&usize, b: &&usize| {
        let key = |i: usize| (models[i].pass_rate.unwrap_or(0.0), -per_thousand(&models[i]).unwrap_or(f64::MAX));
        key(**a).partial_cmp(&key(**b)).unwrap_or(std::cmp::Ordering::Equal)
    };
    let positions: Vec<usize> = (0..models.len()).collect();
    let Some(&best) = positions.iter().max_by(order) else { return Vec::new() };
    let route = |i: usize| {
        let (one, top) = (&models[i], &models[best]);
        Route {
            model: one.model.clone(),
            meets: false,
            usd_per_thousand: per_thousand(one),
            cost_ratio: ratio(per_thousand(one), per_thousand(top)),
            time_ratio: ratio(one.latency_p50_ms.map(as_f64), top.latency_p50_ms.map(as_f64)),
            against_best: (i != best).then(|| against(&top.model, &units[best], &units[i])),
        }
    };
    (0..models.len()).map(route).collect()
}

fn against(best: &str, top: &[Unit], one: &[Unit]) -> AgainstBest {
    let graded: HashMap<u64, &Unit> = top.iter().filter(|t| t.is_graded).map(|t| (t.id, t)).collect();
    let pairs: Vec<(&Unit, &Unit)> =
        one.iter().filter(|u| u.is_graded).filter_map(|u| Some((u, *graded.get(&u.id)?))).collect();
    let differences = by_cluster(pairs.iter().map(|(u, t)| (**u, u.share - t.share)));
    let t = paired(&differences);
    let seed = one.first().map_or(0, |u| u.seed);
    AgainstBest {
        best: best.to_owned(),
        pairs: pairs.len(),
        difference: t.mean,
        interval: difference_interval(&differences, &t, seed),
        p: t.p,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of answers")]
pub(super) fn per_thousand(summary: &Summary) -> Option<f64> {
    summary.cost.filter(|_| summary.graded > 0 && summary.unpriced == 0).map(|usd| usd * 1000.0 / summary.graded as f64)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds")]
const fn as_f64(n: u64) -> f64 {
    n as f64
}

fn ratio(one: Option<f64>, top: Option<f64>) -> Option<f64> {
    one.zip(top).filter(|(_, top)| *top > 0.0).map(|(one, top)| one / top)
}
