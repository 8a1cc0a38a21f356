//! From an assertion's type to its kind, with the texts and thresholds that many types share.

use source::Span;
use source::yaml::{Kind as NodeKind, Node};

use super::members;
use crate::assertion::Kind;
use crate::assertion::affix::{Affix, End};
use crate::assertion::bleu::Bleu;
use crate::assertion::count::{Count, Unit};
use crate::assertion::finish::FinishReason;
use crate::assertion::gleu::Gleu;
use crate::assertion::json::Json;
use crate::assertion::levenshtein::Levenshtein;
use crate::assertion::limit::{Limit, Measure};
use crate::assertion::perplexity::Perplexity;
use crate::assertion::refusal::Refusal;
use crate::assertion::rouge::Rouge;
use crate::assertion::similar::Metric;
use crate::assertion::tools::Tools;
use crate::assertion::xml::Xml;
use crate::ecma;
use crate::reading::Reading;
use crate::reference::Template;
use crate::rules;

/// What is known of an assertion while its family is read.
pub(super) struct Spec<'r, 'a, 's> {
    pub(super) reading: &'r mut Reading<'a>,
    pub(super) base: &'s str,
    pub(super) span: Span,
    pub(super) value: Option<Node>,
    pub(super) threshold: Option<f64>,
    pub(super) threshold_span: Span,
}

/// Whether assertions of this type take a threshold: the others hold or do not.
pub(crate) fn is_graded(base: &str) -> bool {
    matches!(
        base,
        "bleu"
            | "gleu"
            | "rouge-n"
            | "levenshtein"
            | "latency"
            | "cost"
            | "perplexity"
            | "perplexity-score"
            | "tool-call-f1"
            | "llm-rubric"
            | "g-eval"
    ) || base.starts_with("similar")
        || base.starts_with("context-")
}

impl Spec<'_, '_, '_> {
    /// The assertion of this type.
    pub(super) fn kind(&mut self, node: &Node) -> Option<Kind> {
        let anywhere = self.base.starts_with("contains-");
        if !is_graded(self.base) && self.threshold.is_some() {
            let message = format!("`{}` has no threshold: it holds or it does not", self.base);
            self.reading.fault(rules::ASSERTION_INVALID, self.threshold_span, message, "remove `threshold`");
        }
        Some(match self.base {
            "any-of" => {
                self.no_value();
                let members = members(self.reading, node, "any-of")?;
                for member in members.iter().filter(|m| m.weight == 0.0) {
                    let message = "a member of weight 0 holds whatever the answer is, and so does this `any-of`";
                    let help = "give it a weight, or take it out of `any-of`";
                    self.reading.fault(rules::THRESHOLD_VACUOUS, member.span, message, help);
                }
                Kind::AnyOf(members)
            }
            "bleu" => Kind::Bleu(Bleu { references: self.texts()?, threshold: self.score(0.5) }),
            "gleu" => Kind::Gleu(Gleu { references: self.texts()?, threshold: self.score(0.5) }),
            "rouge-n" => Kind::Rouge(Rouge { reference: self.text()?, threshold: self.score(0.75) }),
            "contains" | "icontains" | "contains-any" | "icontains-any" | "contains-all" | "icontains-all" => {
                Kind::Contains(self.contains()?)
            }
            "contains-json" | "is-json" => Kind::Json(Json { anywhere, schema: self.schema()? }),
            "contains-xml" | "is-xml" => Kind::Xml(Xml { anywhere, required: self.required()? }),
            "cost" => Kind::Limit(Limit { measure: Measure::Cost, threshold: self.measured()? }),
            "latency" => Kind::Limit(Limit { measure: Measure::Latency, threshold: self.measured()? }),
            "starts-with" => Kind::Affix(Affix { end: End::Start, expected: self.filled_text()? }),
            "ends-with" => Kind::Affix(Affix { end: End::Tail, expected: self.filled_text()? }),
            "equals" => Kind::Equals(self.equals()?),
            "finish-reason" => Kind::FinishReason(FinishReason { expected: self.filled_text()? }),
            "is-refusal" => {
                self.no_value();
                Kind::Refusal(Refusal)
            }
            "levenshtein" => {
                self.never_below(0.0, "no distance is below 0");
                Kind::Levenshtein(Levenshtein { expected: self.text()?, threshold: self.threshold.unwrap_or(5.0) })
            }
            "perplexity" => Kind::Perplexity(Perplexity { normalised: false, threshold: Some(self.measured()?) }),
            "perplexity-score" => Kind::Perplexity(Perplexity { normalised: true, threshold: Some(self.measured()?) }),
            "regex" => Kind::Pattern(self.pattern()?),
            "tool-call-f1" => Kind::Tools(self.tool_names()?),
            "is-valid-function-call" | "is-valid-openai-function-call" => {
                self.no_value();
                Kind::Tools(Tools::OneCall)
            }
            "is-valid-openai-tools-call" => {
                self.no_value();
                Kind::Tools(Tools::EveryCall)
            }
            "word-count" => Kind::Count(Count { unit: Unit::Words, expected: self.count()? }),
            "char-count" => Kind::Count(Count { unit: Unit::Characters, expected: self.count()? }),
            "similar" | "similar:cosine" => self.similar(Metric::Cosine)?,
            "similar:dot" => self.similar(Metric::Dot)?,
            "similar:euclidean" => self.similar(Metric::Euclidean)?,
            other => Kind::Rubric(self.rubric(other)?),
        })
    }

    pub(super) fn wrong<T>(&mut self, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        let span = self.value.as_ref().map_or(self.span, |v| v.span);
        self.reading.fault(rules::ASSERTION_INVALID, span, message, help);
        None
    }

    pub(super) fn no_value(&mut self) {
        if self.value.is_some() {
            let message = format!("`{}` takes no `value`", self.base);
            self.wrong::<()>(message, "remove `value`");
        }
    }

    pub(super) fn score(&mut self, default: f64) -> f64 {
        let threshold = self.threshold.unwrap_or(default);
        if !(0.0..=1.0).contains(&threshold) || threshold == 0.0 {
            let message = format!("a threshold of {threshold} decides nothing: scores lie from 0 to 1");
            let help = format!("choose a threshold above 0 and up to 1; the default is {default}");
            self.reading.fault(rules::THRESHOLD_VACUOUS, self.threshold_span, message, help);
        }
        threshold
    }

    /// Refuses a threshold below `least`, which nothing reaches.
    pub(super) fn never_below(&mut self, least: f64, why: &str) {
        if let Some(t) = self.threshold.filter(|t| *t < least) {
            let message = format!("a threshold of {t} decides nothing: {why}");
            let help = format!("choose a threshold of {least} or more");
            self.reading.fault(rules::THRESHOLD_VACUOUS, self.threshold_span, message, help);
        }
    }

    fn measured(&mut self) -> Option<f64> {
        self.no_value();
        match self.threshold {
            Some(0.0) if self.base == "latency" => {
                let message = "a threshold of 0 decides nothing: every answer takes its time";
                let help = "choose a number of milliseconds";
                self.reading.fault(rules::THRESHOLD_VACUOUS, self.threshold_span, message, help);
                None
            }
            Some(t) if t >= 0.0 => Some(t),
            Some(t) => {
                let message = format!("a threshold of {t} decides nothing: no measure is below 0");
                let help = "choose a threshold above 0";
                self.reading.fault(rules::THRESHOLD_VACUOUS, self.threshold_span, message, help);
                None
            }
            None => {
                let unit = match self.base {
                    "latency" => "milliseconds",
                    "cost" => "US dollars",
                    _ => "the measure's own unit",
                };
                let message = format!("`{}` has no threshold", self.base);
                let help = format!("add `threshold:` in {unit}");
                self.reading.fault(rules::THRESHOLD_MISSING, self.span, message, help);
                None
            }
        }
    }

    /// A text, which may be empty.
    pub(super) fn text(&mut self) -> Option<Template> {
        match self.value.clone() {
            Some(Node { span, kind: NodeKind::Str(text) }) => self.reading.template(&text, span),
            Some(_) => self.wrong(format!("the value of `{}` is not a text", self.base), "put it in quotes"),
            None => self.wrong(format!("`{}` has no value", self.base), "add `value:` with a text"),
        }
    }

    /// A text that is not empty.
    pub(super) fn filled_text(&mut self) -> Option<Template> {
        let text = self.text()?;
        if text.plain() == Some("") {
            return self.wrong(format!("the value of `{}` is empty", self.base), "say what to look for");
        }
        Some(text)
    }

    /// A text or a list of texts, at least one.
    pub(super) fn texts(&mut self) -> Option<Vec<Template>> {
        match self.value.clone() {
            Some(Node { kind: NodeKind::Seq(items), .. }) if !items.is_empty() => {
                items.iter().map(|n| self.item(n, false)).collect()
            }
            Some(Node { kind: NodeKind::Seq(_), .. }) => {
                self.wrong(format!("the list of `{}` is empty", self.base), "add a text to it")
            }
            _ => self.text().map(|t| vec![t]),
        }
    }

    /// An item of a list of texts.
    pub(super) fn item(&mut self, node: &Node, scalars: bool) -> Option<Template> {
        let text = match &node.kind {
            NodeKind::Str(text) if text.starts_with("file://") => {
                let message = format!("an item of `{}` names a file, and items are not read", self.base);
                let help = "write the text itself, or put the whole list into a file: `value: file://texts.yaml`";
                self.reading.fault(rules::ASSERTION_INVALID, node.span, message, help);
                return None;
            }
            NodeKind::Str(text) => return self.reading.template(text, node.span),
            NodeKind::Seq(_) | NodeKind::Map(_) => None,
            NodeKind::Null => None,
            _ if scalars => ecma::scalar(&node.to_json()),
            _ => None,
        };
        if text.is_none() {
            let message = format!("an item of `{}` is not a text", self.base);
            self.reading.fault(rules::ASSERTION_INVALID, node.span, message, "put it in quotes");
        }
        text.map(Template::literal)
    }
}
