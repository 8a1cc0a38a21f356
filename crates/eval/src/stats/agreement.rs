//! How far a judge agrees with itself: Krippendorff's alpha for two verdicts (2011,
//! <https://repository.upenn.edu/asc_papers/43>).

/// Alpha over items, each with how many of how many verdicts were in favour: 1 for perfect agreement, 0 for what chance
/// would give. None where no item has two verdicts, or all verdicts are the same: chance says nothing of these.
pub fn alpha(items: &[(u32, u32)]) -> Option<f64> {
    let paired: Vec<(f64, f64)> =
        items.iter().filter(|(_, of)| *of > 1).map(|&(k, of)| (f64::from(k), f64::from(of))).collect();
    let n: f64 = paired.iter().map(|(_, of)| of).sum();
    if paired.is_empty() {
        return None;
    }
    let observed = paired.iter().map(|(k, of)| 2.0 * k * (of - k) / (of - 1.0)).sum::<f64>() / n;
    let ones: f64 = paired.iter().map(|(k, _)| k).sum();
    let expected = 2.0 * ones * (n - ones) / (n * (n - 1.0));
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

#[cfg(test)]
mod tests {
    use super::alpha;

    #[test]
    fn values_are_krippendorffs() {
        // Two raters, ten items, coincidences 10, 4, 4, 2 of his example of binary data without missing values: 0.095.
        let items = [(0, 2), (1, 2), (0, 2), (0, 2), (0, 2), (0, 2), (0, 2), (1, 2), (1, 2), (1, 2)];
        let ours = alpha(&items).unwrap();
        let n = 20.0;
        let (o01, n0, n1) = (4.0, 16.0, 4.0);
        assert!((ours - (1.0 - (n - 1.0) * o01 / (n0 * n1))).abs() < 1e-12, "{ours}");
        assert_eq!(alpha(&[(3, 3), (0, 3)]), Some(1.0));
        assert_eq!(alpha(&[(3, 3), (3, 3)]), None);
        assert!(alpha(&[(1, 2), (1, 2), (1, 2)]).unwrap() < 0.0);
        assert_eq!(alpha(&[(1, 1)]), None);
    }
}
