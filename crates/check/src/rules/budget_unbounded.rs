//! An input without a limit, while policy limits what is sent.

use prompt::Prompt;
use prompt::extent::Endless;
use source::{Finding, Place};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "budget-unbounded";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(limit) = subject.policy.and_then(|policy| policy.limits_for(&prompt.id).rendered_tokens) else { return };
    let Some(content) = subject.content(prompt) else { return };
    for Endless { input, why } in &subject.contents.extent(content).endless {
        let (at, message, help) = match input {
            Some(name) => (
                prompt.key_place(&["inputs", name]),
                format!("nothing limits how much `{name}` can send: it has no `{why}`"),
                format!("add `{why}` to its schema"),
            ),
            None => (
                None,
                format!("nothing limits how much this template can send: {why}"),
                "write it so that its length can be told from the inputs".to_owned(),
            ),
        };
        found.push(
            Finding::new(ID, at.unwrap_or_else(|| Place::whole(&prompt.text)), message)
                .also(limit.at.clone(), "policy limits what is sent")
                .help(help),
        );
    }
}
