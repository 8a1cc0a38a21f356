//! A diff as JSON. The shape is stable; members are only ever added: `docs/json.md`.

use serde_json::{Value, json};

use super::Diff;
use crate::contract::Change;
use crate::cost::Cost;

/// The diff as one value.
pub fn json(diff: &Diff) -> Value {
    let bump = diff.contract.bump();
    let [old, new] = &diff.costs;
    json!({
        "prompt": diff.id,
        "from": diff.labels[0],
        "to": diff.labels[1],
        "versions": diff.versions.each_ref().map(ToString::to_string),
        "bump": bump,
        "announced": diff.contract.demanded().is_announced(&diff.versions[0], &diff.versions[1]),
        "changes": diff.contract.changes.iter().map(change).collect::<Vec<_>>(),
        "facts": diff.facts,
        "messages": diff.messages,
        "blocks": diff.blocks,
        "rendered": diff.rendered,
        "tokens": [old.fixed, new.fixed],
        "dollars_per_thousand_calls": [old.fixed_dollars(), new.fixed_dollars()],
        "costs": [cost(old), cost(new)],
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
