//! `policies/models.yaml`: which models may be used, what they cost, and how their providers are reached.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use source::ModelName;

use crate::Duration;

/// Which models may be used, what they cost, how their providers are reached.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "policies/models.yaml")]
pub struct ModelsDocument {
    /// The format of this document: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// How old a price may grow before `price-stale` reports it; any age by default.
    #[serde(default)]
    pub max_price_age: Option<Duration>,
    /// The models that prompts, routes and suites may use. Nothing else may be used.
    #[serde(default)]
    pub models: Vec<Model>,
    /// How providers are reached, by the part of a model's name before the slash. The well-known ones are built in.
    #[serde(default)]
    pub providers: BTreeMap<String, Provider>,
}

/// A model that may be used.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// `provider/model`.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9_-]+/\S+$"))]
    pub model: ModelName,
    /// What it costs; a model without a price costs an unknown amount, which budgets refuse.
    #[serde(default)]
    pub price: Option<Price>,
    /// How many tokens it reads and writes at most, together: `context-exceeded` reports prompts that may need more.
    #[serde(default)]
    pub context_tokens: Option<u64>,
    /// What it can do, in your own words: `json`, `vision`, … Where any are given, prompts with tools need `tools`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// A remark for people.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a million tokens cost in US dollars, as somebody read it somewhere on some day.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Dollars for a million tokens read.
    #[schemars(range(min = 0))]
    pub input: f64,
    /// Dollars for a million tokens written.
    #[schemars(range(min = 0))]
    pub output: f64,
    /// The day on which it was read: `2026-11-01`.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub as_of: String,
    /// Where it was read: an address or a contract.
    pub source: String,
}

impl Price {
    /// Dollars for so many tokens in and out.
    #[expect(clippy::cast_precision_loss, reason = "a dollar amount of 2^53 tokens is exact enough")]
    pub fn cost(&self, input_tokens: u64, output_tokens: u64) -> f64 {
        (self.input * input_tokens as f64 + self.output * output_tokens as f64) / 1e6
    }
}

/// How a provider is reached.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    "allOf" = serde_json::json!([
        {
            "if": { "required": ["kind"], "properties": { "kind": { "const": "azure" } } },
            "then": { "required": ["base_url"] },
        },
        {
            "if": { "required": ["kind"], "properties": { "kind": { "const": "command" } } },
            "then": { "required": ["command"] },
        },
    ]),
))]
pub struct Provider {
    /// The protocol it speaks.
    pub kind: ProviderKind,
    /// The address that the protocol's paths are appended to.
    #[serde(default)]
    #[schemars(regex(pattern = r"^https?://[^\s@]*$"))]
    pub base_url: Option<String>,
    /// The environment variable that holds the key. The key itself never stands in a file.
    #[serde(default)]
    pub key_variable: Option<String>,
    /// A program and its arguments that print the key, where there is no variable.
    #[serde(default)]
    pub key_command: Vec<String>,
    /// The program and its arguments, for `kind: command`.
    #[serde(default)]
    pub command: Vec<String>,
    /// `api-version`, for `kind: azure`.
    #[serde(default)]
    pub api_version: Option<String>,
    /// How many requests may be under way at once.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1024))]
    pub concurrency: Option<u32>,
    /// How long one request may take. 2m by default.
    #[serde(default)]
    pub timeout: Option<Duration>,
}

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Chat completions as `OpenAI` defined them; also vLLM, Ollama, llama.cpp and most gateways.
    Openai,
    /// The same on Azure, with deployments in the path and `api-version` in the query.
    Azure,
    /// Anthropic's Messages.
    Anthropic,
    /// Google's `generateContent`.
    Gemini,
    /// A program that reads a request as one line of JSON and answers with one.
    Command,
    /// Answers with the request's last message; for trying things out.
    Echo,
}
