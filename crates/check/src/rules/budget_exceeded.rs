//! A prompt that can send more tokens than policy allows, with inputs as long as their schemas let them be.

use policy::Budget;
use prompt::Prompt;
use prompt::extent::Size;
use source::{Finding, Place};

use crate::catalogue::Scope;
use crate::{Content, Subject, tokens};

pub(super) const ID: &str = "budget-exceeded";
pub(super) const SCOPE: Scope = Scope::Prompt(judge);

/// Characters of prose for a token: what o200k_base needs for most languages in Latin letters.
const CHARS_PER_TOKEN: u64 = 4;

fn judge(subject: &Subject<'_>, prompt: &Prompt, found: &mut Vec<Finding>) {
    let Some(limits) = subject.policy.map(|policy| policy.limits_for(&prompt.id)) else { return };
    let (Some(limit), Some(content)) = (&limits.rendered_tokens, subject.content(prompt)) else { return };
    let size = content.extent();
    let tokens = match limits.budget() {
        Budget::Bound => size.bound(),
        Budget::Estimate => estimate(size, content, limit.value),
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

/// The fixed text as the tokenizer counts it, repeated as the template repeats it, and inputs by their characters.
fn estimate(size: &Size, content: &Content, enough: u64) -> u64 {
    let inputs = size.chars.div_ceil(CHARS_PER_TOKEN);
    // The tokenizer is asked only where bytes cannot decide.
    if size.fixed.saturating_add(inputs) <= enough {
        return size.fixed.saturating_add(inputs);
    }
    let (mut bytes, mut counted) = (0_u64, 0_u64);
    for text in super::text_too_long::texts(content) {
        bytes += tokens::at_most(text);
        counted += tokens::count(text);
    }
    let fixed = if bytes == 0 { size.fixed } else { (u128::from(size.fixed) * u128::from(counted)).div_ceil(u128::from(bytes)) as u64 };
    fixed.saturating_add(inputs)
}
