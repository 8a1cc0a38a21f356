//! `similar`, `similar:cosine`, `similar:dot` (at least the threshold) and `similar:euclidean` (at most), by embeddings.

use super::{Grade, GradeError, Subject, fill};
use crate::reference::Template;

/// Texts, one of which the output must mean; negated, none.
#[derive(Debug, Clone)]
pub struct Similar {
    /// How nearness is measured.
    pub metric: Metric,
    /// At least one.
    pub expected: Vec<Template>,
    /// 0.75 unless the suite says otherwise.
    pub threshold: f64,
}

/// How nearness is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// The cosine of the angle.
    Cosine,
    /// The dot product.
    Dot,
    /// The distance; its score is 1 / (1 + distance).
    Euclidean,
}

impl Similar {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let mut texts = vec![subject.text.to_owned()];
        for template in &self.expected {
            texts.push(fill(spelled, template, subject)?.into_owned());
        }
        let wrong = |why| GradeError::Grader { kind: spelled.to_owned(), why };
        let vectors = subject.grader.embed(&texts).map_err(wrong)?;
        let Some((output, expected)) = vectors.split_first().filter(|_| vectors.len() == texts.len()) else {
            return Err(wrong("the embedding endpoint gave too few vectors".to_owned()));
        };
        let grades = expected.iter().map(|vector| self.one(output, vector, negated).map_err(wrong));
        let grades = grades.collect::<Result<Vec<Grade>, _>>()?;
        // Plain: the best passes. Negated: the worst must.
        let pick = |a: &Grade, b: &Grade| (a.pass, a.score).partial_cmp(&(b.pass, b.score));
        let order = |a: &Grade, b: &Grade| pick(a, b).unwrap_or(std::cmp::Ordering::Equal);
        let chosen = if negated { grades.into_iter().min_by(order) } else { grades.into_iter().max_by(order) };
        chosen.ok_or_else(|| wrong("there is nothing to compare with".to_owned()))
    }

    fn one(&self, a: &[f64], b: &[f64], negated: bool) -> Result<Grade, String> {
        if a.len() != b.len() || a.is_empty() {
            return Err("the embedding endpoint gave vectors of different lengths".to_owned());
        }
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(p, q)| p * q).sum::<f64>();
        let limit = self.threshold;
        let (value, name) = match self.metric {
            Metric::Cosine => (dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt()), "cosine"),
            Metric::Dot => (dot(a, b), "dot product"),
            Metric::Euclidean => (a.iter().zip(b).map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt(), "distance"),
        };
        if !value.is_finite() {
            return Err("the embedding endpoint gave a vector without a direction".to_owned());
        }
        let (pass, score) = match (self.metric, negated) {
            (Metric::Euclidean, false) => (value <= limit + f64::EPSILON, 1.0 / (1.0 + value)),
            (Metric::Euclidean, true) => (value >= limit - f64::EPSILON, 1.0 - 1.0 / (1.0 + value)),
            (_, false) => (value >= limit - f64::EPSILON, value),
            (_, true) => (value <= limit + f64::EPSILON, 1.0 - value),
        };
        Ok(Grade { pass, score, reason: format!("{name} {value:.4} against the threshold {limit}") })
    }
}
