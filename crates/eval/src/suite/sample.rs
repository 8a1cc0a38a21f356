//! Seeded sampling: the same suite and seed keep the same cases on every machine, and adding a case moves few others.
//!
//! Each case has a rank, SHA-256 of seed and id; the smallest ranks are kept. Strata keep their shares by the largest
//! remainder.

use std::collections::BTreeMap;

use source::Digest;

use super::{Case, Sample};
use crate::ecma;

pub(super) fn positions(cases: &[Case], sample: Option<&Sample>) -> Vec<usize> {
    let Some(sample) = sample.filter(|s| (s.n as usize) < cases.len()) else { return (0..cases.len()).collect() };
    let mut strata: BTreeMap<String, Vec<(Digest, usize)>> = BTreeMap::new();
    for (i, case) in cases.iter().enumerate() {
        let by = sample.stratify_by.as_ref();
        let stratum = by.and_then(|by| case.vars.map().remove(by).or_else(|| case.metadata.get(by).cloned()));
        let rank = Digest::of(format!("{}\n{}", sample.seed, case.id).as_bytes());
        strata.entry(stratum.as_ref().map(ecma::json_text).unwrap_or_default()).or_default().push((rank, i));
    }
    let sizes: Vec<usize> = strata.values().map(Vec::len).collect();
    let mut kept = Vec::new();
    for (ranked, n) in strata.values_mut().zip(shares(&sizes, cases.len(), sample.n as usize)) {
        ranked.sort_unstable();
        kept.extend(ranked.iter().take(n).map(|&(_, i)| i));
    }
    kept.sort_unstable();
    kept
}

/// How many of `n` each stratum keeps: its share rounded down, and one more for the largest remainders.
fn shares(sizes: &[usize], total: usize, n: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = sizes.iter().map(|size| size * n / total).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|&i| (std::cmp::Reverse(sizes[i] * n % total), i));
    let left = n - kept.iter().sum::<usize>();
    for i in by_remainder.into_iter().take(left) {
        kept[i] += 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn strata_keep_their_shares() {
        assert_eq!(shares(&[70, 20, 10], 100, 10), [7, 2, 1]);
        assert_eq!(shares(&[1, 1, 1], 3, 2), [1, 1, 0]);
        assert_eq!(shares(&[97, 2, 1], 100, 5).iter().sum::<usize>(), 5);
    }
}
