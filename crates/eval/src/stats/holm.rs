//! Holm's correction for several tests (1979, <https://www.jstor.org/stable/4615733>).

/// Each p-value among all of them: significant at alpha exactly where the value returned is at most alpha.
#[expect(clippy::cast_precision_loss, reason = "a handful of tests")]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, &i) in order.iter().enumerate() {
        least = least.max(p_values[i] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[i] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn the_smallest_must_pass_the_hardest_test() {
        let significant = |p: &[f64]| holm(p).iter().map(|p| *p <= 0.05).collect::<Vec<_>>();
        assert_eq!(significant(&[0.01, 0.04, 0.03, 0.005]), [true, false, false, true]);
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!(holm(&[0.05]), [0.05]);
        assert!(holm(&[]).is_empty());
    }
}
