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

use crate::run::Results;
use crate::suite::Suite;

pub use absolute::{Agreement, Divided, Summary};
pub use against::across;
pub(crate) use against::p_value;
pub use baseline::{Baseline, RefusedModel, Removed, Standing};
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
    /// Today, `2026-11-22`: quarantine ends after its last day. Without it no quarantine holds.
    pub today: Option<String>,
}

/// Judges `results` by the suite's gate and by what policy demands, against a baseline where there is one.
///
/// Every model of the results must reach the gate. A part of a run is not judged, only looked at for what is missing.
pub fn judge(suite: &Suite, results: &Results, baseline: Option<&Baseline>, demands: &Demands) -> Verdict {
    verdict::judge(suite, results, baseline, demands)
}
