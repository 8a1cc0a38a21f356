//! From results to a verdict: thresholds, cases that must pass, error limits, and the comparison with a baseline.

mod absolute;
mod against;
mod baseline;
mod checks;
mod compare;
mod conclusion;
mod lifted;
mod routes;
mod units;
mod verdict;
mod words;

use source::Risk;

use crate::run::Results;
use crate::suite::{Bound, Suite};

pub use absolute::{Agreement, Divided, Sampled, Summary, effective};
pub use against::across;
pub use baseline::{Baseline, RefusedModel, Removed, Renamed, Standing};
pub use compare::{Comparison, ComparisonTest, Found, Refusal};
pub use conclusion::Conclusion;
pub use lifted::lifted;
pub use routes::{AgainstBest, Route};
pub use verdict::{Check, Quarantined, Verdict};
pub(crate) use words::points;

/// What policy demands beyond the suite: a suite can ask for more, never for less.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Demands {
    /// The pass rates that have to be reached, each by itself.
    pub rates: Vec<Rate>,
    /// The greatest share of errors.
    pub max_error_rate: Option<f64>,
    /// The least number of cases.
    pub min_cases: Option<u64>,
    /// Whether an inconclusive comparison fails.
    pub fail_inconclusive: bool,
    /// The risk that it goes by.
    pub risk: Option<Risk>,
    /// Today, `2026-11-22`: quarantine ends after its last day. Without it no quarantine holds.
    pub today: Option<String>,
}

/// A pass rate that a policy asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// At least this.
    pub least: f64,
    /// What has to reach it.
    pub bound: Bound,
    /// Whose policy it is.
    pub whose: String,
}

impl Rate {
    /// Whether whatever reaches it reaches `other`, too: a lower bound is never above the rate.
    fn implies(&self, other: &Self) -> bool {
        self.least >= other.least && (self.bound == other.bound || self.bound == Bound::Wilson)
    }
}

impl Demands {
    /// Whether anything is asked of counts.
    pub(crate) fn counts(&self) -> bool {
        !self.rates.is_empty() || self.max_error_rate.is_some() || self.min_cases.is_some()
    }

    /// These and `others`, which `whose` states: of each kind the stricter one, and both where neither is.
    #[must_use]
    pub fn and(self, others: Self, whose: &str) -> Self {
        let errors = [self.max_error_rate, others.max_error_rate];
        let mut rates = self.rates;
        for rate in others.rates {
            if !rates.iter().any(|known| known.implies(&rate)) {
                rates.retain(|known| !rate.implies(known));
                rates.push(Rate { whose: whose.to_owned(), ..rate });
            }
        }
        Self {
            rates,
            max_error_rate: errors.into_iter().flatten().reduce(f64::min),
            min_cases: self.min_cases.max(others.min_cases),
            fail_inconclusive: self.fail_inconclusive || others.fail_inconclusive,
            risk: self.risk.max(others.risk),
            today: self.today.or(others.today),
        }
    }
}

/// Judges `results` by the suite's gate and by what policy demands, against a baseline where there is one.
///
/// Every model of the results must reach the gate. A part of a run is not judged, only looked at for what is missing.
pub fn judge(suite: &Suite, results: &Results, baseline: Option<&Baseline>, demands: &Demands) -> Verdict {
    verdict::judge(suite, results, baseline, demands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_policies_ask_is_not_asked_as_one() {
        use Bound::{Point, Wilson};
        let of = |(least, bound)| {
            let rate = Rate { least, bound, whose: "policy".to_owned() };
            Demands { rates: vec![rate], ..Demands::default() }
        };
        let asked = |demands: Demands| -> Vec<String> {
            demands.rates.iter().map(|r| format!("{:?} {} by {}", r.bound, r.least, r.whose)).collect()
        };
        let both = |first, then| asked(of(first).and(of(then), "other"));
        assert_eq!(both((0.95, Point), (0.5, Wilson)), ["Point 0.95 by policy", "Wilson 0.5 by other"]);
        assert_eq!(both((0.95, Point), (0.5, Point)), ["Point 0.95 by policy"]);
        assert_eq!(both((0.5, Point), (0.95, Point)), ["Point 0.95 by other"]);
        assert_eq!(both((0.9, Wilson), (0.9, Point)), ["Wilson 0.9 by policy"], "its lower bound is below the rate");
        assert_eq!(both((0.9, Point), (0.9, Wilson)), ["Wilson 0.9 by other"]);
        assert_eq!(both((0.9, Point), (0.9, Point)), ["Point 0.9 by policy"]);
        assert_eq!(asked(Demands::default().and(of((0.5, Point)), "other")), ["Point 0.5 by other"]);
    }
}
