//! `bleu`: BLEU-4 (Papineni and others, 2002, <https://doi.org/10.3115/1073083.1073135>) of lower-cased words.
//!
//! Uniform weights over the orders that the candidate is long enough for, clipped counts (the best reference for each
//! order), the reference length nearest to the candidate's, 1e-7 in place of a precision of 0.

use std::collections::HashMap;

use super::{Grade, GradeError, Subject, fill};
use crate::ecma;
use crate::reference::Template;

/// References and the score from which the output passes.
#[derive(Debug, Clone)]
pub struct Bleu {
    /// At least one.
    pub references: Vec<Template>,
    /// 0.5 unless the suite says otherwise.
    pub threshold: f64,
}

impl Bleu {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let references: Vec<_> = self.references.iter().map(|t| fill(spelled, t, subject)).collect::<Result<_, _>>()?;
        let score = score(subject.text, &references);
        Ok(Grade::scored(score, self.threshold, negated, "BLEU"))
    }
}

/// Words as `text.toLowerCase().trim().split(/\s+/)` gives them: one empty word for an empty text.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words: Vec<String> = ecma::words(&lower).map(str::to_owned).collect();
    if words.is_empty() { vec![String::new()] } else { words }
}

/// How often each run of `n` words occurs.
pub(super) fn n_grams(words: &[String], n: usize) -> HashMap<&[String], usize> {
    let mut counts = HashMap::new();
    for gram in words.windows(n) {
        *counts.entry(gram).or_default() += 1;
    }
    counts
}

/// How many runs two counts share.
pub(super) fn overlap(a: &HashMap<&[String], usize>, b: &HashMap<&[String], usize>) -> usize {
    a.iter().map(|(gram, count)| count.min(b.get(gram).unwrap_or(&0))).sum()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn score<S: AsRef<str>>(candidate: &str, references: &[S]) -> f64 {
    if ecma::trim(candidate).is_empty() {
        return 0.0;
    }
    let words = tokens(candidate);
    let references: Vec<Vec<String>> = references.iter().map(|r| tokens(r.as_ref())).collect();
    let nearest = references.iter().map(Vec::len).min_by_key(|&len| (len.abs_diff(words.len()), len)).unwrap_or(0);
    let mut logs = Vec::new();
    for n in 1..=words.len().min(4) {
        let grams = n_grams(&words, n);
        let clipped = references.iter().map(|r| overlap(&grams, &n_grams(r, n))).max().unwrap_or(0);
        let precision = clipped as f64 / (words.len() - n + 1) as f64;
        logs.push(if precision == 0.0 { 1e-7 } else { precision }.ln());
    }
    let (candidate_len, reference_len) = (words.len() as f64, nearest as f64);
    let brevity = if candidate_len > reference_len { 1.0 } else { (1.0 - reference_len / candidate_len).exp() };
    brevity * (logs.iter().sum::<f64>() / logs.len() as f64).exp()
}
