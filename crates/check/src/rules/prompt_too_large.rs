//! A prompt's file is larger than policy allows.

use prompt::Prompt;
use source::{Finding, Place};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "prompt-too-large";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(limit) = subject.policy.and_then(|policy| policy.limits_for(&prompt.id).source_bytes) else { return };
    let bytes = prompt.text.as_str().len() as u64;
    if bytes > limit.value {
        found.push(
            Finding::new(ID, Place::whole(&prompt.text), format!("the file has {bytes} bytes, at most {} are allowed", limit.value))
                .also(limit.at, "the limit")
                .help("move what other prompts say too into a block, or raise the limit in policies/policy.yaml"),
        );
    }
}
