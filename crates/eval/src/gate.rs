//! From results to a verdict: thresholds, cases that must pass, error limits, and the comparison with a baseline.

mod absolute;
mod against;
mod baseline;
mod checks;
mod compare;
mod conclusion;
mod routes;
mod units;
mod verdict;

use source::Risk;

use crate::run::Results;
use crate::suite::Suite;

pub use absolute::{Agreement, Divided, Sampled, Summary};
pub use against::across;
pub use baseline::{Baseline, RefusedModel, Removed, Renamed, Standing};
pub use compare::{Comparison, ComparisonTest, Found, Refusal};
pub use conclusion::Conclusion;
pub use routes::{AgainstBest, Route};
pub use verdict::{Check, Quarantined, Verdict};

/// What policy demands beyond the suite: a suite can ask for more, never for less.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Demands {
    /// The least pass rate.
    pub min_pass_rate: Option<f64>,
    /// Whether its lower bound must reach it.
    pub wilson: bool,
    /// The greatest share of errors.
    pub max_error_rate: Option<f64>,
    /// The least number of cases.
    pub min_cases: Option<u64>,
    /// Whether an inconclusive comparison fails.
    pub fail_inconclusive: bool,
    /// Whose demand the pass rate is, where it is not that of the files under test.
    pub whose: Option<String>,
    /// The risk that it goes by.
    pub risk: Option<Risk>,
    /// Today, `2026-11-22`: quarantine ends after its last day. Without it no quarantine holds.
    pub today: Option<String>,
}

impl Demands {
    /// These and `others`, which `whose` states: of each kind the stricter one.
    #[must_use]
    pub fn and(self, others: Self, whose: &str) -> Self {
        let higher = others.min_pass_rate > self.min_pass_rate || (others.wilson && !self.wilson);
        let errors = [self.max_error_rate, others.max_error_rate];
        Self {
            min_pass_rate: self.min_pass_rate.into_iter().chain(others.min_pass_rate).reduce(f64::max),
            wilson: self.wilson || others.wilson,
            max_error_rate: errors.into_iter().flatten().reduce(f64::min),
            min_cases: self.min_cases.max(others.min_cases),
            fail_inconclusive: self.fail_inconclusive || others.fail_inconclusive,
            risk: self.risk.max(others.risk),
            whose: if higher { Some(whose.to_owned()) } else { self.whose },
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
