//! A prompt with tools on a model that cannot call any.

use prompt::Prompt;
use source::{Finding, Place};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "capability-missing";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

/// The one capability that a file of ours can need beyond doubt. JSON is answered by models without a mode for it as well.
const TOOLS: &str = "tools";

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let (Some(policy), Some(content)) = (subject.policy, subject.content(prompt)) else { return };
    let model = &content.compiled.model;
    if content.compiled.tools.is_empty() {
        return;
    }
    let Some(listed) = policy.capabilities(model).filter(|c| !c.value.iter().any(|word| word == TOOLS)) else { return };
    let at = prompt.key_place(&["tools"]).unwrap_or_else(|| Place::whole(&prompt.text));
    let message = format!("the prompt has tools, and `{model}` is not listed with the capability `{TOOLS}`");
    found.push(
        Finding::new(ID, at, message)
            .also(listed.at, "what it is listed with")
            .help(format!("choose a model that calls tools, or add `{TOOLS}` to its `capabilities`")),
    );
}
