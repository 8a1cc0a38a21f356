//! What stands between the two `---` lines of a prompt, as types.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use source::{ModelName, Risk, Version};

/// The front matter of a prompt.
#[derive(Debug, Clone)]
pub struct FrontMatter {
    /// The version, bumped as the contract comparison demands.
    pub version: Version,
    /// One line for people.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// How much harm a wrong answer can do.
    pub risk: Risk,
    /// The model; the default route of this risk where it is left out.
    pub model: Option<ModelChoice>,
    /// Sampling parameters.
    pub parameters: Parameters,
    /// The inputs by name: each a JSON Schema, shorthands expanded.
    pub inputs: BTreeMap<String, Map<String, Value>>,
    /// What the model must answer.
    pub output: Option<Output>,
    /// Function tools the model may call.
    pub tools: Vec<Tool>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Keys of the user's own.
    pub metadata: Map<String, Value>,
}

/// How a prompt names its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelChoice {
    /// A route of `prompts/routes.yaml`.
    Route(String),
    /// A model by its full name.
    Model(ModelName),
}

/// Sampling parameters. What is left out is left to the provider.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// From 1.
    pub max_tokens: Option<u64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// Texts at which the model stops.
    pub stop: Option<Vec<String>>,
    /// For providers that can repeat themselves.
    pub seed: Option<i64>,
    /// −2 to 2.
    pub frequency_penalty: Option<f64>,
    /// −2 to 2.
    pub presence_penalty: Option<f64>,
    /// How hard a reasoning model thinks.
    pub reasoning_effort: Option<String>,
    /// Further parameters by kind of provider, passed through as they are.
    pub provider: Option<BTreeMap<String, Map<String, Value>>>,
}

/// What the model must answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Text or JSON.
    pub format: OutputFormat,
    /// What the JSON must satisfy.
    pub schema: Option<Value>,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// Free text.
    Text,
    /// One JSON value.
    Json,
}

/// A function tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// 1 to 64 letters, digits, `_` and `-`.
    pub name: String,
    /// When the model should call it.
    pub description: Option<String>,
    /// A JSON Schema for its arguments.
    pub parameters: Option<Value>,
}
