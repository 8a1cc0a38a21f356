//! A prompt's fixed text has more tokens than policy allows.

use prompt::{CompiledMessage, Prompt};
use source::{Finding, Place};

use crate::catalogue::Scope;
use crate::{Content, Subject, tokens};

pub(super) const ID: &str = "text-too-long";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(limit) = subject.policy.and_then(|policy| policy.limits_for(&prompt.id).static_tokens) else { return };
    let Some(content) = subject.content(prompt) else { return };
    if texts(content).map(tokens::at_most).sum::<u64>() <= limit.value {
        return;
    }
    let tokens = texts(content).map(tokens::count).sum::<u64>();
    if tokens > limit.value {
        let message = format!("the fixed text has {tokens} tokens (o200k_base), at most {} are allowed", limit.value);
        found.push(
            Finding::new(ID, Place::whole(&prompt.text), message)
                .also(limit.at, "the limit")
                .help("shorten the text or the blocks it includes"),
        );
    }
}

/// Every text that is sent whatever the inputs are: each message's template and each reached block, once.
pub(super) fn texts(content: &Content) -> impl Iterator<Item = &str> {
    let messages = content.compiled.messages.iter().filter_map(|message| match message {
        CompiledMessage::Role { source, .. } => Some(&**source),
        CompiledMessage::Turns(_) => None,
    });
    messages.chain(content.compiled.blocks.values().map(|block| &**block))
}
