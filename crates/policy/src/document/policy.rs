//! `policies/policy.yaml`: limits, rule levels, families, environments, approvals, evidence, release rules.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use source::{Digest, EnvName, ModelName, Risk};

use crate::window::WindowsDocument;
use crate::{Duration, Level, Pattern, Rate};

/// What is demanded of prompts, releases and promotions.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "policies/policy.yaml")]
pub struct PolicyDocument {
    /// The format of this document: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// The folder that holds `prompts/`, `policies/` and `evals/`, from the top of the repository. `.` by default.
    #[serde(default)]
    #[schemars(regex(pattern = r"^(\./?|(\.{0,2}[^./\\][^/\\]*)(/\.{0,2}[^./\\][^/\\]*)*/?)$"))]
    pub root: Option<String>,
    /// The oldest record format that still counts; raise it once every writer is upgraded.
    #[serde(default)]
    #[schemars(range(max = 1))]
    pub min_format: Option<u32>,
    /// What a change of these documents needs.
    #[serde(default)]
    pub policy_changes: PolicyChanges,
    /// What may be released.
    #[serde(default)]
    pub release: ReleaseRules,
    /// How large any prompt may be; families override single limits.
    #[serde(default)]
    pub limits: LimitsDocument,
    /// How seriously each rule of `promptuary check` is taken; a rule not named keeps its default.
    #[serde(default)]
    pub rules: BTreeMap<String, Level>,
    /// Phrases that no prompt may contain.
    #[serde(default)]
    pub banned_phrases: Vec<BannedPhrase>,
    /// Groups of prompts, by id. A prompt may belong to several.
    #[serde(default)]
    pub families: Vec<Family>,
    /// Which prompts must have an eval suite, and what it must reach. Every entry that fits a prompt counts.
    #[serde(default)]
    pub suites: Vec<SuiteRule>,
    /// What a comparison that can tell neither better nor worse means, by risk.
    #[serde(default)]
    pub on_inconclusive: OnInconclusive,
    /// Where releases go live, in the order in which people read them.
    #[serde(default)]
    pub environments: Vec<Environment>,
    /// Who must agree before a release goes live. Every entry that fits must be met.
    #[serde(default)]
    pub approvals: Vec<ApprovalRule>,
    /// Which signed eval results must exist. Every entry that fits must be met.
    #[serde(default)]
    pub evidence: Vec<EvidenceRule>,
}

/// What a change of these documents needs besides one maintainer's signature.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyChanges {
    /// How many *other* maintainers must approve. 0 by default.
    #[serde(default)]
    pub approvals: u32,
    /// How long such an approval lasts. 14d by default.
    #[serde(default)]
    pub expires: Option<Duration>,
}

/// What may be released.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRules {
    /// The branch that a released commit must be reachable from. The remote's default branch by default.
    #[serde(default)]
    #[schemars(regex(pattern = r"^\S+$"))]
    pub from: Option<String>,
}

/// Limits; an absent one does not limit.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsDocument {
    /// Bytes of a prompt's file.
    #[serde(default)]
    pub source_bytes: Option<u64>,
    /// Tokens of a prompt's fixed text, blocks included.
    #[serde(default)]
    pub static_tokens: Option<u64>,
    /// Tokens of the longest rendering that the inputs allow.
    #[serde(default)]
    pub rendered_tokens: Option<u64>,
    /// Whether `rendered_tokens` judges the estimate (default) or the bound that nothing can exceed.
    #[serde(default)]
    pub budget: Option<Budget>,
}

/// Which figure the rendered limit judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Budget {
    /// What the tokenizer expects of values as long as allowed.
    Estimate,
    /// What no value can exceed.
    Bound,
}

/// A phrase that no prompt may contain, whatever its case and white space.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BannedPhrase {
    /// The phrase.
    #[schemars(regex(pattern = r"\S"))]
    pub phrase: String,
    /// Why; shown to the author.
    #[serde(default)]
    pub why: Option<String>,
    /// Only in these families; everywhere by default.
    #[serde(default)]
    pub families: Vec<String>,
}

/// A group of prompts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name, as `families:` and `family:NAME` refer to it.
    pub name: String,
    /// The ids that belong to it: `support/*`, `legal/**`.
    #[serde(rename = "match")]
    pub patterns: Vec<Pattern>,
    /// The risk that its prompts have at least, whatever they say themselves.
    #[serde(default)]
    #[schemars(with = "Option<RiskWord>")]
    pub min_risk: Option<Risk>,
    /// Limits that replace the general ones; of several families that set one, the last in this file wins.
    #[serde(default)]
    pub limits: LimitsDocument,
    /// Rule levels that replace the general ones; of several families that set one, the last in this file wins.
    #[serde(default)]
    pub rules: BTreeMap<String, Level>,
}

/// What an eval suite must reach. A suite may demand more of itself, never less.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteRule {
    /// Prompts of this risk and above; all by default.
    #[serde(default)]
    #[schemars(with = "Option<RiskWord>")]
    pub risk: Option<Risk>,
    /// Prompts of these families; all by default.
    #[serde(default)]
    pub families: Vec<String>,
    /// Whether a suite must exist. True by default.
    #[serde(default = "yes")]
    pub required: bool,
    /// Fewest cases.
    #[serde(default)]
    pub min_cases: Option<u64>,
    /// Smallest share of cases that pass.
    #[serde(default)]
    pub min_pass_rate: Option<Rate>,
    /// Whether the pass rate itself must reach `min_pass_rate` (point, the default), or its 95 % lower bound (wilson).
    #[serde(default)]
    pub bound: Option<Bound>,
    /// Largest share of cases that end in an error instead of an answer.
    #[serde(default)]
    pub max_error_rate: Option<Rate>,
}

/// Which figure a minimum pass rate judges. Ordered from lenient to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// The share of cases that passed.
    Point,
    /// The 95 % lower bound by Wilson.
    Wilson,
}

/// What an inconclusive comparison means, by effective risk.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnInconclusive {
    /// `pass` by default.
    #[serde(default)]
    pub low: Option<Inconclusive>,
    /// `pass` by default.
    #[serde(default)]
    pub medium: Option<Inconclusive>,
    /// `fail` by default.
    #[serde(default)]
    pub high: Option<Inconclusive>,
}

/// What an inconclusive comparison means. Ordered from lenient to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Inconclusive {
    /// The gate passes.
    Pass,
    /// The gate fails.
    Fail,
}

/// A place where releases go live.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name.
    #[schemars(with = "String", regex(pattern = r"^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$"))]
    pub name: EnvName,
    /// The environments in which a release must be live first.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub after: Vec<EnvName>,
    /// Whether all of `after` are needed (default) or any one of them.
    #[serde(default)]
    pub upstream: Option<UpstreamRule>,
    /// How long a release must have been live there.
    #[serde(default)]
    pub soak: Option<Duration>,
    /// When promotions may happen; always by default. Rollback and hold are never held up.
    #[serde(default)]
    pub windows: Option<WindowsDocument>,
}

/// How many of the upstream environments count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UpstreamRule {
    /// Every one.
    #[default]
    All,
    /// Any one.
    Any,
}

/// Agreement that a promotion needs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// Promotions to these environments; all by default.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub environments: Vec<EnvName>,
    /// Prompts of this effective risk and above; all by default.
    #[serde(default)]
    #[schemars(with = "Option<RiskWord>")]
    pub risk: Option<Risk>,
    /// Prompts of these families; all by default.
    #[serde(default)]
    pub families: Vec<String>,
    /// How many distinct principals, none of them the promoter or the release's signer.
    pub needed: u32,
    /// Only these principals count, by name; all with the role `approver` by default.
    #[serde(default)]
    pub from: Vec<String>,
    /// How long an approval lasts. 14d by default.
    #[serde(default)]
    pub expires: Option<Duration>,
    /// How many a rollback needs. 0 by default.
    #[serde(default)]
    pub rollback: u32,
}

/// Signed eval results that a release or a promotion needs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("not" = serde_json::json!({ "required": ["environments"], "properties": { "at": { "const": "release" }, "environments": { "minItems": 1 } } })))]
pub struct EvidenceRule {
    /// Whether a release or a promotion asks for it.
    pub at: Gate,
    /// Promotions to these environments; all by default. Only with `at: promotion`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub environments: Vec<EnvName>,
    /// Prompts of this effective risk and above; all by default.
    #[serde(default)]
    #[schemars(with = "Option<RiskWord>")]
    pub risk: Option<Risk>,
    /// Prompts of these families; all by default.
    #[serde(default)]
    pub families: Vec<String>,
    /// `live` demands answers fetched for this run; `replay` (default) takes recorded ones too.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Fewest cases.
    #[serde(default)]
    pub min_cases: Option<u64>,
    /// Smallest share of cases that pass.
    #[serde(default)]
    pub min_pass_rate: Option<Rate>,
    /// Whether the pass rate itself must reach `min_pass_rate` (point, the default), or its 95 % lower bound (wilson).
    #[serde(default)]
    pub bound: Option<Bound>,
    /// Largest share of cases that ended in an error.
    #[serde(default)]
    pub max_error_rate: Option<Rate>,
    /// Whether the attester must be another principal than the release's signer. False by default.
    #[serde(default)]
    pub independent: bool,
    /// How old the evidence may be; any age by default.
    #[serde(default)]
    pub max_age: Option<Duration>,
    /// `policy` takes only runs whose providers are those that policies/models.yaml defines; `any` (default) whatever the attester's
    /// own definitions say.
    #[serde(default)]
    pub providers: Option<AskedOf>,
    /// Suites that must have been used exactly as they were reviewed, by path.
    #[serde(default)]
    pub pinned_suites: BTreeMap<String, Pin>,
}

/// A suite as it was reviewed, and who graded. `promptuary evidence ID --run N` prints all of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The suite's file: `sha256:` and 64 hex digits.
    #[schemars(with = "String", regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub suite: Digest,
    /// Its cases, those in data files included; any by default.
    #[serde(default)]
    #[schemars(with = "Option<String>", regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub dataset: Option<Digest>,
    /// Who judged: `provider/model`. Needed where the suite names its judge by a route, whose meaning the file does not fix.
    #[serde(default)]
    #[schemars(with = "Option<String>", regex(pattern = r"^[a-z0-9_-]+/\S+$"))]
    pub judge: Option<ModelName>,
    /// Who embedded, for `similar`: likewise.
    #[serde(default)]
    #[schemars(with = "Option<String>", regex(pattern = r"^[a-z0-9_-]+/\S+$"))]
    pub embeddings: Option<ModelName>,
}

/// By whose definitions providers were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AskedOf {
    /// Anybody's.
    #[default]
    Any,
    /// Those of policies/models.yaml alone.
    Policy,
}

/// What asks for evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// `promptuary release`.
    Release,
    /// `promptuary promote`.
    Promotion,
}

/// Where the answers of an eval run came from. Ordered from lenient to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Recorded earlier.
    Replay,
    /// Asked of the model for this run.
    Live,
}

/// [`Risk`] for the JSON Schema; the type itself lies in a crate that knows no schemas.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum RiskWord {
    Low,
    Medium,
    High,
}

fn yes() -> bool {
    true
}
