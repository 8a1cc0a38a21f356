//! `gleu`: the smaller of precision and recall over runs of 1 to 4 words (Wu and others, 2016,
//! <https://arxiv.org/abs/1609.08144>), the best reference's; full stops at the ends of words are cut.

use super::bleu::{n_grams, overlap, tokens};
use super::{Grade, GradeError, Subject, fill};
use crate::reference::Template;

/// References and the score from which the output passes.
#[derive(Debug, Clone)]
pub struct Gleu {
    /// At least one.
    pub references: Vec<Template>,
    /// 0.5 unless the suite says otherwise.
    pub threshold: f64,
}

impl Gleu {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let words = cut_tokens(subject.text);
        let mut best = 0.0_f64;
        for reference in &self.references {
            best = best.max(score(&words, &cut_tokens(&fill(spelled, reference, subject)?)));
        }
        Ok(Grade::scored(best, self.threshold, negated, "GLEU"))
    }
}

fn cut_tokens(text: &str) -> Vec<String> {
    let words: Vec<String> = tokens(text).into_iter().map(|w| w.trim_end_matches('.').to_owned()).collect();
    if words.iter().all(String::is_empty) { Vec::new() } else { words }
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn score(candidate: &[String], reference: &[String]) -> f64 {
    if candidate.is_empty() || reference.is_empty() {
        return 0.0;
    }
    let runs = |len: usize| (1..=4).map(|n| (len + 1).saturating_sub(n)).sum::<usize>() as f64;
    let shared: usize = (1..=4).map(|n| overlap(&n_grams(candidate, n), &n_grams(reference, n))).sum();
    (shared as f64 / runs(candidate.len())).min(shared as f64 / runs(reference.len()))
}
