//! What one call of a prompt sends and costs: its fixed text always, and at most with inputs as long as they may be.
//!
//! Tokens are those of o200k_base: exact for some models, an estimate for all others, and labelled so.

use policy::Price;
use prompt::extent::{Size, extent};
use prompt::{Compiled, CompiledMessage};
use source::ModelName;

use crate::tokens;

/// Characters of prose for a token: what o200k_base needs for most languages in Latin letters.
const CHARS_PER_TOKEN: u64 = 4;

/// What one call of a prompt sends and costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// Tokens of the fixed text: every message's template and every reached block, once.
    pub fixed: u64,
    /// About how many tokens are sent when every input is as long as its schema allows; absent where one has no limit.
    pub longest: Option<u64>,
    /// The inputs that have no limit, sorted; a template that grows by itself counts as `the template`.
    pub unlimited: Vec<String>,
    /// How many tokens the answer may have; absent where `max_tokens` is not set.
    pub answer: Option<u64>,
    /// The model that is called.
    pub model: ModelName,
    /// What it costs, where policy says so.
    pub price: Option<Price>,
}

impl Cost {
    /// The cost of `compiled` at this price.
    pub fn of(compiled: &Compiled, price: Option<&Price>) -> Self {
        let size = extent(compiled);
        let name = |endless: &prompt::extent::Endless| {
            endless.input.as_ref().map_or_else(|| "the template".to_owned(), |input| format!("`{input}`"))
        };
        let mut unlimited: Vec<String> = size.endless.iter().map(name).collect();
        unlimited.dedup();
        Self {
            fixed: texts(compiled).map(tokens::count).sum(),
            longest: size.endless.is_empty().then(|| estimate(&size, compiled, 0)),
            unlimited,
            answer: compiled.parameters.max_tokens,
            model: compiled.model.clone(),
            price: price.cloned(),
        }
    }

    /// US dollars for the fixed text of 1,000 calls.
    pub fn fixed_dollars(&self) -> Option<f64> {
        Some(decimal(self.price.as_ref()?.cost(self.fixed, 0) * 1_000.0))
    }

    /// US dollars for 1,000 of the longest calls, with answers as long as they may be; an answer without a limit is not
    /// counted.
    pub fn longest_dollars(&self) -> Option<f64> {
        Some(decimal(self.price.as_ref()?.cost(self.longest?, self.answer.unwrap_or(0)) * 1_000.0))
    }
}

/// An amount without the tail that binary fractions leave: `0.3`, not `0.30000000000000004`.
fn decimal(amount: f64) -> f64 {
    format!("{amount:.11e}").parse().unwrap_or(amount)
}

/// Every text that is sent whatever the inputs are: each message's template and each reached block, once.
pub(crate) fn texts(compiled: &Compiled) -> impl Iterator<Item = &str> {
    let messages = compiled.messages.iter().filter_map(|message| match message {
        CompiledMessage::Role { source, .. } => Some(&**source),
        CompiledMessage::Turns(_) => None,
    });
    messages.chain(compiled.blocks.values().map(|block| &**block))
}

/// About how many tokens `size` comes to: the fixed text as the tokenizer counts it, repeated as the template repeats it,
/// and inputs by their characters. The tokenizer is asked only where bytes cannot say that it is at most `enough`.
pub(crate) fn estimate(size: &Size, compiled: &Compiled, enough: u64) -> u64 {
    let inputs = size.chars.div_ceil(CHARS_PER_TOKEN);
    if size.fixed.saturating_add(inputs) <= enough {
        return size.fixed.saturating_add(inputs);
    }
    let (mut bytes, mut counted) = (0_u64, 0_u64);
    for text in texts(compiled) {
        bytes += tokens::at_most(text);
        counted += tokens::count(text);
    }
    let fixed = match bytes {
        0 => size.fixed,
        _ => u64::try_from((u128::from(size.fixed) * u128::from(counted)).div_ceil(u128::from(bytes)))
            .unwrap_or(u64::MAX),
    };
    fixed.saturating_add(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimal() {
        assert_eq!(decimal(0.1 + 0.2).to_string(), "0.3");
        assert_eq!(decimal(0.075 * 3.0 * 1_000.0).to_string(), "225");
        assert_eq!(decimal(0.0).to_string(), "0");
        assert_eq!(decimal(123_456.789).to_string(), "123456.789");
    }
}
