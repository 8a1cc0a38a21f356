//! A diff as JSON. The shape is stable; members are only ever added: `docs/json.md`.

use serde_json::{Value, json};

use super::Diff;
use crate::contract::Change;
use crate::cost::Cost;

/// The diff as one value.
pub fn json(diff: &Diff) -> Value {
    let bump = diff.contract.bump();
    let costs = diff.costs.each_ref().map(Option::as_ref);
    let side = |at: usize| {
        json!({
            "label": diff.labels[at],
            "version": diff.versions[at].as_ref().map(ToString::to_string),
            "commit": diff.origins[at].as_ref().map(|origin| &origin.commit),
            "date": diff.origins[at].as_ref().and_then(|origin| origin.date).map(|date| date.to_string()),
        })
    };
    json!({
        "prompt": diff.id,
        "from": diff.labels[0],
        "to": diff.labels[1],
        "was": diff.was,
        "fate": diff.fate(),
        "direction": diff.direction,
        "twin": diff.twin,
        "sides": [side(0), side(1)],
        "versions": diff.versions.each_ref().map(|version| version.as_ref().map(ToString::to_string)),
        "bump": bump,
        "announced": diff.is_announced(),
        "changes": diff.contract.changes.iter().map(change).collect::<Vec<_>>(),
        "facts": diff.facts,
        "messages": diff.messages,
        "blocks": diff.blocks,
        "rendered": diff.rendered,
        "tokens": costs.map(|cost| cost.map(|cost| cost.fixed)),
        "dollars_per_thousand_calls": costs.map(|cost| cost.and_then(Cost::fixed_dollars)),
        "costs": costs.map(|of| of.map(cost)),
    })
}

/// One change of the contract; `review` shows it too.
pub fn change(change: &Change) -> Value {
    let mut value = json!({ "kind": change.kind, "bump": change.kind.bump(), "message": change.message });
    if let Some(name) = &change.name {
        value["name"] = json!(name);
    }
    if let Some(example) = &change.example {
        value["example"] = example.clone();
    }
    value
}

/// What one call sends and costs; `review` shows it too.
pub fn cost(cost: &Cost) -> Value {
    json!({
        "model": cost.model,
        "price": cost.price,
        "fixed_tokens": cost.fixed,
        "longest_tokens": cost.longest,
        "unlimited": cost.unlimited.iter().map(|name| name.trim_matches('`')).collect::<Vec<_>>(),
        "answer_tokens": cost.answer,
        "fixed_dollars_per_thousand_calls": cost.fixed_dollars(),
        "longest_dollars_per_thousand_calls": cost.longest_dollars(),
    })
}
