//! What changed between two versions of a prompt for those who call it, and the smallest version bump that says so.
//!
//! Inputs must keep accepting what they accepted; answers and tool calls must stay within what they were. That is
//! decided by comparing schemas as sets of values, with a counter-example where there is one. What cannot be compared
//! is said to be so.

pub mod bump;
pub mod change;
mod contain;
mod decimal;
mod meet;
pub mod member;
pub(crate) mod of_prompt;
mod plain;
mod read;
pub mod relation;
mod shape;
mod single;
mod stock;
pub mod terms;
mod witness;

pub use bump::Bump;
pub use change::{Change, ChangeKind};
pub use member::Oracle;
pub use relation::{Relation, relate};
pub use terms::{Input, Output, Terms, Tool};

use std::collections::BTreeSet;

use change::quoted;
use serde_json::{Value, json};

/// The difference between two versions, as far as anybody can notice it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contract {
    /// What changed, the gravest first.
    pub changes: Vec<Change>,
}

impl Contract {
    /// The smallest bump that announces all of it.
    pub fn bump(&self) -> Bump {
        self.changes.iter().map(|change| change.kind.bump()).max().unwrap_or(Bump::None)
    }

    /// The smallest bump without which it may not be released: a release binds version, risk and content, so what else a
    /// file says about itself asks for no version.
    pub fn demanded(&self) -> Bump {
        let binding = self.changes.iter().filter(|change| change.kind != ChangeKind::AboutChanged);
        binding.map(|change| change.kind.bump()).max().unwrap_or(Bump::None)
    }
}

impl Contract {
    /// Of a prompt that was not there before.
    pub fn of_new() -> Self {
        Self { changes: vec![change(ChangeKind::PromptAdded, None, "the prompt is new: no callers yet".to_owned())] }
    }

    /// Of a prompt that is gone.
    pub fn of_removed() -> Self {
        Self {
            changes: vec![change(ChangeKind::PromptRemoved, None, "the prompt is removed: callers lose it".to_owned())],
        }
    }
}

/// Compares two versions of a prompt; `oracle` is the validator that judges values at run time.
pub fn compare(old: &Terms, new: &Terms, oracle: Oracle<'_>) -> Contract {
    let mut changes = Vec::new();
    // What has the same digest is the same, however its file spells it.
    if old.content != new.content {
        inputs(old, new, oracle, &mut changes);
        output(&old.output, &new.output, oracle, &mut changes);
        tools(old, new, oracle, &mut changes);
    }
    rest(old, new, &mut changes);
    if old.content != new.content && changes.iter().all(|change| change.kind.bump() < Bump::Minor) {
        changes.push(change(ChangeKind::Respelled, None, "the same is written in another way".to_owned()));
    }
    changes.sort_by(|a, b| (b.kind.bump(), a.kind, &a.name).cmp(&(a.kind.bump(), b.kind, &b.name)));
    Contract { changes }
}

fn change(kind: ChangeKind, name: Option<&str>, message: String) -> Change {
    Change { kind, name: name.map(str::to_owned), message, example: None }
}

fn inputs(old: &Terms, new: &Terms, oracle: Oracle<'_>, changes: &mut Vec<Change>) {
    let mut renamed: BTreeSet<&str> = BTreeSet::new();
    for (name, before) in &old.inputs {
        match new.inputs.get(name) {
            Some(after) => input(name, before, after, oracle, changes),
            None => {
                let is_new = |n: &str| !old.inputs.contains_key(n) && !renamed.contains(n);
                let alike =
                    |(n, i): &(&String, &Input)| is_new(n) && i.schema == before.schema && i.default == before.default;
                let message = match new.inputs.iter().find(alike) {
                    Some((twin, _)) => {
                        renamed.insert(twin);
                        format!("input `{name}` was renamed to `{twin}`")
                    }
                    None => format!("input `{name}` was removed"),
                };
                changes.push(change(ChangeKind::InputRemoved, Some(name), message));
            }
        }
    }
    let is_new = |name: &String| !old.inputs.contains_key(name) && !renamed.contains(name.as_str());
    for (name, after) in new.inputs.iter().filter(|(name, _)| is_new(name)) {
        changes.push(match &after.default {
            None => change(ChangeKind::InputRequired, Some(name), format!("input `{name}` is new and has no default")),
            Some(value) => {
                let message = format!("input `{name}` is new, {} by default", quoted(value));
                change(ChangeKind::InputAdded, Some(name), message)
            }
        });
    }
}

fn input(name: &str, before: &Input, after: &Input, oracle: Oracle<'_>, changes: &mut Vec<Change>) {
    match (&before.default, &after.default) {
        (Some(_), None) => {
            changes.push(change(ChangeKind::InputRequired, Some(name), format!("input `{name}` lost its default")));
        }
        (None, Some(value)) => {
            let message = format!("input `{name}` became optional, {} by default", quoted(value));
            changes.push(change(ChangeKind::InputWidened, Some(name), message));
        }
        (Some(old), Some(new)) if old != new => {
            let message = format!("the default of input `{name}` went from {} to {}", quoted(old), quoted(new));
            changes.push(change(ChangeKind::InputWidened, Some(name), message));
        }
        _ => {}
    }
    if before.schema == after.schema {
        return;
    }
    let is_transcript = |i: &Input| i.schema.get("type") == Some(&json!("messages"));
    if is_transcript(before) != is_transcript(after) {
        let message = match is_transcript(after) {
            true => format!("input `{name}` takes a transcript now"),
            false => format!("input `{name}` takes no transcript any more"),
        };
        changes.push(change(ChangeKind::InputNarrowed, Some(name), message));
        return;
    }
    let (old, new) = (readable(&before.schema), readable(&after.schema));
    changes.push(match relate(&old, &new, oracle) {
        Relation::Outside(value) => Change {
            example: Some(value.clone()),
            ..change(
                ChangeKind::InputNarrowed,
                Some(name),
                format!("input `{name}` no longer accepts {}", quoted(&value)),
            )
        },
        Relation::Unknown(why) => {
            let message = format!("whether input `{name}` still accepts all that it did cannot be told: {why}");
            change(ChangeKind::SchemaIncomparable, Some(name), message)
        }
        Relation::Within => {
            let message = match relate(&new, &old, oracle) {
                Relation::Outside(value) => format!("input `{name}` now accepts {}", quoted(&value)),
                _ => format!("the schema of input `{name}` is written differently"),
            };
            change(ChangeKind::InputWidened, Some(name), message)
        }
    });
}

/// A transcript as JSON Schema: a list of messages, of which a schema says only how many and how long.
fn readable(schema: &Value) -> Value {
    if schema.get("type") != Some(&json!("messages")) {
        return schema.clone();
    }
    let mut content = json!({ "type": "string" });
    let mut list = json!({ "type": "array" });
    for (key, value) in schema.as_object().into_iter().flatten() {
        match key.as_str() {
            "maxLength" => content[key] = value.clone(),
            "minItems" | "maxItems" => list[key] = value.clone(),
            _ => {}
        }
    }
    let role = json!({ "enum": ["user", "assistant", "tool"] });
    list["items"] = json!({ "type": "object", "required": ["role", "content"], "properties": { "role": role, "content": content } });
    list
}

fn output(old: &Output, new: &Output, oracle: Oracle<'_>, changes: &mut Vec<Change>) {
    let (before, after) = match (old, new) {
        (Output::Text, Output::Text) => return,
        (Output::Json(before), Output::Json(after)) => (before, after),
        (Output::Text, Output::Json(_)) => {
            let message = "the answer went from text to JSON".to_owned();
            return changes.push(change(ChangeKind::OutputFormatChanged, None, message));
        }
        (Output::Json(_), Output::Text) => {
            let message = "the answer went from JSON to text".to_owned();
            return changes.push(change(ChangeKind::OutputFormatChanged, None, message));
        }
    };
    let any = Value::Bool(true);
    let (before, after) = (before.as_ref().unwrap_or(&any), after.as_ref().unwrap_or(&any));
    if before == after {
        return;
    }
    changes.push(match relate(after, before, oracle) {
        Relation::Outside(value) => Change {
            example: Some(value.clone()),
            ..change(ChangeKind::OutputWidened, None, format!("the answer may now be {}", quoted(&value)))
        },
        Relation::Unknown(why) => {
            let message = format!("whether the answer keeps its old promises cannot be told: {why}");
            change(ChangeKind::SchemaIncomparable, None, message)
        }
        Relation::Within => {
            let message = match relate(before, after, oracle) {
                Relation::Outside(value) => format!("the answer can no longer be {}", quoted(&value)),
                _ => "the schema of the answer is written differently".to_owned(),
            };
            change(ChangeKind::OutputNarrowed, None, message)
        }
    });
}

fn tools(old: &Terms, new: &Terms, oracle: Oracle<'_>, changes: &mut Vec<Change>) {
    for (name, before) in &old.tools {
        let Some(after) = new.tools.get(name) else {
            changes.push(change(ChangeKind::ToolChanged, Some(name), format!("tool `{name}` was removed")));
            continue;
        };
        if before.parameters != after.parameters {
            // Of a tool without any, one provider tells the model that there are no arguments, another that all may be.
            let taken = before.parameters.clone().unwrap_or_else(|| json!({ "const": {} }));
            let called = after.parameters.clone().unwrap_or_else(|| json!({ "type": "object" }));
            changes.push(match relate(&called, &taken, oracle) {
                Relation::Outside(value) => Change {
                    example: Some(value.clone()),
                    ..change(
                        ChangeKind::ToolWidened,
                        Some(name),
                        format!("tool `{name}` may now be called with {}", quoted(&value)),
                    )
                },
                Relation::Unknown(why) => {
                    let message = format!("whether calls of tool `{name}` stay as they were cannot be told: {why}");
                    change(ChangeKind::SchemaIncomparable, Some(name), message)
                }
                Relation::Within => {
                    let message = match relate(&taken, &called, oracle) {
                        Relation::Outside(value) => {
                            format!("tool `{name}` is no longer called with {}", quoted(&value))
                        }
                        _ => format!("the arguments of tool `{name}` are written differently"),
                    };
                    change(ChangeKind::ToolChanged, Some(name), message)
                }
            });
        }
        if before.description != after.description {
            let message = format!("tool `{name}` is described differently");
            changes.push(change(ChangeKind::ToolChanged, Some(name), message));
        }
    }
    for name in new.tools.keys().filter(|name| !old.tools.contains_key(*name)) {
        changes.push(change(ChangeKind::ToolAdded, Some(name), format!("tool `{name}` is new")));
    }
}

/// What callers cannot break on.
fn rest(old: &Terms, new: &Terms, changes: &mut Vec<Change>) {
    if old.model != new.model {
        let message = format!("the model went from {} to {}", old.model, new.model);
        changes.push(change(ChangeKind::ModelChanged, None, message));
    }
    if old.parameters != new.parameters {
        changes.push(change(ChangeKind::ParametersChanged, None, "the parameters changed".to_owned()));
    }
    if old.text != new.text {
        changes.push(change(ChangeKind::TextChanged, None, "the text changed".to_owned()));
    }
    if old.risk != new.risk {
        let kind = if new.risk < old.risk { ChangeKind::RiskLowered } else { ChangeKind::RiskRaised };
        changes.push(change(kind, None, format!("the risk went from {} to {}", old.risk, new.risk)));
    }
    let keys = old.about.keys().chain(new.about.keys()).collect::<BTreeSet<_>>();
    for key in keys.into_iter().filter(|key| old.about.get(*key) != new.about.get(*key)) {
        changes.push(change(ChangeKind::AboutChanged, Some(key), format!("the {key} changed")));
    }
}
