//! Holm's correction for several tests (1979, <https://www.jstor.org/stable/4615733>).

/// For each p-value, whether it is still significant at `alpha` among all of them.
#[expect(clippy::cast_precision_loss, reason = "a handful of tests")]
pub fn holm(p_values: &[f64], alpha: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut significant = vec![false; p_values.len()];
    for (rank, &i) in order.iter().enumerate() {
        if p_values[i] > alpha / (p_values.len() - rank) as f64 {
            break;
        }
        significant[i] = true;
    }
    significant
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn the_smallest_must_pass_the_hardest_test() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005], 0.05), [true, false, false, true]);
        assert_eq!(holm(&[0.05], 0.05), [true]);
        assert!(holm(&[], 0.05).is_empty());
    }
}
