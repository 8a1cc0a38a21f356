//! The paired t-test on differences of units, one-sided: whether the mean fell.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// What the test says of differences, current minus baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// The mean difference.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// Units less one.
    pub freedom: f64,
    /// The probability of a fall at least as deep where nothing changed.
    pub p: f64,
}

impl Paired {
    /// The greatest mean difference that a one-sided test at `alpha` would not call a rise: the fall is at most its
    /// negative.
    pub fn lower(&self, alpha: f64) -> f64 {
        self.mean - quantile(1.0 - alpha, self.freedom) * self.error
    }

    /// The least fall that this many units with this much noise would show with probability `power`.
    pub fn detectable(&self, alpha: f64, power: f64) -> f64 {
        (quantile(1.0 - alpha, self.freedom) + quantile(power, self.freedom)) * self.error
    }
}

/// The test for `differences`; without noise the answer is certain.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
pub fn paired(differences: &[f64]) -> Paired {
    let n = differences.len() as f64;
    if differences.is_empty() {
        return Paired { mean: 0.0, error: 0.0, freedom: 0.0, p: 1.0 };
    }
    let mean = differences.iter().sum::<f64>() / n;
    let freedom = n - 1.0;
    let variance = if freedom > 0.0 {
        differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / freedom
    } else {
        f64::INFINITY
    };
    // Thirds that are all the same differ in their last digit once their mean is taken: that is no noise.
    let error = Some((variance / n).sqrt()).filter(|error| *error > 1e-12).unwrap_or_default();
    let p = if error == 0.0 {
        // Every unit moved alike: as unlikely as as many coins that fall the same way.
        if mean < 0.0 { 0.5_f64.powf(n) } else { 1.0 }
    } else if error.is_finite() {
        StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |t| t.cdf(mean / error))
    } else {
        1.0
    };
    Paired { mean, error, freedom, p }
}

pub(super) fn quantile(p: f64, freedom: f64) -> f64 {
    if freedom <= 0.0 {
        return f64::INFINITY;
    }
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistic_is_students() {
        let test = paired(&[-0.1, 0.0, -0.2, -0.1, 0.1]);
        assert!((test.mean + 0.06).abs() < 1e-12 && (test.error - 0.050_990_195_135_927_85).abs() < 1e-9);
        assert!((test.p - 0.152_3).abs() < 1e-3, "{}", test.p);
        assert_eq!(paired(&[0.0; 9]).p, 1.0);
        assert_eq!((paired(&[-0.1; 3]).p, paired(&[-1.0 / 3.0; 7]).error), (0.125, 0.0));
        assert!(paired(&[-0.5; 9]).p < 0.01 && paired(&[-0.5]).p == 1.0 && paired(&[]).p == 1.0);
    }
}
