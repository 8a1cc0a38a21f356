//! The assertion types that are offered, and which family grades each.

use super::similar::Metric;
use super::{Grade, GradeError, Subject};
use super::{
    affix::Affix, bleu::Bleu, contains::Contains, count::Count, equals::Equals, finish::FinishReason, gleu::Gleu,
    json::Json, levenshtein::Levenshtein, limit::Limit, pattern::Pattern, perplexity::Perplexity, refusal::Refusal,
    rouge::Rouge, rubric::Rubric, similar::Similar, tools::Tools, xml::Xml,
};
use crate::reference::Template;

/// Every type that is offered, without `not-`; `assert-set` beside them.
pub const OFFERED: &[&str] = &[
    "any-of",
    "bleu",
    "char-count",
    "contains",
    "contains-all",
    "contains-any",
    "contains-json",
    "contains-xml",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "cost",
    "ends-with",
    "equals",
    "factuality",
    "finish-reason",
    "g-eval",
    "gleu",
    "icontains",
    "icontains-all",
    "icontains-any",
    "is-json",
    "is-refusal",
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "is-xml",
    "latency",
    "levenshtein",
    "llm-rubric",
    "model-graded-closedqa",
    "model-graded-factuality",
    "perplexity",
    "perplexity-score",
    "regex",
    "rouge-n",
    "similar",
    "similar:cosine",
    "similar:dot",
    "similar:euclidean",
    "starts-with",
    "tool-call-f1",
    "word-count",
];

/// What an assertion asks, by family.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `any-of`: one of these holds.
    AnyOf(Vec<super::Assertion>),
    /// `bleu`.
    Bleu(Bleu),
    /// `contains` and its five relatives.
    Contains(Contains),
    /// `word-count`, `char-count`.
    Count(Count),
    /// `equals`.
    Equals(Equals),
    /// `finish-reason`.
    FinishReason(FinishReason),
    /// `gleu`.
    Gleu(Gleu),
    /// `is-json`, `contains-json`.
    Json(Json),
    /// `levenshtein`.
    Levenshtein(Levenshtein),
    /// `latency`, `cost`.
    Limit(Limit),
    /// `regex`.
    Pattern(Pattern),
    /// `perplexity`, `perplexity-score`.
    Perplexity(Perplexity),
    /// `is-refusal`.
    Refusal(Refusal),
    /// `rouge-n`.
    Rouge(Rouge),
    /// `llm-rubric` and the other model-graded types.
    Rubric(Rubric),
    /// `similar` and its metrics.
    Similar(Similar),
    /// `starts-with`, `ends-with`.
    Affix(Affix),
    /// The tool-call checks.
    Tools(Tools),
    /// `is-xml`, `contains-xml`.
    Xml(Xml),
}

impl Kind {
    /// Grades `subject` for the assertion spelled `spelled`.
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        match self {
            Self::AnyOf(asserts) => any_of(asserts, negated, subject),
            Self::Bleu(x) => x.grade(spelled, negated, subject),
            Self::Contains(x) => x.grade(spelled, negated, subject),
            Self::Count(x) => x.grade(spelled, negated, subject),
            Self::Equals(x) => x.grade(spelled, negated, subject),
            Self::FinishReason(x) => x.grade(spelled, negated, subject),
            Self::Gleu(x) => x.grade(spelled, negated, subject),
            Self::Json(x) => x.grade(spelled, negated, subject),
            Self::Levenshtein(x) => x.grade(spelled, negated, subject),
            Self::Limit(x) => x.grade(negated, subject),
            Self::Pattern(x) => x.grade(spelled, negated, subject),
            Self::Perplexity(x) => x.grade(negated, subject),
            Self::Refusal(x) => Ok(x.grade(negated, subject)),
            Self::Rouge(x) => x.grade(spelled, negated, subject),
            Self::Rubric(x) => x.grade(spelled, negated, subject),
            Self::Similar(x) => x.grade(spelled, negated, subject),
            Self::Affix(x) => x.grade(spelled, negated, subject),
            Self::Tools(x) => x.grade(spelled, negated, subject),
            Self::Xml(x) => x.grade(spelled, negated, subject),
        }
    }

    /// Every template in it.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::AnyOf(asserts) => asserts.iter().flat_map(super::Assertion::templates).collect(),
            Self::Bleu(x) => x.references.iter().collect(),
            Self::Contains(x) => x.templates(),
            Self::Count(x) => x.templates(),
            Self::Equals(x) => x.templates(),
            Self::FinishReason(x) => vec![&x.expected],
            Self::Gleu(x) => x.references.iter().collect(),
            Self::Json(x) => x.templates(),
            Self::Levenshtein(x) => vec![&x.expected],
            Self::Pattern(x) => x.templates(),
            Self::Rouge(x) => vec![&x.reference],
            Self::Rubric(x) => x.templates(),
            Self::Similar(x) => x.expected.iter().collect(),
            Self::Affix(x) => vec![&x.expected],
            Self::Tools(x) => x.templates(),
            Self::Xml(x) => x.templates(),
            Self::Limit(_) | Self::Perplexity(_) | Self::Refusal(_) => Vec::new(),
        }
    }

    /// What it asks for, in a few words, where that is no template; nothing where its type says it all.
    pub(crate) fn fixed(&self) -> Option<String> {
        match self {
            Self::Count(count) => count.fixed(),
            Self::Pattern(pattern) => pattern.fixed(),
            Self::Json(json) if matches!(json.schema, super::json::Schema::Ready(_)) => Some("its schema".to_owned()),
            Self::Limit(limit) => Some(format!("at most {}", limit.threshold)),
            _ => None,
        }
    }

    /// Whether grading asks a model, and so needs a judge or an embedding endpoint.
    pub fn asks_a_model(&self) -> bool {
        self.asks_the_judge() || self.embeds()
    }

    /// Whether grading asks the judge.
    pub(crate) fn asks_the_judge(&self) -> bool {
        self.any(|kind| matches!(kind, Self::Rubric(_)))
    }

    /// Whether grading asks for embeddings.
    pub(crate) fn embeds(&self) -> bool {
        self.any(|kind| matches!(kind, Self::Similar(_)))
    }

    /// Whether nothing bounds its score.
    pub(crate) fn scores_at_will(&self) -> bool {
        self.any(|kind| matches!(kind, Self::Similar(similar) if similar.metric == Metric::Dot))
    }

    fn any(&self, is: impl Fn(&Self) -> bool + Copy) -> bool {
        match self {
            Self::AnyOf(asserts) => asserts.iter().any(|a| a.kind.any(is)),
            kind => is(kind),
        }
    }
}

/// `any-of`: passes where one passes; the score is the best one's. A grader's error counts only where nothing passes.
fn any_of(asserts: &[super::Assertion], negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
    let mut best: Option<Grade> = None;
    let mut error = None;
    for assertion in asserts {
        match assertion.grade(subject) {
            Ok(grade) => {
                let better = best.as_ref().is_none_or(|b| (grade.pass, grade.score) > (b.pass, b.score));
                if better {
                    best = Some(Grade { reason: format!("{}: {}", assertion.spelled, grade.reason), ..grade });
                }
            }
            Err(e) => error = Some(e),
        }
    }
    match (best, error) {
        (Some(grade), None) => Ok(turned(grade, negated)),
        (Some(grade), Some(_)) if grade.pass => Ok(turned(grade, negated)),
        (_, Some(error)) => Err(error),
        (None, None) => Ok(turned(Grade { pass: false, score: 0.0, reason: "none holds".to_owned() }, negated)),
    }
}

fn turned(grade: Grade, negated: bool) -> Grade {
    if negated { Grade { pass: !grade.pass, score: 1.0 - grade.score, ..grade } } else { grade }
}
