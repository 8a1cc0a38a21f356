//! A front matter with faults, read as far as that goes, so that one run of `check` tells all that is wrong.
//!
//! A draft is never compiled: what could not be read has a value that means nothing.

use serde::de::DeserializeOwned;
use source::nearest::nearest;
use source::yaml::{self, Kind, Node};
use source::{Finding, Place, Risk, Text, Version};

use super::inputs::{Input, Schema};
use super::{FrontMatter, ModelChoice};

/// As the reader of types tells the first of them.
const MISSING: &str = "key-missing";

/// The keys that every prompt has.
const REQUIRED: [&str; 4] = ["version", "description", "owner", "risk"];

/// Adds the required keys that are missing beyond the first, which is where a reader of types stops. A key that was
/// misspelt is not missing.
pub(super) fn all_missing(text: &Text, root: &Node, findings: &mut Vec<Finding>) {
    let Some(first) = findings.iter().find(|f| f.rule == MISSING && is_of_root(text, root, f)) else { return };
    let at = first.at.clone();
    for key in REQUIRED.into_iter().filter(|key| root.get(key).is_none() && !is_misspelt(key, root)) {
        let message = format!("key `{key}` is missing");
        if !findings.iter().any(|f| f.message == message && f.at.span == at.span) {
            findings.push(Finding::new(MISSING, at.clone(), message).help(format!("add `{key}:`")));
        }
    }
}

fn is_of_root(text: &Text, root: &Node, finding: &Finding) -> bool {
    let of = |key: &&str| finding.message == format!("key `{key}` is missing");
    REQUIRED.iter().any(|key| of(key) && root.get(key).is_none())
        && Place::new(text, root.span).path() == finding.at.path()
}

/// Whether a key that means nothing was meant to be `key`.
fn is_misspelt(key: &str, root: &Node) -> bool {
    let unknown = |name: &str| !KEYS.contains(&name);
    root.entries().iter().any(|e| unknown(&e.key) && nearest(&e.key, [key]).is_some())
}

/// The keys of a front matter.
const KEYS: [&str; 11] =
    ["version", "description", "owner", "risk", "model", "parameters", "inputs", "output", "tools", "tags", "metadata"];

/// The front matter below `root`, each key by itself; `None` where nobody can tell what the inputs are.
pub(super) fn read(text: &Text, root: &Node) -> Option<FrontMatter> {
    if !matches!(root.kind, Kind::Map(_)) || is_misspelt("inputs", root) {
        return None;
    }
    Some(FrontMatter {
        version: Version::from_core(0, 0, 0),
        description: said(root, "description"),
        owner: said(root, "owner"),
        risk: of_key(text, root, "risk").unwrap_or(Risk::Low),
        model: of_key::<ModelChoice>(text, root, "model"),
        parameters: of_key(text, root, "parameters").unwrap_or_default(),
        inputs: inputs(text, root)?,
        output: of_key(text, root, "output"),
        tools: of_key(text, root, "tools").unwrap_or_default(),
        tags: of_key(text, root, "tags").unwrap_or_default(),
        metadata: of_key(text, root, "metadata").unwrap_or_default(),
    })
}

/// A text; what is missing or none has been said.
fn said(root: &Node, key: &str) -> String {
    root.get(key).and_then(Node::as_str).unwrap_or("unread").to_owned()
}

fn of_key<T: DeserializeOwned>(text: &Text, root: &Node, key: &str) -> Option<T> {
    yaml::from_node(text, root.get(key)?).ok()
}

/// The inputs by name; one whose declaration cannot be read may hold anything.
fn inputs(text: &Text, root: &Node) -> Option<Vec<Input>> {
    let Some(declared) = root.get("inputs") else { return Some(Vec::new()) };
    let Kind::Map(entries) = &declared.kind else { return None };
    let input = |entry: &yaml::Entry| {
        let schema = yaml::from_node(text, &entry.value).map(|Schema(schema)| schema).unwrap_or_default();
        Input { name: entry.key.clone(), schema }
    };
    let mut inputs: Vec<Input> = entries.iter().map(input).collect();
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    Some(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_type() {
        let schema = super::super::prompt_schema();
        let mut known = KEYS.to_vec();
        known.sort_unstable();
        assert_eq!(schema["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), known);
        let mut required: Vec<&str> =
            schema["required"].as_array().unwrap().iter().filter_map(|k| k.as_str()).collect();
        required.sort_unstable();
        let mut ours = REQUIRED.to_vec();
        ours.sort_unstable();
        assert_eq!(required, ours);
    }
}
