//! Several tests that share one rate of false alarms: Holm's correction (1979, <https://www.jstor.org/stable/4615733>).
//!
//! What could not be significant, whichever way that which varies had fallen, shares nothing (Tarone, 1990,
//! <https://doi.org/10.2307/2531456>): else tests in which nothing can differ would hide what another shows.

/// One test among several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// Its p-value.
    pub p: f64,
    /// The least p-value that it could have had, given how much varies.
    pub least: f64,
    /// The rate of false alarms that it allows.
    pub alpha: f64,
}

/// What became of it among the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shared {
    /// Its p-value among all of them: it is significant exactly where this is at most alpha.
    pub p: f64,
    /// How many share alpha.
    pub among: usize,
    /// The part of alpha that it had to reach by itself.
    pub level: f64,
}

/// Each of `tests` among all of them.
#[expect(clippy::cast_precision_loss, reason = "a handful of tests")]
pub fn share(tests: &[Test]) -> Vec<Shared> {
    let mut shared: Vec<Shared> = tests.iter().map(|t| Shared { p: t.p, among: 1, level: t.alpha }).collect();
    let mut order: Vec<usize> = (0..tests.len()).filter(|&i| tests[i].least <= tests[i].alpha).collect();
    order.sort_by(|&a, &b| tests[a].p.total_cmp(&tests[b].p));
    let among = order.len();
    let (mut p, mut parts): (f64, Option<usize>) = (0.0, None);
    for (rank, &i) in order.iter().enumerate() {
        let (test, left) = (&tests[i], among - rank);
        p = p.max(test.p * left as f64).min(1.0);
        shared[i] = Shared { p, among, level: test.alpha / parts.unwrap_or(left) as f64 };
        // Behind the first that is not significant none is: each had to reach what that one had to.
        if p > test.alpha {
            parts.get_or_insert(left);
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests(p: &[f64]) -> Vec<Test> {
        p.iter().map(|&p| Test { p, least: 0.0, alpha: 0.05 }).collect()
    }

    #[test]
    fn the_smallest_must_pass_the_hardest_test() {
        let adjusted = |p: &[f64]| share(&tests(p)).iter().map(|s| s.p).collect::<Vec<_>>();
        assert_eq!(adjusted(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!(adjusted(&[0.05]), [0.05]);
        assert!(adjusted(&[]).is_empty());
    }

    #[test]
    fn each_had_to_reach_what_was_left_at_its_turn() {
        let levels = |p: &[f64]| share(&tests(p)).iter().map(|s| s.level).collect::<Vec<_>>();
        assert_eq!(levels(&[0.5, 0.01]), [0.05, 0.025]);
        assert_eq!(levels(&[0.04, 0.03, 0.3, 0.001]), [0.05 / 3.0, 0.05 / 3.0, 0.05 / 3.0, 0.0125]);
        assert_eq!(levels(&[0.01, 0.01]), [0.025, 0.05]);
    }

    #[test]
    fn what_could_not_be_significant_shares_nothing() {
        let mut three = tests(&[0.03, 0.2, 0.9]);
        (three[1].least, three[2].least) = (0.2, 0.9);
        let alone = |p| Shared { p, among: 1, level: 0.05 };
        assert_eq!(share(&three), [alone(0.03), alone(0.2), alone(0.9)]);
        three[2].least = 0.05;
        assert_eq!(share(&three).iter().map(|s| s.among).collect::<Vec<_>>(), [2, 1, 2]);
    }
}
