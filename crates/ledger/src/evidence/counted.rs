//! Whether the counts of a run reach what a demand asks; nothing here takes the suite's own word for it.

use policy::{Bound, EvidenceDemand};
use source::ModelName;

use super::wanted::{FAR, Unmet};
use crate::record::Cases;

/// In what the counts of `model` fall short of `demand`; `units` is how many of its cases are independent, where not all.
pub(super) fn short_of(demand: &EvidenceDemand, model: &ModelName, counts: &Cases, units: Option<u64>) -> Vec<Unmet> {
    let mut short = Vec::new();
    let total = counts.total();
    if total < demand.min_cases {
        let cases = if total == 1 { "1 case".to_owned() } else { format!("{total} cases") };
        let why = format!("it has {cases} with {model}, {} are the fewest", demand.min_cases);
        // A small suite stays small however often it is run.
        let lacking = (2 * FAR).saturating_mul(demand.min_cases - total) / demand.min_cases;
        short.push(Unmet { far: FAR + lacking, ..why.into() });
    }
    let errors = f64::from(counts.errors) / as_f64(total);
    if errors > demand.max_error_rate.get() {
        short.push(format!("{} of {total} cases with {model} ended in an error", counts.errors).into());
    }
    let Some(least) = demand.min_pass_rate else { return short };
    let share = f64::from(counts.passed) / as_f64(total);
    let (what, rate) = match demand.bound {
        Bound::Point => ("pass rate", share),
        Bound::Wilson => ("95 % lower bound of the pass rate", wilson_lower(share, as_f64(units.unwrap_or(total)))),
    };
    if rate < least.get() {
        let over = match units {
            Some(units) if demand.bound == Bound::Wilson => format!(" over {units} independent units"),
            _ => String::new(),
        };
        short.push(format!("its {what} with {model} is {rate:.3}{over}, {least} is the least").into());
    }
    short
}

/// The lower end of Wilson's 95 % score interval for a share `p` of `n` (1927, <https://doi.org/10.1080/01621459.1927.10502953>).
fn wilson_lower(p: f64, n: f64) -> f64 {
    const Z: f64 = 1.959_963_984_540_054;
    let centre = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - half) / (1.0 + Z * Z / n)).max(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a sum of three 32-bit counts is exact in a double")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
