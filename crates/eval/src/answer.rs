//! What a model, a program or a recording answered to one request.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The text; or, where tools were called, the list of calls, or an object of `content` and `tool_calls`.
    pub output: Value,
    /// Milliseconds from the first byte sent to the last byte read. A replayed answer keeps what was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// US dollars, from the provider or from prices in policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Why the model stopped, in the provider's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Tokens read and written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The natural logarithm of each token's probability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_probs: Vec<f64>,
}

/// Tokens, as the provider counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Tokens of the request.
    pub input: u64,
    /// Tokens of the answer.
    pub output: u64,
}

impl Answer {
    /// The output as text: what assertions see, and what evidence has the digest of.
    pub fn text_output(&self) -> String {
        crate::ecma::text_of(&self.output)
    }

    /// An answer of plain text of which nothing else is known.
    pub fn text(text: impl Into<String>) -> Self {
        Self { output: Value::String(text.into()), ..Self::default() }
    }
}
