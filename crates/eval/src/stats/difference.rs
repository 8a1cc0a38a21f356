//! What the differences of paired units allow one to say: an interval, how deep a fall can be ruled out, and which fall
//! would have been seen.
//!
//! Where each unit either stays or turns, as single answers do, all of it goes by the numbers of those that turned, and
//! says something where none did: Tango's score interval (1998,
//! <https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C891::AID-SIM780%3E3.0.CO;2-B>), which for no pair of n that
//! turned is ±z²/(n+z²): 8.8 points for 40. Elsewhere it is the bootstrap or Student's.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

use super::bootstrap::mean_interval;
use super::paired::Paired;

/// How many resamples an interval takes.
const ROUNDS: usize = 4000;

/// The 95 % interval of the mean of `differences` between shares, `t` being their test: Tango's where each unit stays or
/// turns, the bootstrap's where units are few enough to be skewed, else Student's.
pub fn difference_interval(differences: &[f64], t: &Paired, seed: u64) -> (f64, f64) {
    if let Some((lost, won)) = turned(differences) {
        return score_interval(lost, won, differences.len() as u64, 0.95);
    }
    if t.error == 0.0 {
        return all_alike(t.mean, differences.len() as u64, 0.05);
    }
    if (10..200).contains(&differences.len()) {
        return mean_interval(differences, 0.95, ROUNDS, seed);
    }
    let low = t.lower(0.025);
    (low.max(-1.0), (2.0 * t.mean - low).min(1.0))
}

/// The deepest fall that `differences` do not rule out at a one-sided `alpha`.
pub fn deepest_fall(differences: &[f64], t: &Paired, alpha: f64) -> f64 {
    let low = match turned(differences) {
        Some((lost, won)) => score_interval(lost, won, differences.len() as u64, 1.0 - 2.0 * alpha).0,
        None if t.error == 0.0 => all_alike(t.mean, differences.len() as u64, alpha).0,
        None => t.lower(alpha),
    };
    -low.max(-1.0)
}

/// The least fall that the test of `differences` at `alpha` shows with probability `power`, given how much they vary; 1
/// where it shows none. Where each unit stays or turns, it is at least the fall that shows where nothing else turns: that
/// few pairs vary little by chance does not make them see more.
pub fn detectable(differences: &[f64], t: &Paired, alpha: f64, power: f64) -> f64 {
    let by_noise = t.detectable(alpha, power);
    let at_least = match turned(differences).is_some() || t.error == 0.0 {
        true => least_seen(differences.len() as u64, alpha, power),
        false => 0.0,
    };
    by_noise.max(at_least).min(1.0)
}

/// How many units turned from pass to fail and the other way, where each of them stays or turns.
fn turned(differences: &[f64]) -> Option<(u64, u64)> {
    let mut counts = (0, 0);
    for difference in differences {
        match *difference {
            0.0 => {}
            -1.0 => counts.0 += 1,
            1.0 => counts.1 += 1,
            _ => return None,
        }
    }
    (!differences.is_empty()).then_some(counts)
}

/// Tango's interval for the difference of two shares of the same `n` pairs, of which `lost` and `won` turned.
#[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
fn score_interval(lost: u64, won: u64, n: u64, confidence: f64) -> (f64, f64) {
    let (lost, won, n) = (lost as f64, won as f64, n as f64);
    let z = Normal::standard().inverse_cdf(1.0 - (1.0 - confidence) / 2.0);
    // His statistic for a true difference of `d`; it falls as `d` grows.
    let statistic = |d: f64| {
        let (a, b, c) = (2.0 * n, (2.0 * n - won + lost) * d - won - lost, -lost * d * (1.0 - d));
        let q = ((b * b - 4.0 * a * c).max(0.0).sqrt() - b) / (2.0 * a);
        let variance = n * (2.0 * q + d * (1.0 - d));
        let distance = won - lost - n * d;
        if variance > 1e-12 { distance / variance.sqrt() } else { distance.signum() * f64::INFINITY }
    };
    let solve = |mut low: f64, mut high: f64, value: f64| {
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if statistic(middle) > value { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    };
    let seen = (won - lost) / n;
    let low = if seen <= -1.0 { -1.0 } else { solve(-1.0, seen, z) };
    let high = if seen >= 1.0 { 1.0 } else { solve(seen, 1.0, -z) };
    (low, high)
}

/// The limits of a mean of which all of `n` units were `mean`: with probability 1 − `alpha` at most a share
/// 1 − alpha^(1/n), about 3/n, of all units is anything else (Hanley and Lippman-Hand, 1983,
/// <https://doi.org/10.1001/jama.1983.03330370053031>), and that anywhere from −1 to 1.
#[expect(clippy::cast_precision_loss, reason = "counts of units")]
fn all_alike(mean: f64, n: u64, alpha: f64) -> (f64, f64) {
    let others = 1.0 - alpha.powf(1.0 / n as f64);
    (mean - others * (1.0 + mean), mean + others * (1.0 - mean))
}

/// The least fall that the exact test at `alpha` shows among `n` pairs with probability `power` where nothing else turns.
fn least_seen(n: u64, alpha: f64, power: f64) -> f64 {
    // So many must turn for one to see it: 0.5 to this power is at most alpha.
    let Some(needed) = (1..=n).find(|m| 0.5_f64.powi(i32::try_from(*m).unwrap_or(i32::MAX)) <= alpha) else {
        return 1.0;
    };
    let seen = |fall: f64| Binomial::new(fall, n).map_or(0.0, |turning| turning.sf(needed - 1));
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if seen(middle) < power { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::super::paired;
    use super::*;

    fn units(lost: usize, won: usize, n: usize) -> Vec<f64> {
        let turned = std::iter::repeat_n(-1.0, lost).chain(std::iter::repeat_n(1.0, won));
        turned.chain(std::iter::repeat_n(0.0, n - lost - won)).collect()
    }

    #[test]
    fn the_interval_is_tangos() {
        // Computed apart from this, by maximising the likelihood of the pairs under each difference.
        for ((lost, won, n), (low, high)) in [
            ((1, 0, 44), (-0.118_077, 0.059_393)),
            ((12, 3, 100), (-0.173_743, -0.015_977)),
            ((40, 0, 40), (-1.0, -0.824_757)),
            ((1, 0, 1), (-1.0, 0.586_901)),
        ] {
            let (l, h) = score_interval(lost, won, n, 0.95);
            assert!((l - low).abs() < 1e-5 && (h - high).abs() < 1e-5, "{lost} {won} {n}: {l} {h}");
        }
    }

    #[test]
    fn no_pair_that_differs_is_no_certainty() {
        let of = |units: &[f64]| difference_interval(units, &paired(units), 7);
        for (n, bound) in [(20, 0.161_125), (40, 0.087_622), (400, 0.009_512)] {
            let (low, high) = of(&units(0, 0, n));
            assert!((low + bound).abs() < 1e-5 && (high - bound).abs() < 1e-5, "{n}: {low} {high}");
        }
        // Units of several answers that all moved alike: 95 % sure that under 14 % of such units do anything else.
        let (low, high) = of(&[-0.25; 20]);
        assert!((low + 0.354_337).abs() < 1e-5 && (high + 0.076_105).abs() < 1e-5, "{low} {high}");
        assert_eq!(of(&[0.5]), (-1.0, 1.0));
    }

    #[test]
    fn a_fall_is_ruled_out_only_by_pairs_that_could_show_it() {
        let of = |units: &[f64]| deepest_fall(units, &paired(units), 0.05);
        assert!(of(&units(0, 0, 40)) > 0.06 && of(&units(0, 0, 200)) < 0.02);
        // Student's says 1.3 points here; one of 200 happens where 2.3 in 100 turn.
        assert!((of(&units(1, 0, 200)) - 0.022_097).abs() < 1e-5);
        assert!(of(&[-0.1; 3]) > 0.5);
    }

    #[test]
    fn what_would_have_been_seen_takes_as_many_pairs_as_the_test_needs() {
        let of = |units: &[f64], alpha: f64| detectable(units, &paired(units), alpha, 0.8);
        // Five must turn at .05: four of five times they do among 40 where 16.3 in 100 turn.
        assert!((of(&units(0, 0, 40), 0.05) - 0.163).abs() < 2e-3, "{}", of(&units(0, 0, 40), 0.05));
        assert!(of(&units(1, 0, 100), 0.05) > 0.06 && of(&units(3, 0, 3), 0.05) == 1.0);
        // A share of alpha among several comparisons sees less.
        let many = units(9, 4, 100);
        assert!(of(&many, 0.05 / 8.0) > of(&many, 0.05) + 0.02);
    }
}
