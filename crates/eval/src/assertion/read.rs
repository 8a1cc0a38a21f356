//! From what a suite says to an assertion, every fault a finding.

use serde::Deserialize;
use serde_json::Value;
use source::Span;
use source::yaml::{Kind as NodeKind, Node};

use super::affix::{Affix, End};
use super::bleu::Bleu;
use super::contains::{Contains, Need, Texts, comma_list};
use super::count::{Count, Expected, Unit};
use super::equals::Equals;
use super::finish::FinishReason;
use super::gleu::Gleu;
use super::json::{self, Json, Schema};
use super::levenshtein::Levenshtein;
use super::limit::{Limit, Measure};
use super::pattern::{self, Pattern};
use super::perplexity::Perplexity;
use super::refusal::Refusal;
use super::rouge::Rouge;
use super::rubric::{Form, Rubric};
use super::similar::{Metric, Similar};
use super::tools::{Names, Tools};
use super::xml::{Required, Xml};
use super::{Assertion, Item, Kind, OFFERED, Set};
use crate::ecma;
use crate::reading::Reading;
use crate::reference::Template;
use crate::rules;

/// An assertion as it is written.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// The type; `not-` before it turns it around.
    #[serde(rename = "type")]
    #[schemars(schema_with = "types")]
    pub kind: String,
    /// What the type compares with. Texts may refer to variables: `{{ name }}`.
    pub value: Option<Value>,
    /// From where, or up to where, the measure passes.
    pub threshold: Option<f64>,
    /// Its share in the case's score (1). 0 makes it informative.
    pub weight: Option<f64>,
    /// The metric that its score is also counted under.
    pub metric: Option<String>,
    /// The assertions of an `assert-set` or `any-of`.
    #[schemars(with = "Option<Vec<Written>>")]
    pub assert: Option<Vec<Value>>,
}

/// Types that `not-` does not turn around in promptfoo.
const DEAF: &[&str] = &[
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "factuality",
    "model-graded-factuality",
    "model-graded-closedqa",
];

/// The schema of [`Written::kind`]: everything that is offered, as it is and turned around.
fn types(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let plain = OFFERED.iter().copied().chain(["assert-set"]).map(str::to_owned);
    let turned = OFFERED.iter().filter(|name| !DEAF.contains(name)).map(|name| format!("not-{name}"));
    schemars::json_schema!({ "type": "string", "enum": plain.chain(turned).collect::<Vec<_>>() })
}

/// Keys of promptfoo's assertions that are refused by name.
const REFUSED_KEYS: &[(&str, &str)] = &[
    ("transform", "it runs code"),
    ("contextTransform", "it runs code"),
    ("provider", "a suite never defines who answers; name the judge under `judge.model`"),
    ("rubricPrompt", "the judge's instructions are part of this program"),
    ("config", "it configures code"),
];

/// Types of promptfoo that are refused by name.
const REFUSED: &[(&str, &str)] = &[
    ("javascript", "it runs code"),
    ("python", "it runs code"),
    ("ruby", "it runs code"),
    ("webhook", "it sends answers to an address of the suite's choosing"),
    ("is-html", "there is no HTML parser here"),
    ("contains-html", "there is no HTML parser here"),
    ("is-sql", "there is no SQL parser here"),
    ("contains-sql", "there is no SQL parser here"),
    ("meteor", "it needs WordNet"),
    ("classifier", "it needs a classification endpoint"),
    ("moderation", "it needs a moderation endpoint"),
    ("guardrails", "it needs a provider's guardrails"),
    ("pi", "it needs a vendor's service"),
    ("human", "a person cannot be asked during a run"),
    ("select-best", "it compares several outputs; compare two versions with `gate.compare`"),
    ("max-score", "it compares several outputs; compare two versions with `gate.compare`"),
    ("answer-relevance", "it needs several generations for each answer"),
    ("conversation-relevance", "it grades a conversation, not an answer"),
    ("search-rubric", "it searches the web"),
    ("agent-rubric", "it starts an agent"),
    ("skill-used", "it reads traces"),
];

/// Reads a list of assertions; `None` where there is no list.
pub(crate) fn list(reading: &mut Reading<'_>, node: &Node) -> Option<Vec<Item>> {
    let NodeKind::Seq(items) = &node.kind else {
        reading.fault_help("value-invalid", node.span, "`assert` is not a list", "begin each assertion with `- type:`");
        return None;
    };
    Some(items.iter().filter_map(|n| one(reading, n)).collect())
}

/// Reads one assertion or set.
fn one(reading: &mut Reading<'_>, node: &Node) -> Option<Item> {
    if node.get("type").and_then(Node::as_str) == Some("assert-set") {
        return set(reading, node).map(Item::Set);
    }
    single(reading, node).map(Item::One)
}

fn set(reading: &mut Reading<'_>, node: &Node) -> Option<Set> {
    let node = reading.without_refused(node, REFUSED_KEYS);
    let written: Written = reading.typed(&node)?;
    if let Some(value) = node.entry("value") {
        reading.fault(rules::ASSERTION_INVALID, value.key_span, "`assert-set` takes no `value`");
    }
    let asserts = members(reading, &node, "assert-set")?;
    let threshold = fraction(reading, &node, written.threshold);
    let metric = metric(reading, &node, &written);
    Some(Set { asserts, threshold, weight: weight(reading, &node, &written), metric, span: node.span })
}

fn members(reading: &mut Reading<'_>, node: &Node, kind: &str) -> Option<Vec<Assertion>> {
    let Some(list) = node.get("assert").filter(|n| !n.items().is_empty()) else {
        reading.fault(rules::ASSERTIONS_MISSING, node.span, format!("this `{kind}` has no assertions"));
        return None;
    };
    let nested = |n: &&Node| n.get("type").and_then(Node::as_str) == Some("assert-set");
    if let Some(inner) = list.items().iter().find(nested) {
        let help = "list its assertions directly";
        reading.fault_help(rules::ASSERTION_INVALID, inner.span, format!("an `assert-set` inside `{kind}`"), help);
        return None;
    }
    Some(list.items().iter().filter_map(|n| single(reading, n)).collect())
}

/// A threshold of a case or a set: 0 to 1.
pub(crate) fn fraction(reading: &mut Reading<'_>, node: &Node, threshold: Option<f64>) -> Option<f64> {
    let threshold = threshold?;
    let span = node.get("threshold").map_or(node.span, |n| n.span);
    if !(0.0..=1.0).contains(&threshold) {
        let message = format!("a threshold of {threshold} can never matter: scores lie from 0 to 1");
        reading.fault_help(rules::THRESHOLD_VACUOUS, span, message, "choose a threshold above 0 and up to 1");
    } else if threshold == 0.0 {
        let help = "choose a threshold above 0, or remove it so that every assertion must hold";
        reading.warn(rules::THRESHOLD_VACUOUS, span, "a threshold of 0 passes whatever the assertions say", help);
    }
    Some(threshold)
}

fn weight(reading: &mut Reading<'_>, node: &Node, written: &Written) -> f64 {
    let weight = written.weight.unwrap_or(1.0);
    if weight < 0.0 {
        let span = node.get("weight").map_or(node.span, |n| n.span);
        let help = "use `not-` to want the opposite, and a weight of 0 or more";
        reading.warn(rules::WEIGHT_NEGATIVE, span, format!("the weight {weight} is below 0"), help);
    }
    weight
}

fn metric(reading: &mut Reading<'_>, node: &Node, written: &Written) -> Option<Template> {
    let span = node.get("metric").map_or(node.span, |n| n.span);
    written.metric.as_ref().and_then(|m| reading.template(m, span))
}

fn single(reading: &mut Reading<'_>, node: &Node) -> Option<Assertion> {
    if let NodeKind::Str(text) = &node.kind {
        let help = format!("write `- type: {}`", if OFFERED.contains(&text.as_str()) { text } else { "contains" });
        reading.fault_help(rules::ASSERTION_INVALID, node.span, "an assertion is a text", help);
        return None;
    }
    let node = reading.without_refused(node, REFUSED_KEYS);
    let written: Written = reading.typed(&node)?;
    let span = node.get("type").map_or(node.span, |n| n.span);
    let (negated, base) = match written.kind.strip_prefix("not-") {
        Some(base) => (true, base),
        None => (false, written.kind.as_str()),
    };
    if !OFFERED.contains(&base) {
        unknown(reading, span, &written.kind, base);
        return None;
    }
    if negated && DEAF.contains(&base) {
        let message = format!("`not-` does not turn `{base}` around in promptfoo, so it is refused");
        reading.fault_help(rules::NEGATION_IGNORED, span, message, format!("use `{base}`, or another type"));
        return None;
    }
    let value = match node.get("value") {
        Some(Node { span, kind: NodeKind::Str(text) }) if text.starts_with("file://") => {
            Some(reading.load_value(&text["file://".len()..], *span)?)
        }
        other => other.cloned(),
    };
    if written.assert.is_some() && base != "any-of" {
        let span = node.entry("assert").map_or(node.span, |e| e.key_span);
        reading.fault(rules::ASSERTION_INVALID, span, format!("`{base}` takes no `assert`"));
    }
    let weight = weight(reading, &node, &written);
    let metric = metric(reading, &node, &written);
    let threshold_span = node.get("threshold").map_or(node.span, |n| n.span);
    let mut spec = Spec { reading, base, span, value, threshold: written.threshold, threshold_span };
    let kind = spec.kind(&node)?;
    Some(Assertion { spelled: written.kind.clone(), kind, negated, weight, metric, span: node.span })
}

fn unknown(reading: &mut Reading<'_>, span: Span, spelled: &str, base: &str) {
    let family = |name: &str| base == name || base.starts_with(&format!("{name}:"));
    let refused = REFUSED.iter().find(|(name, _)| family(name)).map(|(_, why)| *why);
    let traces = ["trajectory", "trace-error-spans", "trace-span-count", "trace-span-duration"];
    let refused = refused.or_else(|| traces.iter().any(|t| family(t)).then_some("it reads traces"));
    let refused = refused.or_else(|| base.starts_with("promptfoo:").then_some("it is a red-team grader"));
    if let Some(why) = refused {
        let message = format!("`{spelled}` is not offered: {why}");
        let help = "remove it, or say what you want with one of the types that are data";
        reading.fault_help(rules::ASSERTION_REFUSED, span, message, help);
        return;
    }
    let help = match source::nearest::nearest(base, OFFERED.iter().copied().chain(["assert-set"])) {
        Some(near) => {
            let not = if spelled.starts_with("not-") { "not-" } else { "" };
            format!("did you mean `{not}{near}`?")
        }
        None => format!("use one of {}", OFFERED.join(", ")),
    };
    reading.fault_help(rules::ASSERTION_UNKNOWN, span, format!("there is no assertion type `{spelled}`"), help);
}

/// What is known of an assertion while its family is read.
struct Spec<'r, 'a, 's> {
    reading: &'r mut Reading<'a>,
    base: &'s str,
    span: Span,
    value: Option<Node>,
    threshold: Option<f64>,
    threshold_span: Span,
}

impl Spec<'_, '_, '_> {
    fn kind(&mut self, node: &Node) -> Option<Kind> {
        let anywhere = self.base.starts_with("contains-");
        let graded = matches!(
            self.base,
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
        ) || self.base.starts_with("similar")
            || self.base.starts_with("context-");
        if !graded && self.threshold.is_some() {
            let message = format!("`{}` has no threshold: it holds or it does not", self.base);
            self.reading.fault_help(rules::ASSERTION_INVALID, self.threshold_span, message, "remove `threshold`");
        }
        Some(match self.base {
            "any-of" => {
                self.no_value();
                Kind::AnyOf(members(self.reading, node, "any-of")?)
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

    fn wrong<T>(&mut self, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        let span = self.value.as_ref().map_or(self.span, |v| v.span);
        self.reading.fault_help(rules::ASSERTION_INVALID, span, message, help);
        None
    }

    fn no_value(&mut self) {
        if self.value.is_some() {
            let message = format!("`{}` takes no `value`", self.base);
            self.wrong::<()>(message, "remove `value`");
        }
    }

    fn score(&mut self, default: f64) -> f64 {
        let threshold = self.threshold.unwrap_or(default);
        if !(0.0..=1.0).contains(&threshold) || threshold == 0.0 {
            let message = format!("a threshold of {threshold} decides nothing: scores lie from 0 to 1");
            let help = format!("choose a threshold above 0 and up to 1; the default is {default}");
            self.reading.fault_help(rules::THRESHOLD_VACUOUS, self.threshold_span, message, help);
        }
        threshold
    }

    fn measured(&mut self) -> Option<f64> {
        self.no_value();
        match self.threshold {
            Some(t) if t >= 0.0 => Some(t),
            Some(t) => {
                let message = format!("a threshold of {t} decides nothing: no measure is below 0");
                self.reading.fault(rules::THRESHOLD_VACUOUS, self.threshold_span, message);
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
                self.reading.fault_help(rules::THRESHOLD_MISSING, self.span, message, help);
                None
            }
        }
    }

    /// A text, which may be empty.
    fn text(&mut self) -> Option<Template> {
        match self.value.clone() {
            Some(Node { span, kind: NodeKind::Str(text) }) => self.reading.template(&text, span),
            Some(_) => self.wrong(format!("the value of `{}` is not a text", self.base), "put it in quotes"),
            None => self.wrong(format!("`{}` has no value", self.base), "add `value:` with a text"),
        }
    }

    /// A text that is not empty.
    fn filled_text(&mut self) -> Option<Template> {
        let text = self.text()?;
        if text.plain() == Some("") {
            return self.wrong(format!("the value of `{}` is empty", self.base), "say what to look for");
        }
        Some(text)
    }

    /// A text or a list of texts, at least one.
    fn texts(&mut self) -> Option<Vec<Template>> {
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
    fn item(&mut self, node: &Node, scalars: bool) -> Option<Template> {
        let text = match &node.kind {
            NodeKind::Str(text) => return self.reading.template(text, node.span),
            NodeKind::Seq(_) | NodeKind::Map(_) => None,
            _ if scalars => ecma::scalar(&node.to_json()),
            _ => None,
        };
        if text.is_none() {
            let message = format!("an item of `{}` is not a text", self.base);
            self.reading.fault_help(rules::ASSERTION_INVALID, node.span, message, "put it in quotes");
        }
        text.map(Template::literal)
    }

    fn contains(&mut self) -> Option<Contains> {
        let fold = self.base.starts_with('i');
        let name = self.base.trim_start_matches('i');
        let need = match name {
            "contains" => Need::One(match self.value.clone() {
                Some(Node { kind: NodeKind::Number(n), .. }) => {
                    Template::literal(ecma::scalar(&Value::Number(n)).unwrap_or_default())
                }
                _ => self.filled_text()?,
            }),
            _ => {
                let texts = self.many()?;
                if name == "contains-any" { Need::Any(texts) } else { Need::All(texts) }
            }
        };
        Some(Contains { fold, need })
    }

    fn many(&mut self) -> Option<Texts> {
        let Some(Node { kind: NodeKind::Seq(items), span }) = self.value.clone() else {
            let text = self.filled_text()?;
            return match text.plain().map(comma_list) {
                Some(Err(why)) => self.wrong(why, "write the texts as a list: [\"a\", \"b\"]"),
                Some(Ok(fields)) => Some(Texts::List(fields.into_iter().map(Template::literal).collect())),
                None => Some(Texts::Commas(text)),
            };
        };
        if items.is_empty() {
            let always = if self.base.ends_with("any") { "fails" } else { "holds" };
            let message = format!("the list of `{}` is empty, so it always {always}", self.base);
            self.reading.warn(rules::THRESHOLD_VACUOUS, span, message, "add the texts to look for");
        }
        if let Some(empty) = items.iter().find(|n| n.as_str() == Some("")) {
            let message = format!("an item of `{}` is empty: every output contains it", self.base);
            self.reading.warn(rules::THRESHOLD_VACUOUS, empty.span, message, "say what to look for");
        }
        items.iter().map(|n| self.item(n, true)).collect::<Option<Vec<_>>>().map(Texts::List)
    }

    fn equals(&mut self) -> Option<Equals> {
        match self.value.clone() {
            None => self.wrong("`equals` has no value", "add `value:`"),
            Some(Node { kind: NodeKind::Str(text), span }) => self.reading.template(&text, span).map(Equals::Text),
            Some(node @ Node { kind: NodeKind::Seq(_), .. }) => {
                let templates = node.items().iter().map(|n| match &n.kind {
                    NodeKind::Str(text) => self.reading.template(text, n.span).map(Some),
                    _ => Some(None),
                });
                let templates = templates.collect::<Option<Vec<_>>>()?;
                Some(Equals::Json(node.to_json(), templates))
            }
            Some(node @ Node { kind: NodeKind::Map(_) | NodeKind::Null, .. }) => {
                Some(Equals::Json(node.to_json(), Vec::new()))
            }
            Some(node) => Some(Equals::Text(Template::literal(ecma::scalar(&node.to_json()).unwrap_or_default()))),
        }
    }

    fn pattern(&mut self) -> Option<Pattern> {
        let template = self.filled_text()?;
        let Some(plain) = template.plain() else { return Some(Pattern::Template(template)) };
        match pattern::compile(plain) {
            Ok(search) => Some(Pattern::Ready(std::sync::Arc::new(search))),
            Err(why) => {
                let flags = plain.starts_with("(?i)");
                let help = if flags { "write both cases, as in [Aa]" } else { "correct the ECMAScript pattern" };
                self.wrong(format!("the pattern is none: {why}"), help)
            }
        }
    }

    fn schema(&mut self) -> Option<Schema> {
        let schema = match self.value.clone() {
            None | Some(Node { kind: NodeKind::Null, .. }) => return Some(Schema::None),
            Some(Node { kind: NodeKind::Str(text), span }) => {
                let template = self.reading.template(&text, span)?;
                match template.plain() {
                    Some("") => return Some(Schema::None),
                    None => return Some(Schema::Template(template)),
                    Some(plain) => match json::schema_text(plain) {
                        Ok(schema) => schema,
                        Err(why) => return self.wrong(why, "write the schema as a mapping"),
                    },
                }
            }
            Some(node) => node.to_json(),
        };
        match json::compile(&schema) {
            Ok(validator) => Some(Schema::Ready(validator)),
            Err(unsound) => {
                let span = self.value.as_ref().map(|value| place_in(value, &unsound)).unwrap_or(self.span);
                self.reading.fault_help(rules::ASSERTION_INVALID, span, unsound.why, "correct the JSON Schema");
                None
            }
        }
    }

    fn required(&mut self) -> Option<Required> {
        match self.value.clone() {
            None => Some(Required::Nothing),
            Some(Node { kind: NodeKind::Str(_), .. }) => self.filled_text().map(Required::Commas),
            Some(Node { kind: NodeKind::Seq(items), .. }) => {
                items.iter().map(|n| self.item(n, true)).collect::<Option<Vec<_>>>().map(Required::Paths)
            }
            Some(node) => match node.get("requiredElements").map(Node::items) {
                Some(items) if node.entries().len() == 1 && !items.is_empty() => {
                    items.iter().map(|n| self.item(n, true)).collect::<Option<Vec<_>>>().map(Required::Paths)
                }
                _ => self.wrong("the value is no list of elements", "write paths such as [order.item]"),
            },
        }
    }

    fn tool_names(&mut self) -> Option<Tools> {
        let expected = match self.value.clone() {
            Some(Node { kind: NodeKind::Seq(items), .. }) if !items.is_empty() => {
                Names::List(items.iter().map(|n| self.item(n, true)).collect::<Option<Vec<_>>>()?)
            }
            Some(Node { kind: NodeKind::Seq(_), .. }) => return self.wrong("no tool is expected", "name the tools"),
            _ => Names::Commas(self.filled_text()?),
        };
        Some(Tools::F1 { expected, threshold: self.score(1.0) })
    }

    fn count(&mut self) -> Option<Expected> {
        match self.value.clone() {
            Some(Node { kind: NodeKind::Number(n), .. }) => n.as_f64().map(Expected::Exactly),
            Some(Node { kind: NodeKind::Str(text), span }) => {
                let template = self.reading.template(&text, span)?;
                match template.plain().map(|p| (ecma::parse_number(p), p.trim().is_empty())) {
                    None => Some(Expected::Template(template)),
                    Some((Some(n), false)) => Some(Expected::Exactly(n)),
                    Some(_) => self.wrong("the value is not a number", "write a number, or {min: …, max: …}"),
                }
            }
            Some(node @ Node { kind: NodeKind::Map(_), .. }) => self.range(&node),
            _ => self.wrong(format!("`{}` has no number", self.base), "write a number, or {min: …, max: …}"),
        }
    }

    fn range(&mut self, node: &Node) -> Option<Expected> {
        if let Some(entry) = node.entries().iter().find(|e| e.key != "min" && e.key != "max") {
            let message = format!("a range has no `{}`", entry.key);
            self.reading.fault_help(rules::ASSERTION_INVALID, entry.key_span, message, "write {min: …, max: …}");
            return None;
        }
        let end = |key| {
            node.get(key).map(|n| match &n.kind {
                NodeKind::Number(n) => n.as_f64(),
                _ => None,
            })
        };
        match (end("min"), end("max")) {
            (None, None) => self.wrong("a range needs `min`, `max` or both", "write {min: …, max: …}"),
            (Some(None), _) | (_, Some(None)) => self.wrong("an end of the range is not a number", "write a number"),
            (Some(Some(a)), Some(Some(b))) if a > b => {
                self.wrong(format!("the range is empty: {a} is more than {b}"), "swap `min` and `max`")
            }
            (a, b) => Some(Expected::Range(a.flatten(), b.flatten())),
        }
    }

    fn similar(&mut self, metric: Metric) -> Option<Kind> {
        let expected = self.texts()?;
        let threshold = self.threshold.unwrap_or(0.75);
        Some(Kind::Similar(Similar { metric, expected, threshold }))
    }

    fn rubric(&mut self, kind: &str) -> Option<Rubric> {
        let form = match kind {
            "llm-rubric" => Form::Rubric,
            "g-eval" => Form::GEval,
            "model-graded-closedqa" => Form::ClosedQa,
            "factuality" | "model-graded-factuality" => Form::Factuality,
            "context-recall" => Form::ContextRecall,
            "context-relevance" => Form::ContextRelevance,
            _ => Form::ContextFaithfulness,
        };
        let criteria = match (form, self.value.clone()) {
            (Form::ContextRelevance | Form::ContextFaithfulness, _) => {
                self.no_value();
                Vec::new()
            }
            (Form::Rubric, Some(node @ Node { kind: NodeKind::Map(_), .. })) => {
                vec![Template::literal(ecma::json_text(&node.to_json()))]
            }
            (Form::GEval, _) => self.texts()?,
            _ => vec![self.filled_text()?],
        };
        if let Some(t) = self.threshold.filter(|t| !(0.0..=1.0).contains(t)) {
            let message = format!("a threshold of {t} decides nothing: scores lie from 0 to 1");
            self.reading.fault(rules::THRESHOLD_VACUOUS, self.threshold_span, message);
        }
        Some(Rubric { form, criteria, threshold: self.threshold })
    }
}

/// Where in a schema the fault stands; the schema itself where it was written as text.
fn place_in(schema: &Node, unsound: &json::Unsound) -> Span {
    let mut path = &unsound.path[..];
    loop {
        let found = if unsound.key { schema.key_span_at(path) } else { schema.at(path).map(|node| node.span) };
        match (found, path.split_last()) {
            (Some(span), _) => return span,
            (None, Some((_, above))) => path = above,
            (None, None) => return schema.span,
        }
    }
}
