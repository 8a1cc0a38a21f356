//! A case's result from its assertions' grades: weighted mean, thresholds, metrics.
//!
//! score = Σ(score·weight) / Σ(weight); with a threshold the score alone decides; without, every assertion must hold.
//! The reason is that of the first assertion that fails, so it is the same every time.

use std::collections::BTreeMap;

use super::{Assertion, Grade, GradeError, Item, Set, Subject, fill};

/// What a case's assertions say of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Graded {
    /// Whether the case passes.
    pub pass: bool,
    /// The weighted mean of the scores.
    pub score: f64,
    /// Why.
    pub reason: String,
    /// The weighted mean per metric.
    pub metrics: BTreeMap<String, f64>,
    /// Each assertion's grade, in the order of the suite; sets before their members.
    pub components: Vec<Component>,
}

/// One assertion's part in a case's result.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// The type as the suite spells it.
    pub kind: String,
    /// Whether it is a member of the `assert-set` before it.
    pub member: bool,
    /// What it says.
    pub grade: Grade,
    /// Its share.
    pub weight: f64,
}

#[derive(Default)]
struct Tally {
    score: f64,
    weight: f64,
    failure: Option<String>,
    metrics: BTreeMap<String, (f64, f64)>,
    components: Vec<Component>,
}

/// Grades `subject` by `items`; the first error ends it, since a case that cannot be graded has no score.
pub(crate) fn grade(items: &[Item], threshold: Option<f64>, subject: &Subject<'_>) -> Result<Graded, GradeError> {
    let mut tally = Tally::default();
    for item in items {
        match item {
            Item::One(assertion, _) => tally.one(assertion, subject, false)?,
            Item::Set(set, _) => tally.set(set, subject)?,
        }
    }
    Ok(tally.close(threshold))
}

impl Tally {
    fn one(&mut self, assertion: &Assertion, subject: &Subject<'_>, member: bool) -> Result<(), GradeError> {
        let grade = assertion.grade(subject)?;
        let metric = match &assertion.metric {
            Some(template) => Some(fill(&assertion.spelled, template, subject)?.into_owned()),
            None => None,
        };
        self.add(&grade, assertion.weight, metric, &assertion.spelled);
        self.components.push(Component { kind: assertion.spelled.clone(), member, grade, weight: assertion.weight });
        Ok(())
    }

    fn set(&mut self, set: &Set, subject: &Subject<'_>) -> Result<(), GradeError> {
        let mut inner = Self::default();
        for assertion in &set.asserts {
            inner.one(assertion, subject, true)?;
        }
        let own = match &set.metric {
            Some(template) => Some(fill("assert-set", template, subject)?.into_owned()),
            None => None,
        };
        let weights: BTreeMap<String, f64> = inner.metrics.iter().map(|(k, v)| (k.clone(), v.1)).collect();
        let graded = inner.close(set.threshold);
        let grade = Grade { pass: graded.pass, score: graded.score, reason: graded.reason };
        self.add(&grade, set.weight, own.clone(), "assert-set");
        for (name, score) in graded.metrics {
            if own.as_ref() != Some(&name) {
                let weight = weights.get(&name).copied().unwrap_or(1.0) * set.weight;
                self.count(name, score, weight);
            }
        }
        self.components.push(Component { kind: "assert-set".to_owned(), member: false, grade, weight: set.weight });
        self.components.extend(graded.components);
        Ok(())
    }

    fn add(&mut self, grade: &Grade, weight: f64, metric: Option<String>, kind: &str) {
        self.score += grade.score * weight;
        self.weight += weight;
        if let Some(metric) = metric {
            self.count(metric, grade.score, weight);
        }
        if !grade.pass && self.failure.is_none() {
            let named = kind == "assert-set" || grade.reason.starts_with(kind);
            self.failure = Some(if named { grade.reason.clone() } else { format!("{kind}: {}", grade.reason) });
        }
    }

    fn count(&mut self, metric: String, score: f64, weight: f64) {
        let sums = self.metrics.entry(metric).or_default();
        sums.0 += score * weight;
        sums.1 += weight;
    }

    fn close(self, threshold: Option<f64>) -> Graded {
        let mean = |(sum, weight): (f64, f64)| if weight > 0.0 { sum / weight } else { 0.0 };
        let score = mean((self.score, self.weight));
        let (pass, reason) = match threshold {
            Some(t) if score >= t => (true, format!("score {score:.2} reaches the threshold {t}")),
            Some(t) => {
                let first = self.failure.map_or_else(String::new, |f| format!("; {f}"));
                (false, format!("score {score:.2} is below the threshold {t}{first}"))
            }
            None => (self.failure.is_none(), self.failure.unwrap_or_else(|| "all assertions hold".to_owned())),
        };
        let metrics = self.metrics.into_iter().map(|(name, sums)| (name, mean(sums))).collect();
        Graded { pass, score, reason, metrics, components: self.components }
    }
}
