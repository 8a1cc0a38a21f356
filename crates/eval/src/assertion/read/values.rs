//! The values of the types that have a form of their own: lists, patterns, schemas, counts, rubrics.

use serde_json::Value;
use source::Span;
use source::yaml::{Kind as NodeKind, Node};

use super::spec::Spec;
use crate::assertion::Kind;
use crate::assertion::contains::{Contains, Need, Texts, comma_list};
use crate::assertion::count::Expected;
use crate::assertion::equals::Equals;
use crate::assertion::json::{self, Schema};
use crate::assertion::pattern::{self, Pattern};
use crate::assertion::rubric::{Form, Rubric};
use crate::assertion::similar::{Metric, Similar};
use crate::assertion::tools::{Names, Tools};
use crate::assertion::xml::Required;
use crate::ecma;
use crate::reference::Template;
use crate::rules;

impl Spec<'_, '_, '_> {
    pub(super) fn contains(&mut self) -> Option<Contains> {
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
            self.reading.fault(rules::THRESHOLD_VACUOUS, span, message, "add the texts to look for");
        }
        if let Some(empty) = items.iter().find(|n| n.as_str() == Some("")) {
            let message = format!("an item of `{}` is empty: every output contains it", self.base);
            self.reading.fault(rules::THRESHOLD_VACUOUS, empty.span, message, "say what to look for");
        }
        items.iter().map(|n| self.item(n, true)).collect::<Option<Vec<_>>>().map(Texts::List)
    }

    pub(super) fn equals(&mut self) -> Option<Equals> {
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

    pub(super) fn pattern(&mut self) -> Option<Pattern> {
        let template = self.filled_text()?;
        let Some(plain) = template.plain() else { return Some(Pattern::Template(template)) };
        if let Some(inner) = pattern::between_slashes(plain) {
            let help = format!("write `{inner}` alone, without slashes and flags; for `i` write `(?i:…)`");
            return self.wrong("the slashes are part of the pattern, so nothing fits it", &help);
        }
        match pattern::compile(plain) {
            Ok(search) => {
                if search.finds_everywhere() {
                    let message = "this pattern is found in every text, an empty one too";
                    let help =
                        "say what to look for; `^` and `$` alone, and what may repeat no times, look for nothing";
                    let span = self.value.as_ref().map_or(self.span, |v| v.span);
                    self.reading.fault(rules::THRESHOLD_VACUOUS, span, message, help);
                }
                Some(Pattern::Ready(std::sync::Arc::new(search)))
            }
            Err(why) => {
                let help = match plain.strip_prefix("(?i)") {
                    Some(rest) => format!("write `(?i:{rest})`"),
                    None => "correct the ECMAScript pattern".to_owned(),
                };
                self.wrong(format!("the pattern is none: {why}"), &help)
            }
        }
    }

    pub(super) fn schema(&mut self) -> Option<Schema> {
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
                self.reading.fault(rules::ASSERTION_INVALID, span, unsound.why, unsound.help);
                None
            }
        }
    }

    pub(super) fn required(&mut self) -> Option<Required> {
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

    pub(super) fn tool_names(&mut self) -> Option<Tools> {
        let expected = match self.value.clone() {
            Some(Node { kind: NodeKind::Seq(items), .. }) if !items.is_empty() => {
                Names::List(items.iter().map(|n| self.item(n, true)).collect::<Option<Vec<_>>>()?)
            }
            Some(Node { kind: NodeKind::Seq(_), .. }) => return self.wrong("no tool is expected", "name the tools"),
            _ => Names::Commas(self.filled_text()?),
        };
        Some(Tools::F1 { expected, threshold: self.score(1.0) })
    }

    pub(super) fn count(&mut self) -> Option<Expected> {
        match self.value.clone() {
            Some(Node { kind: NodeKind::Number(n), .. }) => self.reachable(n.as_f64()?).map(Expected::Exactly),
            Some(Node { kind: NodeKind::Str(text), span }) => {
                let template = self.reading.template(&text, span)?;
                match template.plain().map(|p| (ecma::parse_number(p), p.trim().is_empty())) {
                    None => Some(Expected::Template(template)),
                    Some((Some(n), false)) => self.reachable(n).map(Expected::Exactly),
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
            self.reading.fault(rules::ASSERTION_INVALID, entry.key_span, message, "write {min: …, max: …}");
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
            (Some(Some(a)), Some(Some(b))) if a.ceil() > b.floor() => {
                self.wrong(format!("no count lies from {a} to {b}"), "write whole numbers")
            }
            (_, Some(Some(b))) if b < 0.0 => self.reachable(b).map(Expected::Exactly),
            (a, b) => {
                let (a, b) = (a.flatten(), b.flatten());
                if a.is_none_or(|a| a <= 0.0) && b.is_none_or(|b| b == f64::INFINITY) {
                    let message = "this range holds every number: none is below 0";
                    self.reading.fault(
                        rules::THRESHOLD_VACUOUS,
                        node.span,
                        message,
                        "choose a `min` above 0, or a `max`",
                    );
                }
                Some(Expected::Range(a, b))
            }
        }
    }

    /// A number that a count can have.
    fn reachable(&mut self, n: f64) -> Option<f64> {
        if n >= 0.0 && n.fract() == 0.0 {
            return Some(n);
        }
        let message = format!("`{}` is never {n}: counts are whole numbers from 0", self.base);
        let span = self.value.as_ref().map_or(self.span, |value| value.span);
        self.reading.fault(rules::THRESHOLD_VACUOUS, span, message, "write a whole number, or {min: …, max: …}");
        None
    }

    pub(super) fn similar(&mut self, metric: Metric) -> Option<Kind> {
        let expected = self.texts()?;
        let threshold = self.threshold.unwrap_or(0.75);
        match metric {
            Metric::Cosine if !(threshold > -1.0 && threshold <= 1.0) => {
                let message = format!("a threshold of {threshold} decides nothing: a cosine lies from -1 to 1");
                let help = "choose a threshold above -1 and up to 1; the default is 0.75";
                self.reading.fault(rules::THRESHOLD_VACUOUS, self.threshold_span, message, help);
            }
            Metric::Euclidean => self.never_below(0.0, "no distance is below 0"),
            _ => {}
        }
        Some(Kind::Similar(Similar { metric, expected, threshold }))
    }

    pub(super) fn rubric(&mut self, kind: &str) -> Option<Rubric> {
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
            self.reading.fault(rules::THRESHOLD_VACUOUS, self.threshold_span, message, "choose one from 0 to 1");
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
