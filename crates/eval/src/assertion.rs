//! Assertions: what an answer must be, and how far one is from it.
//!
//! Semantics are those of promptfoo 0.123.1 (its recorded answers are a test of ours). An assertion is read once, with
//! every fault in it a finding; grading then asks nothing of files or networks, except that `similar` and the
//! model-graded family ask a [`Grader`]. Nothing here runs code from a suite.

mod affix;
mod aggregate;
mod bleu;
mod contains;
mod count;
mod equals;
mod finish;
mod gleu;
mod json;
mod kind;
mod levenshtein;
mod limit;
mod loose_json;
#[cfg(test)]
mod oracle;
mod pattern;
mod perplexity;
mod read;
mod refusal;
mod rouge;
mod rubric;
mod similar;
mod tools;
mod xml;
mod xml_reader;

use serde_json::{Map, Value};
use source::Span;

pub(crate) use aggregate::grade;
pub use aggregate::{Component, Graded};
pub use kind::{Kind, OFFERED};
pub use read::Written;
pub(crate) use read::{AS_IT_IS, code, fraction, is_graded, list, why_refused};
pub use rubric::{Grader, NoGrader};

use crate::Answer;
use crate::reference::{ReferenceError, Template};

/// One assertion, read and ready to grade.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The type as the suite spells it, `not-` included.
    pub spelled: String,
    /// What is asked.
    pub kind: Kind,
    /// Whether `not-` stands before it.
    pub negated: bool,
    /// Its share in the case's score; 0 makes it informative only.
    pub weight: f64,
    /// The metric that its score is also counted under.
    pub metric: Option<Template>,
    /// Where it stands in its file.
    pub span: Span,
}

/// An assertion, or a set of them that counts as one.
#[derive(Debug, Clone)]
pub enum Item {
    /// One assertion.
    One(Assertion, Mark),
    /// `assert-set`: graded like a case of its own.
    Set(Set, Mark),
}

/// How an item is written, with the files that it names, in this process: equal for what is written alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(u64);

/// `assert-set`.
#[derive(Debug, Clone)]
pub struct Set {
    /// Its assertions.
    pub asserts: Vec<Assertion>,
    /// The score from which the set passes, whatever its assertions say.
    pub threshold: Option<f64>,
    /// Its share in the case's score.
    pub weight: f64,
    /// The metric that its score is also counted under.
    pub metric: Option<Template>,
    /// Where it stands in its file.
    pub span: Span,
}

/// What is judged: an answer and what it answered.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The answer.
    pub answer: &'a Answer,
    /// Its output as text.
    pub text: &'a str,
    /// The case's variables.
    pub vars: &'a Map<String, Value>,
    /// The function tools that the model was offered.
    pub tools: &'a [Value],
    /// What was asked, as text, for graders that need it.
    pub question: &'a str,
    /// Who answers for `similar` and the model-graded family.
    pub grader: &'a dyn Grader,
}

/// What one assertion says of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// Whether it holds.
    pub pass: bool,
    /// 0 to 1, except where a metric is unbounded.
    pub score: f64,
    /// Why, in a sentence without a full stop.
    pub reason: String,
}

/// Why an assertion could not be graded. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GradeError {
    /// A value refers to something that is not there.
    #[error("fill in the value of `{0}`: {1}")]
    Reference(String, ReferenceError),
    /// The answer lacks what the assertion measures.
    #[error("grade `{kind}`: the answer carries no {what}")]
    Missing {
        /// The assertion's type.
        kind: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// The value, once filled in, is none that the type takes.
    #[error("grade `{kind}`: {why}")]
    Value {
        /// The assertion's type.
        kind: String,
        /// What is wrong with it.
        why: String,
    },
    /// The grader failed or gave no verdict.
    #[error("grade `{kind}`: {why}")]
    Grader {
        /// The assertion's type.
        kind: String,
        /// What went wrong.
        why: String,
    },
}

impl Grade {
    /// A grade that is either whole or nothing.
    pub(crate) fn whole(pass: bool, reason: impl FnOnce() -> String) -> Self {
        let reason = if pass { "holds".to_owned() } else { reason() };
        Self { pass, score: if pass { 1.0 } else { 0.0 }, reason }
    }

    /// A score that passes from `threshold` upwards; `negated` turns both around.
    pub(crate) fn scored(score: f64, threshold: f64, negated: bool, name: &str) -> Self {
        let reached = score >= threshold;
        let how = if reached { "reaches" } else { "is below" };
        Self {
            pass: reached != negated,
            score: if negated { 1.0 - score } else { score },
            reason: format!("{name} {score:.4} {how} the threshold {threshold}"),
        }
    }
}

impl Assertion {
    /// Grades `subject`.
    pub fn grade(&self, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        if subject.grader.is_over() {
            return Err(GradeError::Grader { kind: self.spelled.clone(), why: "the run ended".to_owned() });
        }
        let mut grade = self.kind.grade(&self.spelled, self.negated, subject)?;
        if self.weight == 0.0 {
            grade.pass = true;
        }
        Ok(grade)
    }

    /// Every template in it, for finding variables that are not defined.
    pub fn templates(&self) -> Vec<&Template> {
        let mut all = self.kind.templates();
        all.extend(&self.metric);
        all
    }
}

impl Item {
    /// The assertions in it.
    pub fn asserts(&self) -> &[Assertion] {
        match self {
            Self::One(one, _) => std::slice::from_ref(one),
            Self::Set(set, _) => &set.asserts,
        }
    }

    /// How it is written.
    pub(crate) const fn mark(&self) -> Mark {
        match self {
            Self::One(_, mark) | Self::Set(_, mark) => *mark,
        }
    }

    /// Whether it has a share in the case's score.
    pub(crate) fn scores(&self) -> bool {
        match self {
            Self::One(one, _) => one.weight != 0.0,
            Self::Set(set, _) => set.weight != 0.0,
        }
    }
}

/// Fills `template` for the assertion spelled `spelled`.
pub(crate) fn fill<'t>(
    spelled: &str,
    template: &'t Template,
    subject: &Subject<'_>,
) -> Result<std::borrow::Cow<'t, str>, GradeError> {
    template.fill(subject.vars).map_err(|e| GradeError::Reference(spelled.to_owned(), e))
}

/// At most 120 characters of `text` on one line, for reasons.
pub(crate) fn shown(text: &str) -> String {
    let line: String = text.chars().take(121).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() > 120 { line.chars().take(119).chain(['…']).collect() } else { line }
}
