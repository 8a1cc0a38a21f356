//! From results to a verdict: thresholds, cases that must pass, error limits, and the comparison with a baseline.

mod absolute;
mod compare;
mod units;
mod verdict;

use crate::run::Results;
use crate::suite::Suite;

pub use absolute::Summary;
pub use compare::{Comparison, ComparisonTest, Found, Refusal};
pub use verdict::{Check, Conclusion, Verdict, across};

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
    /// Whether comparing is another step's work: without a baseline nothing is said then.
    pub without_baseline: bool,
    /// Today, `2026-11-22`: quarantine ends after its last day. Without it no quarantine holds.
    pub today: Option<String>,
}

/// Judges `results` by the suite's gate and by what policy demands, against a baseline where the gate compares.
///
/// Every model of the results must reach the gate. `baseline` is a run of the same suite on the baseline's prompt.
pub fn judge(suite: &Suite, results: &Results, baseline: Option<&Results>, demands: &Demands) -> Verdict {
    verdict::judge(suite, results, baseline, demands)
}
