//! What stands between the two `---` lines of a prompt or block: found, limited, read as types, validated.

mod draft;
mod fence;
pub(crate) mod inputs;
mod meant;
mod published;
mod validate;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};
use source::yaml::{self, Node};
use source::{Finding, ModelName, Risk, Text, Version};

pub use inputs::{Input, TYPES};

/// The front matter of a prompt.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Front matter of a prompt")]
pub struct FrontMatter {
    /// The version: three numbers with an optional lower-case pre-release, such as 2.1.0 or 2.1.0-rc.1.
    #[schemars(
        with = "String",
        regex(
            pattern = r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-(0|[1-9][0-9]*|[0-9]*[a-z-][0-9a-z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-z-][0-9a-z-]*))*)?$"
        )
    )]
    pub version: Version,
    /// One line for people: what the prompt is for.
    #[schemars(regex(pattern = r"^\s*\S[^\n\r]*\s*$"))]
    pub description: String,
    /// The team or person who answers for it.
    #[schemars(regex(pattern = r"^\s*\S[^\n\r]*\s*$"))]
    pub owner: String,
    /// How much harm a wrong answer can do.
    #[schemars(with = "RiskWord")]
    pub risk: Risk,
    /// A route of prompts/routes.yaml or provider/model; the default route of this risk where it is left out.
    #[schemars(with = "Option<String>", regex(pattern = r"^([a-z][a-z0-9_-]{0,63}|[a-z0-9_-]+/[!#-&(-\[\]-_a-~]+)$"))]
    pub model: Option<ModelChoice>,
    /// Sampling parameters.
    #[serde(default)]
    pub parameters: Parameters,
    /// The inputs by name: a JSON Schema, or the name of a type as shorthand. Required unless it has a default.
    #[serde(default, deserialize_with = "inputs::of_map")]
    #[schemars(with = "BTreeMap<String, inputs::Declared>", extend("propertyNames" = published::input_names()))]
    pub inputs: Vec<Input>,
    /// What the model must answer.
    pub output: Option<Output>,
    /// Function tools that the model may call.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Words to find it by.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"\S")), extend("uniqueItems" = true))]
    pub tags: Vec<String>,
    /// The one place for keys of the user's own.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

/// The front matter of a block, which may have none.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Front matter of a block")]
pub struct BlockFrontMatter {
    /// One line for people: what the block is for.
    pub description: Option<String>,
    /// The team or person who answers for it.
    pub owner: Option<String>,
    /// The variables it needs, by name. Where this is given, it names all of them.
    #[serde(default, deserialize_with = "inputs::of_map_if_given")]
    #[schemars(with = "Option<BTreeMap<String, inputs::Declared>>", extend("propertyNames" = published::input_names()))]
    pub inputs: Option<Vec<Input>>,
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
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// 0 to 2.
    #[schemars(range(min = 0, max = 2))]
    pub temperature: Option<f64>,
    /// From 1.
    #[schemars(range(min = 1))]
    pub max_tokens: Option<u64>,
    /// 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub top_p: Option<f64>,
    /// Texts at which the model stops.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub stop: Option<Vec<String>>,
    /// For providers that can repeat themselves.
    pub seed: Option<i64>,
    /// −2 to 2.
    #[schemars(range(min = -2, max = 2))]
    pub frequency_penalty: Option<f64>,
    /// −2 to 2.
    #[schemars(range(min = -2, max = 2))]
    pub presence_penalty: Option<f64>,
    /// How hard a reasoning model thinks: none, minimal, low, medium, high or xhigh.
    #[schemars(with = "Option<Effort>")]
    pub reasoning_effort: Option<String>,
    /// Further parameters by kind of provider, passed through as they are.
    pub provider: Option<BTreeMap<String, Map<String, Value>>>,
}

/// What the model must answer.
#[derive(Debug, Clone, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("not" = published::text_with_schema()))]
pub struct Output {
    /// Text or JSON.
    pub format: OutputFormat,
    /// A JSON Schema that the answer satisfies; for JSON only.
    #[schemars(with = "Option<published::Subset>")]
    pub schema: Option<Value>,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// Free text.
    Text,
    /// One JSON value.
    Json,
}

/// A function tool.
#[derive(Debug, Clone, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// 1 to 64 letters, digits, `_` and `-`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]{1,64}$"))]
    pub name: String,
    /// When the model should call it.
    pub description: Option<String>,
    /// A JSON Schema for its arguments: an object.
    #[schemars(with = "Option<published::Subset>")]
    pub parameters: Option<Value>,
}

/// A risk as the published schema shows it.
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum RiskWord {
    Low,
    Medium,
    High,
}

/// How hard a model thinks, as the published schema shows it.
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
}

impl ModelChoice {
    fn of_text(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            return text
                .parse()
                .map(Self::Model)
                .map_err(|e: source::NameError| format!("`{text}` is no model: {}", e.why));
        }
        if is_route_name(text) {
            Ok(Self::Route(text.to_owned()))
        } else {
            Err(format!("`{text}` is neither a route nor provider/model"))
        }
    }
}

impl<'de> Deserialize<'de> for ModelChoice {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::of_text(&String::deserialize(d)?).map_err(de::Error::custom)
    }
}

/// The provider that models of this name are known to come from.
pub(crate) fn provider_of(model: &str) -> Option<&'static str> {
    const STARTS: [(&str, &str); 7] = [
        ("gpt-", "openai"),
        ("chatgpt-", "openai"),
        ("o1", "openai"),
        ("o3", "openai"),
        ("o4", "openai"),
        ("claude-", "anthropic"),
        ("gemini-", "gemini"),
    ];
    let plain =
        !model.is_empty() && model.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'));
    STARTS.iter().find(|(start, _)| plain && model.starts_with(start)).map(|(_, provider)| *provider)
}

/// Whether `name` can name a route: 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter.
pub(crate) fn is_route_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

impl OutputFormat {
    /// The word that files carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// A front matter with its tree.
pub(crate) struct Parsed<T> {
    pub(crate) value: T,
    pub(crate) root: Node,
    /// Whether this is all of it: a front matter with faults is read as far as that goes.
    pub(crate) whole: bool,
}

/// Reads the front matter of a prompt. The body's start is known even where the front matter is faulty.
pub(crate) fn parse(text: &Text) -> (Option<Parsed<FrontMatter>>, Option<usize>, Vec<Finding>) {
    let fence = match fence::find(text) {
        Err(finding) => return (None, None, vec![*finding]),
        Ok(None) => return (None, None, vec![fence::missing(text)]),
        Ok(Some(fence)) => fence,
    };
    let root = match yaml::read(text, fence.yaml, &yaml::Limits::FRONT_MATTER) {
        Err(findings) => return (None, Some(fence.body), findings),
        Ok(root) => root,
    };
    let (value, mut findings) = match yaml::from_node::<FrontMatter>(text, &root) {
        Ok(value) => (Ok(value), Vec::new()),
        Err(mut findings) => {
            draft::all_missing(text, &root, &mut findings);
            meant::explain(text, &root, &mut findings);
            (Err(draft::read(text, &root)), findings)
        }
    };
    let whole = value.is_ok();
    let Some(value) = value.map_or_else(|draft| draft, Some) else { return (None, Some(fence.body), findings) };
    findings.extend(validate::prompt(text, &value, &root));
    (Some(Parsed { value, root, whole }), Some(fence.body), findings)
}

/// Reads the front matter of a block; without one, all of it is body.
pub(crate) fn parse_block(text: &Text) -> (Option<Parsed<BlockFrontMatter>>, Option<usize>, Vec<Finding>) {
    let fence = match fence::find(text) {
        Err(finding) => return (None, None, vec![*finding]),
        Ok(None) => return (None, Some(0), Vec::new()),
        Ok(Some(fence)) => fence,
    };
    match yaml::parse::<BlockFrontMatter>(text, fence.yaml, &yaml::Limits::FRONT_MATTER) {
        Err(findings) => (None, Some(fence.body), findings),
        Ok(document) => {
            let findings = validate::block(text, &document.value, &document.root);
            let parsed = Parsed { value: document.value, root: document.root, whole: true };
            (Some(parsed), Some(fence.body), findings)
        }
    }
}

/// The JSON Schema of a prompt's front matter, for editors.
pub fn prompt_schema() -> Value {
    schemars::schema_for!(FrontMatter).to_value()
}

/// The JSON Schema of a block's front matter, for editors.
pub fn block_schema() -> Value {
    schemars::schema_for!(BlockFrontMatter).to_value()
}

#[cfg(test)]
mod tests;
