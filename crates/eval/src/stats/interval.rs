//! Wilson's score interval (1927, <https://doi.org/10.1080/01621459.1927.10502953>).

use statrs::distribution::{ContinuousCDF, Normal};

/// The interval for `passed` of `n` at `confidence`, both ends; 0 to 1 for no trials.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
pub fn wilson(passed: u64, n: u64, confidence: f64) -> (f64, f64) {
    wilson_share(if n == 0 { 0.0 } else { passed as f64 / n as f64 }, n, confidence)
}

/// The interval for a mean share `p` of `n` units, each between 0 and 1: as wide as for units that are 0 or 1, which
/// vary most.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
pub fn wilson_share(p: f64, n: u64, confidence: f64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let z = Normal::standard().inverse_cdf(1.0 - (1.0 - confidence) / 2.0);
    let n = n as f64;
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::wilson;

    #[test]
    fn lower_bounds_are_those_of_the_tables() {
        for (passed, n, lower) in [(30, 30, 0.886), (48, 50, 0.865), (95, 100, 0.888), (100, 100, 0.963)] {
            assert!((wilson(passed, n, 0.95).0 - lower).abs() < 6e-4, "{passed}/{n}");
        }
        assert_eq!(wilson(0, 0, 0.95), (0.0, 1.0));
    }
}
