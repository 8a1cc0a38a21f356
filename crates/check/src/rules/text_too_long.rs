//! A prompt's fixed text has more tokens than policy allows.

use prompt::Prompt;
use source::{Finding, Place};

use crate::catalogue::Scope;
use crate::cost::texts;
use crate::{Subject, tokens};

pub(super) const ID: &str = "text-too-long";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(limit) = subject.policy.and_then(|policy| policy.limits_for(&prompt.id).static_tokens) else { return };
    let Some(content) = subject.content(prompt) else { return };
    if texts(&content.compiled).map(tokens::at_most).sum::<u64>() <= limit.value {
        return;
    }
    let tokens = texts(&content.compiled).map(tokens::count).sum::<u64>();
    if tokens > limit.value {
        let message = format!("the fixed text has {tokens} tokens (o200k_base), at most {} are allowed", limit.value);
        found.push(
            Finding::new(ID, Place::whole(&prompt.text), message)
                .also(limit.at, "the limit")
                .help("shorten the text or the blocks it includes"),
        );
    }
}
