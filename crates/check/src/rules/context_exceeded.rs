//! A prompt whose longest call does not fit into its model's context.

use prompt::Prompt;
use source::{Finding, Place};

use crate::Subject;
use crate::catalogue::Scope;
use crate::cost::estimate;

pub(super) const ID: &str = "context-exceeded";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let (Some(policy), Some(content)) = (subject.policy, subject.content(prompt)) else { return };
    let Some(context) = policy.context_tokens(&content.compiled.model) else { return };
    let answer = content.compiled.parameters.max_tokens.unwrap_or(0);
    let size = subject.contents.extent(content);
    // What has no end is told by `budget-unbounded`; here it counts for nothing.
    let sent = estimate(size, &content.compiled, context.value.saturating_sub(answer));
    if sent.saturating_add(answer) <= context.value {
        return;
    }
    let model = &content.compiled.model;
    let answered = if answer == 0 { String::new() } else { format!(" and up to {answer} answered") };
    let message = format!(
        "with inputs as long as allowed about {sent} tokens are sent{answered}, `{model}` takes {} together",
        context.value
    );
    let at = prompt.value_place(&["model"]).unwrap_or_else(|| Place::whole(&prompt.text));
    let help = "lower `maxLength` or `maxItems` of an input, or `max_tokens`, or choose a model with a larger context";
    found.push(Finding::new(ID, at, message).also(context.at, "the model's context").help(help));
}
