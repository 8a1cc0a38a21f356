//! McNemar's test, one-sided: whether more cases turned from pass to fail than from fail to pass.
//!
//! The mid-p form (Fagerland, Lydersen and Laake, 2013, <https://doi.org/10.1186/1471-2288-13-91>) counts half of the
//! probability of what was seen; it has more power than the exact form, and its rate of false alarms stays near alpha.
//! Where it would exceed alpha, for this many pairs and this share of discordant ones, the exact form decides.

use statrs::distribution::{Binomial, Discrete, DiscreteCDF};

/// What the test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// The p-value that decides.
    pub p: f64,
    /// The mid-p value.
    pub mid_p: f64,
    /// The exact value.
    pub exact: f64,
    /// Whether the exact form decides.
    pub by_exact: bool,
}

/// The test for `lost` pairs that went from pass to fail and `won` that went the other way, of `n` pairs.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
pub fn mcnemar(lost: u64, won: u64, n: u64, alpha: f64) -> McNemar {
    let discordant = lost + won;
    if discordant == 0 {
        return McNemar { p: 1.0, mid_p: 1.0, exact: 1.0, by_exact: true };
    }
    let (exact, mid_p) = tails(lost, discordant);
    let by_exact =
        mid_p <= alpha && size(n.max(discordant), discordant as f64 / n.max(discordant) as f64, alpha) > alpha;
    McNemar { p: if by_exact { exact } else { mid_p }, mid_p, exact, by_exact }
}

/// P(X ≥ k), and that with half of P(X = k) taken off, for X of `m` fair coins.
fn tails(k: u64, m: u64) -> (f64, f64) {
    let Ok(coins) = Binomial::new(0.5, m) else { return (1.0, 1.0) };
    let here = coins.pmf(k);
    let above = if k >= m { 0.0 } else { coins.sf(k) };
    ((above + here).min(1.0), (above + here / 2.0).min(1.0))
}

/// How often the mid-p form raises a false alarm among `n` pairs of which a share `rate` is discordant by chance.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of cases, clamped to their range"
)]
fn size(n: u64, rate: f64, alpha: f64) -> f64 {
    let Ok(discordant) = Binomial::new(rate.clamp(0.0, 1.0), n) else { return 0.0 };
    let (mean, deviation) = (n as f64 * rate, (n as f64 * rate * (1.0 - rate)).sqrt());
    let first = (mean - 6.0 * deviation).floor().max(1.0) as u64;
    let last = ((mean + 6.0 * deviation).ceil() as u64).clamp(first, n);
    (first..=last).map(|m| discordant.pmf(m) * conditional_size(m, alpha)).sum()
}

/// The same, given `m` discordant pairs.
fn conditional_size(m: u64, alpha: f64) -> f64 {
    // Mid-p falls as k grows: find the least k that rejects.
    let (mut low, mut high) = (0, m + 1);
    while low < high {
        let middle = low.midpoint(high);
        if middle <= m && tails(middle, m).1 > alpha {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if low > m { 0.0 } else { tails(low, m).0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_binomial() {
        let test = mcnemar(8, 2, 100, 0.05);
        assert!((test.exact - 56.0 / 1024.0).abs() < 1e-12);
        assert!((test.mid_p - (11.0 + 22.5) / 1024.0).abs() < 1e-12);
        assert_eq!(mcnemar(0, 0, 50, 0.05).p, 1.0);
        assert!(mcnemar(0, 5, 50, 0.05).p > 0.9);
    }

    #[test]
    fn the_form_that_decides_keeps_its_alpha() {
        for n in [20, 50, 100, 300] {
            for percent in [2, 5, 10, 20, 40] {
                let discordant = (n * percent / 100).max(1);
                let test = mcnemar(discordant, 0, n, 0.05);
                assert!(test.by_exact || test.mid_p > 0.05 || size(n, discordant as f64 / n as f64, 0.05) <= 0.05);
            }
        }
    }
}
