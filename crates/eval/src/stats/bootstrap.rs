//! The seeded bootstrap of a mean of units, for intervals where units are few, skewed or clusters.
//!
//! Its percentiles are expanded (Hesterberg, 2015, <https://doi.org/10.1080/00031305.2015.1089789>): the plain ones are too
//! narrow by a factor of about √((n−1)/n) and by taking a normal quantile for Student's, and cover 93 % instead of 95 % at
//! 20 units.

use statrs::distribution::{ContinuousCDF, Normal};

use super::paired::quantile;

/// SplitMix64 (Steele, Lea and Flood, 2014, <https://doi.org/10.1145/2660193.2660195>): small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator; each seed gives another sequence.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, `n`; `n` is at least 1.
    #[expect(clippy::cast_possible_truncation, reason = "the product is below n in its upper half")]
    pub const fn below(&mut self, n: usize) -> usize {
        ((self.bits() as u128 * n as u128) >> 64) as usize
    }

    /// A number from 0 up to, not including, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
    pub const fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The expanded percentile interval of the mean of `units` at `confidence` over `rounds` resamples.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of resamples"
)]
pub(super) fn mean_interval(units: &[f64], confidence: f64, rounds: usize, seed: u64) -> (f64, f64) {
    if units.is_empty() || rounds == 0 {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    let mut rng = Rng::new(seed);
    let mut means: Vec<f64> = (0..rounds)
        .map(|_| (0..units.len()).map(|_| units[rng.below(units.len())]).sum::<f64>() / units.len() as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((share * rounds as f64) as usize).min(rounds - 1)];
    let n = units.len() as f64;
    let wide = quantile(1.0 - (1.0 - confidence) / 2.0, n - 1.0) * (n / (n - 1.0)).sqrt();
    let tail = if wide.is_finite() { Normal::standard().cdf(-wide) } else { 0.0 };
    (at(tail), at(1.0 - tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let units: Vec<f64> = (0..50).map(|i| f64::from(i % 2)).collect();
        let (low, high) = mean_interval(&units, 0.95, 2000, 7);
        assert_eq!((low, high), mean_interval(&units, 0.95, 2000, 7));
        assert!((0.3..0.45).contains(&low) && (0.55..0.7).contains(&high), "{low} {high}");
    }

    #[test]
    fn few_units_are_given_students_width() {
        let units: Vec<f64> = (0..12).map(f64::from).collect();
        let (low, high) = mean_interval(&units, 0.95, 20_000, 7);
        // Student's: 5.5 ± 2.201 · 1.041.
        assert!((low - 3.21).abs() < 0.1 && (high - 7.79).abs() < 0.1, "{low} {high}");
        assert!(mean_interval(&[0.5], 0.95, 10, 7) == (0.5, 0.5));
    }

    #[test]
    fn the_generator_is_the_published_one() {
        let mut rng = Rng::new(1_234_567);
        assert_eq!([rng.bits(), rng.bits()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }
}
