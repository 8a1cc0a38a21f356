//! A prompt that can send more tokens than policy allows, with inputs as long as their schemas let them be.

use policy::Budget;
use prompt::Prompt;
use source::{Finding, Place};

use crate::Subject;
use crate::catalogue::Scope;
use crate::cost::estimate;

pub(super) const ID: &str = "budget-exceeded";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(limits) = subject.policy.map(|policy| policy.limits_for(&prompt.id)) else { return };
    let (Some(limit), Some(content)) = (&limits.rendered_tokens, subject.content(prompt)) else { return };
    let size = subject.contents.extent(content);
    let tokens = match limits.budget() {
        Budget::Bound => size.bound(),
        Budget::Estimate => estimate(size, &content.compiled, limit.value),
    };
    if tokens <= limit.value {
        return;
    }
    let figure = match limits.budget() {
        Budget::Bound => "at most",
        Budget::Estimate => "about",
    };
    let label = match limits.budget() {
        Budget::Bound => "bound",
        Budget::Estimate => "estimate by o200k_base",
    };
    let message = format!("with inputs as long as allowed {figure} {tokens} tokens are sent ({label}), {} are allowed", limit.value);
    found.push(
        Finding::new(ID, Place::whole(&prompt.text), message)
            .also(limit.at.clone(), "the limit")
            .help("lower `maxLength` or `maxItems` of an input, or shorten the text"),
    );
}
