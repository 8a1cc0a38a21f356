//! From what a suite says to an assertion, every fault a finding.

pub(crate) mod code;
mod refused;
mod spec;
mod values;

use std::hash::{Hash, Hasher};

use serde::Deserialize;
use serde_json::Value;
use source::yaml::{Kind as NodeKind, Node};

pub(crate) use self::refused::{AS_IT_IS, why as why_refused};
use self::refused::{REFUSED_KEYS, unknown};
use self::spec::Spec;
pub(crate) use self::spec::is_graded;
use super::{Assertion, Item, Mark, OFFERED, Set};
use crate::hashed::hashed;
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
    #[schemars(range(min = 0))]
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

/// Reads a list of assertions; `None` where there is no list.
pub(crate) fn list(reading: &mut Reading<'_>, node: &Node) -> Option<Vec<Item>> {
    let NodeKind::Seq(items) = &node.kind else {
        reading.fault("value-invalid", node.span, "`assert` is not a list", "begin each assertion with `- type:`");
        return None;
    };
    Some(items.iter().filter_map(|n| one(reading, n)).collect())
}

/// Reads one assertion or set.
fn one(reading: &mut Reading<'_>, node: &Node) -> Option<Item> {
    if let Some(entry) = node.entry("$ref") {
        let help = "write the assertion out here, or under `defaultTest` where every case needs it";
        let message = "`$ref` is not offered: an assertion stands where it is used";
        reading.fault(rules::KEY_REFUSED, entry.key_span, message, help);
        return None;
    }
    if node.get("type").and_then(Node::as_str) == Some("assert-set") {
        let (set, mark) = marked(reading, node, set)?;
        return Some(Item::Set(set, mark));
    }
    let (one, mark) = marked(reading, node, single)?;
    Some(Item::One(one, mark))
}

/// What `read` makes of `node`, with what tells it from others.
fn marked<T>(
    reading: &mut Reading<'_>,
    node: &Node,
    read: impl FnOnce(&mut Reading<'_>, &Node) -> Option<T>,
) -> Option<(T, Mark)> {
    let before = reading.named.len();
    let made = read(reading, node)?;
    let files = reading.named.get(before..).unwrap_or_default();
    Some((made, Mark(hashed(&(Shape(node), files)))))
}

/// What a value says, wherever it stands; made without a copy of it, for there may be millions.
struct Shape<'n>(&'n Node);

impl Hash for Shape<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(&self.0.kind).hash(state);
        match &self.0.kind {
            NodeKind::Null => {}
            NodeKind::Bool(value) => value.hash(state),
            NodeKind::Number(number) => number.hash(state),
            NodeKind::Str(text) => text.hash(state),
            NodeKind::Seq(items) => {
                items.len().hash(state);
                items.iter().for_each(|item| Self(item).hash(state));
            }
            NodeKind::Map(entries) => {
                entries.len().hash(state);
                entries.iter().for_each(|entry| (&entry.key, Shape(&entry.value)).hash(state));
            }
        }
    }
}

fn set(reading: &mut Reading<'_>, node: &Node) -> Option<Set> {
    let node = reading.without_refused(node, REFUSED_KEYS);
    let written: Written = reading.typed(&node)?;
    if let Some(value) = node.entry("value") {
        reading.fault(rules::ASSERTION_INVALID, value.key_span, "`assert-set` takes no `value`", "remove it");
    }
    let asserts = members(reading, &node, "assert-set")?;
    let threshold = fraction(reading, &node, written.threshold);
    let metric = metric(reading, &node, &written);
    Some(Set { asserts, threshold, weight: weight(reading, &node, &written), metric, span: node.span })
}

fn members(reading: &mut Reading<'_>, node: &Node, kind: &str) -> Option<Vec<Assertion>> {
    let Some(list) = node.get("assert").filter(|n| !n.items().is_empty()) else {
        let help = "list them under `assert`";
        reading.fault(rules::ASSERTIONS_MISSING, node.span, format!("this `{kind}` has no assertions"), help);
        return None;
    };
    let nested = |n: &&Node| n.get("type").and_then(Node::as_str) == Some("assert-set");
    if let Some(inner) = list.items().iter().find(nested) {
        let help = "list its assertions directly";
        reading.fault(rules::ASSERTION_INVALID, inner.span, format!("an `assert-set` inside `{kind}`"), help);
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
        reading.fault(rules::THRESHOLD_VACUOUS, span, message, "choose a threshold above 0 and up to 1");
    } else if threshold == 0.0 {
        let help = "choose a threshold above 0, or remove it so that every assertion must hold";
        reading.fault(rules::THRESHOLD_VACUOUS, span, "a threshold of 0 passes whatever the assertions say", help);
    }
    Some(threshold)
}

fn weight(reading: &mut Reading<'_>, node: &Node, written: &Written) -> f64 {
    let weight = written.weight.unwrap_or(1.0);
    if weight < 0.0 {
        let span = node.get("weight").map_or(node.span, |n| n.span);
        let help = "use `not-` to want the opposite, and a weight of 0 or more";
        reading.fault(rules::WEIGHT_NEGATIVE, span, format!("the weight {weight} is below 0"), help);
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
        reading.fault(rules::ASSERTION_INVALID, node.span, "an assertion is a text", help);
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
        unknown(reading, span, &written.kind, base, node.get("value").and_then(Node::as_str));
        return None;
    }
    if negated && DEAF.contains(&base) {
        let message = format!("`not-` does not turn `{base}` around in promptfoo, so it is refused");
        reading.fault(rules::NEGATION_IGNORED, span, message, format!("use `{base}`, or another type"));
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
        let help = "remove it, or use `assert-set`";
        reading.fault(rules::ASSERTION_INVALID, span, format!("`{base}` takes no `assert`"), help);
    }
    let weight = weight(reading, &node, &written);
    let metric = metric(reading, &node, &written);
    let threshold_span = node.get("threshold").map_or(node.span, |n| n.span);
    let mut spec = Spec { reading, base, span, value, threshold: written.threshold, threshold_span };
    let kind = spec.kind(&node)?;
    Some(Assertion { spelled: written.kind.clone(), kind, negated, weight, metric, span: node.span })
}
