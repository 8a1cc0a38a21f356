//! A diff as JSON. The shape is stable; members are only ever added.
//!
//! `{prompt, from, to, versions: [old, new], bump, announced, changes: [{kind, bump, name?, message, example?}], facts:
//! [{key, says}], messages, blocks: [{title, state, added, removed, hunks: [{lines: [{mark, old, new, parts: [{text,
//! changed}]}]}]}], rendered: [{case, messages}], tokens: [old, new], dollars_per_thousand_calls: [old, new]}`

use serde_json::{Value, json};

use super::Diff;
use crate::contract::Change;

/// The diff as one value.
pub fn json(diff: &Diff) -> Value {
    let bump = diff.contract.bump();
    json!({
        "prompt": diff.id,
        "from": diff.labels[0],
        "to": diff.labels[1],
        "versions": diff.versions.each_ref().map(ToString::to_string),
        "bump": bump,
        "announced": bump.is_announced(&diff.versions[0], &diff.versions[1]),
        "changes": diff.contract.changes.iter().map(change).collect::<Vec<_>>(),
        "facts": diff.facts,
        "messages": diff.messages,
        "blocks": diff.blocks,
        "rendered": diff.rendered,
        "tokens": diff.tokens,
        "dollars_per_thousand_calls": diff.dollars,
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
