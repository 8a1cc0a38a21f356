//! A suite as it is written: the types behind `docs/schemas/suite.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::assertion::Written;

/// The JSON Schema of suites.
pub fn schema() -> Value {
    schemars::schema_for!(Document).to_value()
}

/// The JSON Schema of a data file in YAML or JSON: a list of tests.
pub fn tests_schema() -> Value {
    schemars::schema_for!(DataFile).to_value()
}

/// The JSON Schema of a test, which is also one line of a data file in JSONL.
pub fn test_schema() -> Value {
    schemars::schema_for!(Test).to_value()
}

/// A data file in YAML or JSON.
#[derive(JsonSchema)]
#[schemars(title = "Tests")]
#[expect(dead_code, reason = "only its schema is used")]
struct DataFile(Vec<Test>);

/// A suite.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Suite")]
pub(super) struct Document {
    /// What it is for.
    pub(super) description: Option<String>,
    /// Routes or `provider/model` to run with; the prompt's own by default.
    #[serde(default)]
    #[expect(dead_code, reason = "read from the tree, for its places")]
    pub(super) models: Vec<String>,
    /// What every test inherits.
    #[serde(rename = "defaultTest")]
    #[expect(dead_code, reason = "read from the tree, for its places")]
    pub(super) default_test: Option<Test>,
    /// The cases: a list, or `file://` and a path to YAML, JSON, JSONL or CSV; a list may hold such paths too.
    #[schemars(with = "Option<Tests>")]
    #[expect(dead_code, reason = "read from the tree, for its places")]
    pub(super) tests: Option<Value>,
    /// Each `config` combined with each of `tests`.
    #[schemars(with = "Option<Vec<Scenario>>")]
    #[expect(dead_code, reason = "read from the tree, for its places")]
    pub(super) scenarios: Option<Value>,
    /// How many cases to run, and which; all by default.
    pub(super) sample: Option<Sample>,
    /// What the results must reach.
    #[serde(default)]
    pub(super) gate: Gate,
    /// What a run may spend.
    #[serde(default)]
    pub(super) budget: Budget,
    /// Who answers for model-graded assertions.
    pub(super) judge: Option<Judge>,
    /// How the cases run.
    #[serde(rename = "evaluateOptions")]
    pub(super) evaluate_options: Option<EvaluateOptions>,
}

/// A list of tests, or where one is.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Tests {
    List(Vec<TestOrPath>),
    Path(String),
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum TestOrPath {
    Test(Box<Test>),
    Path(String),
}

/// A test.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    /// Stable across edits; a digest of the variables by default.
    pub(super) id: Option<String>,
    /// What it is about.
    pub(super) description: Option<String>,
    /// Values for the prompt's inputs and for references in assertions. A list of texts makes one case for each text.
    #[expect(dead_code, reason = "read from the tree, for its places")]
    pub(super) vars: Option<Map<String, Value>>,
    /// What the answer must be.
    #[schemars(with = "Option<Vec<Written>>")]
    #[expect(dead_code, reason = "read from the tree, for its places")]
    pub(super) assert: Option<Value>,
    /// The score from which the case passes, whatever its assertions say.
    pub(super) threshold: Option<f64>,
    /// Cases that share a source, for the statistics.
    pub(super) cluster: Option<String>,
    /// Of the repeats, how many must pass.
    pub(super) flaky: Option<Flaky>,
    /// Data of your own.
    pub(super) metadata: Option<Map<String, Value>>,
    /// An answer that already exists, graded without asking anybody.
    #[serde(rename = "providerOutput")]
    pub(super) provider_output: Option<Value>,
    /// How the case runs.
    pub(super) options: Option<Options>,
}

/// How a case runs.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    /// How often it is asked.
    #[schemars(range(min = 1, max = 1000))]
    pub(super) repeat: Option<u32>,
    /// Whether a list of texts stays one value.
    #[serde(rename = "disableVarExpansion")]
    pub(super) disable_var_expansion: Option<bool>,
    /// Whether the assertions of `defaultTest` are left out.
    #[serde(rename = "disableDefaultAsserts")]
    pub(super) disable_default_asserts: Option<bool>,
}

/// Each of `config` combined with each of `tests`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// What it is for.
    #[expect(dead_code, reason = "for people")]
    pub(super) description: Option<String>,
    /// Sets of variables, each as a test without assertions of its own or with.
    #[schemars(with = "Vec<Test>")]
    #[expect(dead_code, reason = "read from the tree, for its places")]
    pub(super) config: Value,
    /// The tests to combine them with.
    #[schemars(with = "Tests")]
    #[expect(dead_code, reason = "read from the tree, for its places")]
    pub(super) tests: Option<Value>,
}

/// promptfoo's settings of a run that are read.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvaluateOptions {
    /// How often each case is asked.
    #[schemars(range(min = 1, max = 1000))]
    pub(super) repeat: Option<u32>,
}

/// How many cases to run, and which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How many.
    #[schemars(range(min = 1))]
    pub n: u32,
    /// Another seed keeps other cases.
    #[serde(default)]
    pub seed: u64,
    /// The variable or metadata by which shares are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stratify_by: Option<String>,
}

/// What the results must reach.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The share of cases that must pass, 0 to 1; 1 where neither it nor `compare` is given.
    #[schemars(range(min = 0, max = 1))]
    pub min_pass_rate: Option<f64>,
    /// Whether the share itself must reach it, or its 95 % lower bound.
    #[serde(default)]
    pub bound: Bound,
    /// The comparison with a baseline.
    pub compare: Option<Compare>,
    /// Cases that must pass, outside the statistics.
    #[serde(default)]
    pub must_pass: Vec<String>,
    /// The share of cases that may end in an error, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1))]
    pub max_error_rate: f64,
    /// Cases that are left out of the gate for a while: each with an owner and a last day.
    #[serde(default)]
    pub quarantine: Vec<Quarantine>,
    /// Cases that were taken out although they failed or had to pass: each with the reason, for the reviewer.
    #[serde(default)]
    pub retired: Vec<Retired>,
    /// The share of the judge's verdicts, 0 to 1, on which it must agree with itself every time; needs `judge.repeat`.
    #[schemars(range(min = 0, max = 1))]
    pub min_judge_agreement: Option<f64>,
    /// Metrics by name that must reach a mean.
    #[serde(default)]
    pub min_metrics: BTreeMap<String, f64>,
}

impl Gate {
    /// The share of cases that must pass: all of them where the gate asks nothing else.
    pub(crate) fn least_rate(&self) -> Option<f64> {
        self.min_pass_rate.or(self.compare.is_none().then_some(1.0))
    }
}

/// Which number must reach the least pass rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// The share itself.
    #[default]
    Point,
    /// The lower end of Wilson's 95 % interval.
    Wilson,
}

/// The comparison with a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// `merge-base`, `v:2.1.0`, `env:prod` or `rev:main`.
    pub baseline: String,
    /// How often the gate may raise a false alarm.
    #[serde(default = "alpha")]
    #[schemars(range(min = 0.0001, max = 0.5))]
    pub alpha: f64,
    /// The least drop that matters, as a share.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub min_effect: f64,
}

impl Compare {
    /// A comparison with `baseline` by the usual rate of false alarms, in which every fall matters.
    pub fn new(baseline: &str) -> Self {
        Self { baseline: baseline.to_owned(), alpha: alpha(), min_effect: 0.0 }
    }
}

fn alpha() -> f64 {
    0.05
}

/// Of a case's repeats, how many must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flaky {
    /// At least this many of `options.repeat`.
    #[schemars(range(min = 1))]
    pub min_pass: u32,
}

impl Flaky {
    /// How many of `repeats` must pass: `min_pass`, and more than half however few that is or however often a run asks. A case
    /// that fails as often as not is not flaky.
    pub fn needed(self, repeats: u32) -> u32 {
        self.min_pass.max(repeats / 2 + 1)
    }
}

/// A case that is left out of the gate for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// The case.
    pub id: String,
    /// Who will mend it.
    pub owner: String,
    /// The last day on which it is left out: `2026-12-31`.
    pub until: String,
    /// Why.
    pub reason: Option<String>,
}

/// A case that was taken out of the suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// The id that it had.
    pub id: String,
    /// Why nobody needs it any more.
    pub reason: String,
}

/// What a run may spend, judges included.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// US dollars.
    #[schemars(range(min = 0))]
    pub max_usd: Option<f64>,
    /// Requests, retries included.
    #[schemars(range(min = 1))]
    pub max_requests: Option<u64>,
    /// Tokens, read and written.
    pub max_tokens: Option<u64>,
}

impl Budget {
    /// The smaller of each pair of limits.
    pub(crate) fn least(a: &Self, b: &Self) -> Self {
        fn least<T: PartialOrd>(a: Option<T>, b: Option<T>) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(if a < b { a } else { b }),
                (a, b) => a.or(b),
            }
        }
        Self {
            max_usd: least(a.max_usd, b.max_usd),
            max_requests: least(a.max_requests, b.max_requests),
            max_tokens: least(a.max_tokens, b.max_tokens),
        }
    }
}

/// Who answers for model-graded assertions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// A route or `provider/model`.
    pub model: Option<String>,
    /// How often it is asked about each answer; the majority decides, and how far it agrees with itself is told.
    #[schemars(range(min = 1, max = 15))]
    pub repeat: Option<u32>,
    /// `provider/model` for `similar`.
    pub embeddings: Option<String>,
}
