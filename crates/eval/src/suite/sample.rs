//! Seeded sampling: the same suite and seed keep the same cases on every machine, and adding a case moves few others.
//!
//! Each case has a rank, SHA-256 of seed and id; the smallest ranks are kept. Strata keep their shares by the largest
//! remainder.

use std::collections::{BTreeMap, BinaryHeap};

use source::Digest;

use super::{Cases, Sample};
use crate::ecma;

/// The positions of the cases that are kept; none where all are.
pub(super) fn positions(cases: &Cases, sample: Option<&Sample>) -> Option<Vec<usize>> {
    let sample = sample.filter(|s| (s.n as usize) < cases.len())?;
    let n = sample.n as usize;
    // Of each stratum its size, and the ranks of those that may be kept: no more than the whole sample.
    let mut strata: BTreeMap<String, (usize, BinaryHeap<(Digest, usize)>)> = BTreeMap::new();
    for (i, case) in cases.iter().enumerate() {
        let by = sample.stratify_by.as_ref();
        let stratum = by.and_then(|by| case.vars.map().remove(by).or_else(|| case.metadata.get(by).cloned()));
        let rank = Digest::of(format!("{}\n{}", sample.seed, case.id).as_bytes());
        let (size, ranked) = strata.entry(stratum.as_ref().map(ecma::json_text).unwrap_or_default()).or_default();
        *size += 1;
        ranked.push((rank, i));
        if ranked.len() > n {
            ranked.pop();
        }
    }
    let sizes: Vec<usize> = strata.values().map(|(size, _)| *size).collect();
    let mut kept = Vec::new();
    for ((_, ranked), n) in strata.into_values().zip(shares(&sizes, cases.len(), n)) {
        kept.extend(ranked.into_sorted_vec().into_iter().take(n).map(|(_, i)| i));
    }
    kept.sort_unstable();
    Some(kept)
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
